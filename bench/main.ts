/**
 * `npm run bench`: measures what the project promises, and fails where a gate does.
 *
 *   node scripts/node24.js bench/main.ts [--json] [name …] [--habitats N] [--tuning] [--results FILE]
 *     [--minutes N] [--times N] [--readings N] [--mqtt5]
 *
 * Standard output is one JSON line a bench; without --json standard error says the same for people.
 */
import { parseArgs } from 'node:util'
import { abuse } from './abuse.ts'
import { backlog } from './backlog.ts'
import { bridge } from './bridge.ts'
import { broker } from './broker.ts'
import { conditioning } from './conditioning.ts'
import { engine } from './engine.ts'
import { flash } from './flash.ts'
import { footprint } from './footprint.ts'
import { fuzzing } from './fuzz.ts'
import { habitats } from './habitats.ts'
import { influx } from './influx.ts'
import { jobs } from './jobs.ts'
import { kills } from './kills.ts'
import { latency } from './latency.ts'
import { modbus } from './modbus.ts'
import { receiving } from './receive.ts'
import { start } from './start.ts'
import { store } from './store.ts'
import { type Bench, type BenchOptions, machine, type Outcome } from './support/bench.ts'
import { throughput } from './throughput.ts'
import { twin } from './twin.ts'
import { unplug } from './unplug.ts'

/** Benches of one group run side by side: they wait most of the time and do not disturb each other. */
const groups: readonly (readonly Bench[])[] = [
  [throughput],
  [latency],
  [start],
  [store],
  [conditioning],
  [engine],
  [jobs],
  [twin],
  [flash, footprint],
  [modbus],
  [influx],
  [broker],
  [abuse],
  [kills],
  [receiving],
  [bridge],
  [backlog],
  [fuzzing],
  [unplug],
  [habitats],
]

const { values: options, positionals: names } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    habitats: { type: 'string' },
    minutes: { type: 'string' },
    times: { type: 'string' },
    readings: { type: 'string' },
    tuning: { type: 'boolean', default: false },
    mqtt5: { type: 'boolean', default: false },
    results: { type: 'string' },
  },
  allowPositionals: true,
})
const { tuning, mqtt5 } = options
const asked: BenchOptions = {
  tuning,
  mqtt5,
  ...(options.habitats === undefined ? {} : { habitats: Number(options.habitats) }),
  ...(options.minutes === undefined ? {} : { minutes: Number(options.minutes) }),
  ...(options.times === undefined ? {} : { times: Number(options.times) }),
  ...(options.readings === undefined ? {} : { readings: Number(options.readings) }),
  ...(options.results === undefined ? {} : { results: options.results }),
}
const all = groups.flat()
const unknown = names.filter((name) => !all.some((bench) => bench.name === name))
if (unknown.length > 0) {
  process.stderr.write(`there is no bench ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}\n`)
  process.exit(2)
}

for (const group of groups) {
  const wanted = group.filter(({ name }) => names.length === 0 || names.includes(name))
  for (const failed of await Promise.all(wanted.map(run))) if (failed) process.exitCode = 1
}

/** @returns true where a gate failed; a bench that breaks is a gate that failed */
async function run(bench: Bench): Promise<boolean> {
  const begin = performance.now()
  let outcome: Outcome
  let broken: string | undefined
  try {
    outcome = await bench.run(asked)
  } catch (error) {
    broken = error instanceof Error ? (error.stack ?? error.message) : String(error)
    outcome = { figures: {} }
  }
  const { figures, goals, pass, skipped } = outcome
  const failed = broken !== undefined || (bench.gate && skipped === undefined && pass !== true)
  const line = {
    bench: bench.name,
    ...figures,
    ...(goals ? { goals } : {}),
    ...(bench.gate ? { gate: true, pass: !failed } : {}),
    ...(skipped === undefined ? {} : { skipped }),
    ...(broken === undefined ? {} : { broken }),
    took_s: Math.round((performance.now() - begin) / 1000),
    machine,
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
  if (!options.json) process.stderr.write(`${tell(bench, outcome, failed, broken)}\n`)
  return failed
}

/** What a bench has found, for people; long series are left to the JSON. */
function tell(bench: Bench, { figures, goals = [], skipped }: Outcome, failed: boolean, broken?: string): string {
  const verdict = skipped ? `skipped: ${skipped}` : failed ? 'FAILED' : bench.gate ? 'passed' : ''
  const shown = Object.entries(figures).flatMap(([name, value]): string[] => {
    if (value === null || typeof value !== 'object') return [`  ${name} ${value}`]
    if (Array.isArray(value)) return []
    const inner = Object.entries(value).filter(([, one]) => typeof one !== 'object')
    return [`  ${name}: ${inner.map(([key, one]) => `${key} ${one}`).join(', ')}`]
  })
  const held = goals.map(({ figure, goal, met }) => `  ${met ? '✓' : '✗'} ${figure} ${goal}`)
  return [`${bench.name} ${verdict}`, ...shown, ...held, ...(broken ? [broken] : [])].join('\n')
}
