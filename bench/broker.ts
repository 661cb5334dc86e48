/**
 * The broker beside Mosquitto, in turns on the same machine with the same load: ours with users, rules, limits and
 * journal, Mosquitto open to everyone. Where `load_busy` is near 1 the generator was the bottleneck, and the ratio is
 * lower than the truth; `cpu_us`, the broker's processor time a delivery, tells it then. With `--mqtt5` ours takes a third
 * turn as it is where MQTT 5 is spoken as well, under the same load of 3.1.1.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { accessSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { temporaryFolder } from '../test/support/line.ts'
import { missing, startMosquitto } from '../test/support/servers.ts'
import type { Load, Measured } from './mqtt/load.ts'
import { FLAGS, HABITAT, MEMORY, USER } from './mqtt/serve.ts'
import { type Bench, type BenchOptions, type Figure, type Goal, type Outcome, round } from './support/bench.ts'
import { cpu } from './support/process.ts'
import { median, quantile } from './support/statistics.ts'

const TIMES = 5
const SECONDS = 3
const WARM = 1.5

interface Case {
  readonly load: Pick<Load, 'pubs' | 'subs' | 'qos' | 'rate'>
  /** How many times as good as Mosquitto it has to be; of late messages, how many times as late it may be. */
  readonly goal: number
}

const cases: Readonly<Record<string, Case>> = {
  qos1_1_to_1: { load: { pubs: 1, subs: 1, qos: 1 }, goal: 2 },
  qos1_1_to_50: { load: { pubs: 1, subs: 50, qos: 1 }, goal: 1 },
  qos1_50_to_1: { load: { pubs: 50, subs: 1, qos: 1 }, goal: 1 },
  qos0_1_to_1: { load: { pubs: 1, subs: 1, qos: 0 }, goal: 1.5 },
  late_10k: { load: { pubs: 1, subs: 1, qos: 1, rate: 10_000 }, goal: 2 },
}

interface Served {
  readonly port: number
  readonly pid: number
  readonly login?: Load['login']
}

export const broker: Bench = { name: 'broker', gate: false, run: measure }

async function measure({ times = TIMES, mqtt5 = false }: BenchOptions): Promise<Outcome> {
  const reason = missing('mosquitto')
  if (reason !== false) return { figures: {}, skipped: reason }
  using folder = temporaryFolder()
  await using stack = new AsyncDisposableStack()
  const mosquitto = stack.use(await startMosquitto())
  const peer: Served = { port: mosquitto.port, pid: mosquitto.pid }
  const ours = await serve(join(folder.path, 'ours'), stack)
  const five = mqtt5 ? await serve(join(folder.path, 'five'), stack, 'mqtt5') : undefined
  pin(peer.pid, 0)
  const figures: Record<string, Figure> = { pinned: pinned() }
  const goals: Goal[] = []
  for (const [name, { load, goal }] of Object.entries(cases)) {
    const [mine, theirs, next]: [Round[], Round[], Round[]] = [[], [], []]
    for (let i = 0; i < times; i++) {
      mine.push(await put(ours, load))
      theirs.push(await put(peer, load))
      if (five) next.push(await put(five, load))
    }
    const late = load.rate !== undefined
    const figure = late ? (one: Round) => one.p99 ?? 0 : (one: Round) => one.out
    const ratio = median(mine.map(figure)) / median(theirs.map(figure))
    const beside = five ? { mqtt5: told(next, late), mqtt5_cpu_ratio: round(cpuOf(next) / cpuOf(mine)) } : {}
    figures[name] = { ratio: round(ratio), ours: told(mine, late), mosquitto: told(theirs, late), ...beside }
    goals.push({
      figure: name,
      goal: `${late ? '<=' : '>='} ${goal} × Mosquitto`,
      met: late ? ratio <= goal : ratio >= goal,
    })
  }
  return { figures, goals }
}

interface Round extends Measured {
  /** µs of the broker's processor a delivery. */
  readonly cpu: number
}

/** Our broker in a process of its own. */
async function serve(folder: string, stack: AsyncDisposableStack, more = ''): Promise<Served> {
  const secret = randomBytes(16).toString('hex')
  const child = start(0, [...FLAGS, join(import.meta.dirname, 'mqtt/serve.ts'), folder, secret, '{}', more])
  stack.defer(() => void child.kill('SIGKILL'))
  const port = Number(await firstLine(child))
  return { port, pid: child.pid as number, login: { publisher: USER, subscriber: 'crew', secret } }
}

async function put({ port, pid, login }: Served, load: Case['load']): Promise<Round> {
  const whole: Load = { ...load, port, size: 100, seconds: SECONDS, warm: WARM, topic: `hab/${HABITAT}/x/load`, ...(login ? { login } : {}) } // biome-ignore format: one thought
  const child = start(1, [join(import.meta.dirname, 'mqtt/load.ts'), JSON.stringify(whole)])
  const before = cpu(pid)
  const measured = JSON.parse(await firstLine(child)) as Measured
  // warming up is counted as well, at the same rate
  const used = ((cpu(pid) - before) * SECONDS) / (SECONDS + WARM)
  return { ...measured, cpu: (used * 1e6) / Math.max(1, measured.out * SECONDS) }
}

function cpuOf(rounds: readonly Round[]): number {
  return median(rounds.map((one) => one.cpu))
}

function told(rounds: readonly Round[], late: boolean): Figure {
  const of = (figure: (one: Round) => number) => round(median(rounds.map(figure)))
  const rates = rounds.map(({ out }) => out)
  const spread = { least: Math.round(Math.min(...rates)), most: Math.round(Math.max(...rates)) }
  const p99s = rounds.map(({ p99 = 0 }) => p99)
  const times = {
    p50_us: of(({ p50 = 0 }) => p50),
    p99_us: of(({ p99 = 0 }) => p99),
    p99_most_us: round(quantile(p99s, 1)),
  }
  return { out_per_s: of(({ out }) => out), ...spread, cpu_us: of((one) => one.cpu), load_busy: of(({ busy }) => busy), ...(late ? times : {}) } // biome-ignore format: one thought
}

/** Where there are two processors and the tool for it, the broker has one and the load the other. */
function pinned(): boolean {
  if (cpus().length < 2) return false
  try {
    accessSync('/usr/bin/taskset')
    return true
  } catch {
    return false
  }
}

function start(core: number, args: string[]): ChildProcess {
  const [program, first] = pinned() ? ['/usr/bin/taskset', ['-c', `${core}`, process.execPath]] : [process.execPath, []]
  return spawn(program, [...first, ...args], { env: { ...process.env, ...MEMORY }, stdio: ['ignore', 'pipe', 'inherit'] }) // biome-ignore format: one thought
}

function pin(pid: number, core: number): void {
  if (pinned()) spawn('/usr/bin/taskset', ['-cp', `${core}`, `${pid}`], { stdio: 'ignore' })
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = ''
  child.stdout?.on('data', (chunk) => {
    text += chunk
  })
  await Promise.race([once(child.stdout ?? child, 'data'), once(child, 'exit')])
  if (text === '') throw new Error('it has ended without a word')
  return text
}
