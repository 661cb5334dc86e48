/** Kills either process of a running line at random moments, and counts what the store has of what was handed out. */

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readAll, Store } from '@habtwin/sim-core/store/index'
import { type Addresses, freePorts, Line, type Part, steadyPorts, temporaryFolder } from './line.ts'
import { metrics } from './metrics.ts'
import { until } from './until.ts'
import { type Handed, Witness } from './witness.ts'

export interface KillResult {
  readonly kills: number
  readonly handed: number
  readonly stored: number
  /** Handed out longer than a tick before any kill, and not stored. A tick is one of a gateway that gets to run. */
  readonly missing: number
  /** Stored more than once. */
  readonly twice: number
  /** Not stored, handed out within a tick of a kill. */
  readonly excused: number
  /** … of which no gap tells. */
  readonly untold: number
}

const TICK = 1_000
/** ms between two readings of a device, where the gateway gets to run. */
const EVERY = 20
/** How far the clock of a reading may be from the witness's, ms. */
const SLACK = 100

/** A kill, and until when something that was asked for before it may still be handed out. */
interface Kill {
  readonly at: number
  readonly to: number
}

export interface KillPlan {
  readonly kills: number
  /** From 0 to below 1. */
  readonly random: () => number
  /** The longest between a recovery and the next kill, ms. */
  readonly pause?: number
  /** Called once before the kills, and again after each when both processes are back. */
  readonly look?: (addresses: Addresses, killed: Part | undefined) => Promise<void>
}

/** Runs the line under load and kills. */
export async function killRun({ kills, random, pause = 1_500, look }: KillPlan): Promise<KillResult> {
  using folder = temporaryFolder()
  await using witness = await Witness.start(4, EVERY)
  await using line = new Line(folder.path, (await steadyPorts()) + witness.config)
  const addresses = await line.ready
  await until(() => witness.handed.length > 200, 'readings')
  await look?.(addresses, undefined)
  const killed: Kill[] = []
  for (let i = 0; i < kills; i++) {
    await sleep(200 + random() * pause) // any moment may be the wrong one
    const part: Part = random() < 0.5 ? 'gateway' : 'sim'
    const pid = line.pid(part)
    if (pid === undefined) continue
    const gone = witness.gone()
    line.kill(part)
    const at = Date.now()
    await until(() => {
      const next = line.pid(part)
      return next !== undefined && next !== pid
    }, `${part} comes back`)
    // what a gateway asked for before it died is answered when the witness gets to it
    if (part === 'gateway') await gone
    killed.push({ at, to: part === 'gateway' ? Date.now() : at })
    await look?.(addresses, part)
  }
  const before = witness.handed.length
  await until(() => witness.handed.length > before + 200, 'readings after the last kill')
  await line.stop()
  await drained(folder.path, witness)
  return judge(witness.handed, killed, join(line.data, 'sim'))
}

/** What was not stored by the end is on the gateway's disk, and arrives when the line runs again. */
async function drained(folder: string, witness: Witness): Promise<void> {
  await witness[Symbol.asyncDispose]()
  await using line = new Line(folder, `${freePorts}store: { commit: 1 s }\n${witness.config}`)
  const { gateway } = await line.ready
  await until(async () => {
    const figures = await metrics(gateway)
    return figures('habtwin_journal_bytes{where="memory"}') + figures('habtwin_journal_bytes{where="disk"}') === 0
  }, 'all of the journal arrives')
}

async function judge(handed: readonly Handed[], killed: readonly Kill[], folder: string): Promise<KillResult> {
  const times = new Map<string, number>()
  const known = new Map<string, { t: number; value: number }[]>()
  let stored = 0
  for (const { device, rows } of readAll(folder)) {
    const all = known.get(device) ?? []
    known.set(device, all)
    for (const { t, value } of rows) {
      if (value !== null) all.push({ t, value })
      times.set(`${device} ${value}`, (times.get(`${device} ${value}`) ?? 0) + 1)
      stored++
    }
  }
  await using store = Store.open({ folder })
  const gaps = store.gaps()
  const ran = runningTime(handed)
  const end = Math.max(...handed.map(({ at }) => at))
  let [missing, excused, untold] = [0, 0, 0]
  for (const { device, value, at } of handed) {
    if (times.has(`${device} ${value}`) || ran(at, end) < TICK) continue
    if (!killed.some((kill) => ran(at, kill.at) < TICK && at < kill.to + SLACK)) {
      missing++
      continue
    }
    excused++
    // a busy gateway stamps late: what is stored on either side tells as well where a reading belongs
    const around = known.get(device) ?? []
    const from = Math.max(at + SLACK, around.findLast((one) => one.value < value)?.t ?? 0)
    const to = Math.min(at - SLACK, around.find((one) => one.value > value)?.t ?? Number.POSITIVE_INFINITY)
    if (!gaps.some((gap) => (gap.device ?? device) === device && gap.from <= from && to <= gap.to)) untold++
  }
  const twice = [...times.values()].filter((n) => n > 1).length
  return { kills: killed.length, handed: handed.length, stored, missing, twice, excused, untold }
}

/**
 * How long the gateway ran from one moment to another, ms, by what it asked for: while it stands still, as it may on a
 * machine with too much to do, what it does each so many ms stands still as well.
 */
function runningTime(handed: readonly Handed[]): (from: number, to: number) => number {
  const times = handed.map(({ at }) => at).sort((a, b) => a - b)
  const ran = new Map<number, number>()
  let sum = 0
  for (const [i, at] of times.entries()) {
    sum += Math.min(EVERY, at - (times[i - 1] ?? at))
    ran.set(at, sum)
  }
  return (from, to) => {
    const before = times.findLast((at) => at <= to)
    if (before === undefined || before < from) return 0
    return (ran.get(before) ?? 0) - (ran.get(from) ?? 0) + Math.min(EVERY, to - before)
  }
}
