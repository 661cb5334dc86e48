/**
 * Everything that must hold: the checks, then every test. Arguments go to Node's test runner; those that name
 * files are run instead of all: `npm test -- broker/src/limits.test.ts`, `npm test -- --test-name-pattern=gap`.
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { check } from './check.ts'

const root = join(import.meta.dirname, '..')
const folders = '{contract,runtime,broker,gateway,sim-core,dashboards,cli,deploy,scripts,bench,test}'

const given = process.argv.slice(2)
const options = given.filter((argument) => argument.startsWith('-'))
const named = given.filter((argument) => !argument.startsWith('-'))
const files = named.length > 0 ? named : globSync(`${folders}/**/*.test.ts`, { cwd: root, exclude }).sort()

const checked = await check()

// most tests of the whole wait for other processes: two at a time also where there are two cores. Where nobody waits
// for the result, one at a time: they disturb each other less.
const concurrency = process.env.CI ? 1 : Math.max(2, availableParallelism() - 1)

// The runner comes last, so that its summary is what one sees at the end.
const runner = spawn(
  process.execPath,
  [
    '--disable-warning=ExperimentalWarning',
    '--test',
    // ends what hangs, on a slow machine as well: no test is to be quick
    '--test-timeout=600000',
    `--test-concurrency=${concurrency}`,
    ...options,
    ...files,
  ],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
runner.on('exit', (code) => {
  process.exitCode = checked ? (code ?? 1) : 1
})

function exclude(path: string): boolean {
  return /(^|\/)(node_modules|dist)$/.test(path)
}
