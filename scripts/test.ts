/**
 * Everything that must hold: the checks, then every test. Those that are named are run instead of all, of these those
 * whose names fit: `npm test -- broker/src/limits.test.ts`, `npm test -- --test-name-pattern=gap`.
 */
import { globSync } from 'node:fs'
import { availableParallelism, homedir } from 'node:os'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'
import { check } from './check.ts'

const root = join(import.meta.dirname, '..')
const folders = '{contract,runtime,broker,gateway,sim-core,dashboards,cli,deploy,scripts,bench,test}'

const { values, positionals: named } = parseArgs({
  allowPositionals: true,
  options: {
    'test-name-pattern': { type: 'string', multiple: true },
    'test-skip-pattern': { type: 'string', multiple: true },
  },
})
const { 'test-name-pattern': wanted, 'test-skip-pattern': unwanted } = values

const checked = await check()

// parsing is saved, of some hundred processes each of which loads much the same; what the tests start uses it as well
process.env.NODE_COMPILE_CACHE ??= join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'habtwin')

const stream = run({
  cwd: root,
  files: named.length > 0 ? named : interleaved(globSync(`${folders}/**/*.test.ts`, { cwd: root, exclude }).sort()),
  // most tests of the whole wait for other processes; but what is slow everywhere else has to be quick enough for some
  concurrency: process.env.CI === undefined ? availableParallelism() + 2 : availableParallelism(),
  // ends what hangs, on a slow machine as well: no test is to be quick
  timeout: 600_000,
  execArgv: ['--disable-warning=ExperimentalWarning'],
  ...(wanted && { testNamePatterns: wanted }),
  ...(unwanted && { testSkipPatterns: unwanted }),
})
process.exitCode = checked ? 0 : 1
stream.on('test:summary', ({ success }) => {
  if (!success) process.exitCode = 1
})
// The runner comes last, so that its summary is what one sees at the end.
stream.compose(new spec()).pipe(process.stdout)

/**
 * Tests of the whole, which wait, among those beside the sources, which reckon: so some of each run at any time. The
 * shortest are left for the end, so that it is not one long one that all wait for.
 */
function interleaved(files: readonly string[]): string[] {
  const whole = files.filter((file) => file.startsWith('test/'))
  const beside = files.filter((file) => !file.startsWith('test/'))
  const each = Math.floor(beside.length / Math.max(1, whole.length) / 1.5)
  const mixed = whole.flatMap((file, i) => [file, ...beside.slice(i * each, (i + 1) * each)])
  return [...mixed, ...beside.slice(whole.length * each)]
}

function exclude(path: string): boolean {
  return /(^|\/)(node_modules|dist)$/.test(path)
}
