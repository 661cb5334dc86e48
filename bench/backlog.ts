/**
 * What waits for a link, and what becomes of it when the link is there: how fast it drains, what live readings and an
 * alert wait meanwhile, what it writes to disk, when it begins, and whether a narrow link is kept to.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { mosquittos, toBroker, toHabtwin } from '../test/support/crossings.ts'
import { watch } from '../test/support/faults.ts'
import type { Near } from '../test/support/near.ts'
import { missing } from '../test/support/servers.ts'
import { until } from '../test/support/until.ts'
import { atMost, type Bench, type BenchOptions, type Figure, type Outcome, round } from './support/bench.ts'
import { cpu, memory, written } from './support/process.ts'
import { quantile } from './support/statistics.ts'

const FEW = 10_000
const SOME = 200_000
const MANY = 1_000_000
const AT_A_TIME = 5_000
/** Live readings while a backlog drains: so many each so many ms. */
const LIVE = [10, 100] as const
const RATE = 9_600
const MINUTE = 60_000
/** How long the links are gone, ms. */
const OUTAGES = [5_000, 60_000]
/** Messages that wait in Mosquitto: it writes all of them anew with each change. */
const PEER = [1_000, 4_000]
const LONG = 600_000

export const backlog: Bench = { name: 'backlog', gate: true, run: measure }

async function measure({ readings = MANY }: BenchOptions): Promise<Outcome> {
  const skipped = missing('mosquitto')
  if (skipped) return { figures: {}, skipped }
  const load = loadavg()
  const [narrow, resumed, silent, peerResumed] = await Promise.all([
    budget(),
    resume(toBroker('', { durable: false }), false),
    resume(toBroker('', { durable: false }), true),
    peer(),
  ])
  const few = await drain(Math.min(FEW, readings))
  const some = await drain(Math.min(SOME, readings))
  const many = await drain(readings)
  const habtwin = await drainToHabtwin(Math.min(SOME, readings))
  const disk = many.disk_bytes_per_reading / few.disk_bytes_per_reading
  const figures = {
    load_before: load.map(round),
    load_after: loadavg().map(round),
    few,
    some,
    many,
    habtwin,
    disk_ratio: round(disk),
    narrow,
    resumed_ms: resumed.map(round),
    resumed_from_silence_ms: silent.map(round),
    mosquittos: peerResumed,
  }
  const goals = [
    { figure: 'drain_per_s', goal: '>= 10000', met: some.drain_per_s >= 10_000 },
    atMost('live_p99_ms', some.live_p99_ms, 1_000),
    atMost('disk_ratio', disk, 1.2),
    atMost('alert_ms', many.alert_ms, 1_000),
    { figure: 'narrow_ratio', goal: '0.98 to 1.02', met: Math.abs(narrow.ratio - 1) <= 0.02 },
    atMost('resumed_ms', Math.max(...resumed), 2_000),
    atMost('resumed_from_silence_ms', Math.max(...silent), 2_000),
  ]
  return { figures, goals, pass: goals.every(({ met }) => met) }
}

async function fill(near: Near, count: number): Promise<void> {
  for (let left = count; left > 0; left -= AT_A_TIME) await near.take(Math.min(AT_A_TIME, left), { devices: 20 })
}

const stateOf = async (near: Near) => (await near.state()).bridges.earth

/** To a Mosquitto that keeps nothing on disk: its own writing is not what is measured here. */
async function drain(count: number) {
  const shm = mkdtempSync('/dev/shm/habtwin-bench-')
  try {
    const waits: number[] = []
    let [from, alertAt] = [Number.POSITIVE_INFINITY, 0]
    await using crossing = await toBroker('', {
      durable: false,
      env: { XDG_RUNTIME_DIR: shm },
      heard(topic, payload) {
        if (topic.endsWith('/alert/fire')) alertAt = performance.now()
        if (!topic.endsWith('/reading')) return
        const { t } = JSON.parse(payload.toString()) as { t: number }
        if (t >= from) waits.push(Date.now() - t)
      },
    })
    const { link, gateway } = crossing
    const pid = gateway.pid as number
    await until(async () => (await stateOf(gateway))?.state === 'up', 'the bridge being up')
    const traffic = watch(link)
    await link.cut()
    await sleep(1_000)
    const before = written(pid)
    const takenFrom = performance.now()
    await fill(gateway, count)
    const took = performance.now() - takenFrom
    // what has not filled a chunk is written after fifteen seconds: the same for every backlog
    await sleep(3_000)
    const full = written(pid)
    const rss = memory(pid).rss
    from = Date.now()
    await gateway.flow(...LIVE)
    let first = 0
    traffic.next((at) => {
      first = at
    })
    await link.mend()
    const mended = performance.now()
    await until(() => first > 0, 'the first message')
    let alert = Number.NaN
    if (count >= SOME) {
      await sleep(2_000)
      const said = performance.now()
      await gateway.append('alert/fire', { id: 'fire', active: true, t: Date.now() })
      await until(() => alertAt > 0, 'the alert')
      alert = alertAt - said
    }
    const waiting = async () => (await stateOf(gateway))?.lanes.backlog.waiting ?? 0
    const waitingThen = await waiting()
    const busyFrom = cpu(pid)
    await until(async () => (await waiting()) < 10, 'an empty backlog', LONG)
    const drained = performance.now() - first
    const busy = cpu(pid) - busyFrom
    await gateway.flow(0, 0)
    await sleep(2_000)
    return {
      readings: count,
      taken_per_s: round((count / took) * 1_000),
      first_ms: round(first - mended),
      drain_per_s: round((count / drained) * 1_000),
      // what it would be with a core of its own
      cpu_us_per_reading: round((busy / waitingThen) * 1e6),
      live_readings: waits.length,
      live_p99_ms: round(quantile(waits, 0.99)),
      alert_ms: round(alert),
      waiting_at_alert: waitingThen,
      queued_bytes_per_reading: round((full - before) / count),
      disk_bytes_per_reading: round((written(pid) - before) / count),
      rss_mb: round(rss),
      rss_after_mb: round(memory(pid).rss),
    }
  } finally {
    rmSync(shm, { recursive: true, force: true })
  }
}

/** Until its store has said that it has all. */
async function drainToHabtwin(count: number) {
  await using crossing = await toHabtwin()
  const { link, gateway } = crossing
  await until(async () => (await stateOf(gateway))?.state === 'up', 'the bridge being up')
  await link.cut()
  for (let i = 0; i < count; i += AT_A_TIME) await crossing.hand(i, Math.min(AT_A_TIME, count - i))
  await link.mend()
  const mended = performance.now()
  await until(() => crossing.isDone(), 'all being confirmed', LONG)
  return { readings: count, drain_per_s: round((count / (performance.now() - mended)) * 1_000) }
}

/** A minute of a narrow link with more to be sent than it takes, counted where it passes. */
async function budget() {
  let alertAt = 0
  const heard = (topic: string) => {
    if (topic.endsWith('/alert/fire')) alertAt = performance.now()
  }
  await using crossing = await toBroker(`rate: ${RATE} bit/s`, { durable: false, heard })
  const { link, gateway } = crossing
  await link.cut()
  await fill(gateway, FEW)
  await link.mend()
  await until(async () => (await stateOf(gateway))?.state === 'up', 'the bridge being up')
  await sleep(5_000)
  const [bytes, from] = [link.bytes, performance.now()]
  await sleep(MINUTE / 2)
  const said = performance.now()
  await gateway.append('alert/fire', { id: 'fire', active: true, t: Date.now() })
  await sleep(MINUTE - (performance.now() - from))
  const seconds = (performance.now() - from) / 1_000
  const bits = ((link.bytes - bytes) * 8) / seconds
  return { bit_per_s: round(bits), ratio: bits / RATE, alert_ms: round(alertAt - said) }
}

/** After outages, the longer the later: from the link being there to the first message on it, ms. */
async function resume(open: ReturnType<typeof toBroker>, silent: boolean): Promise<number[]> {
  await using crossing = await open
  const { link, gateway } = crossing
  await gateway.flow(...LIVE)
  const traffic = watch(link)
  const out: number[] = []
  for (const outage of OUTAGES) {
    await until(async () => (await stateOf(gateway))?.state === 'up', 'the bridge being up')
    await sleep(1_000)
    if (silent) link.frozen = true
    else await link.cut()
    await sleep(outage)
    let first = 0
    traffic.next((at) => {
      first = at
    })
    const mended = performance.now()
    if (silent) link.frozen = false
    else await link.mend()
    await until(() => first > 0, 'the first message')
    out.push(first - mended)
  }
  return out
}

/** Two Mosquittos as they come: what waits costs, and when the second goes on. */
async function peer(): Promise<Record<string, Figure>> {
  const figures: Record<string, Figure> = {}
  await using crossing = await mosquittos({ restart: '', memory: false })
  const { link, server } = crossing
  const traffic = watch(link)
  await crossing.hand(0, 100)
  await until(() => crossing.count === 100, 'the bridge being up')
  let handed = 100
  for (const [i, outage] of OUTAGES.entries()) {
    await link.cut()
    const began = performance.now()
    const before = written(server.pid as number)
    const count = PEER[i] as number
    for (let left = count; left > 0; left -= 50, handed += 50) await crossing.hand(handed, Math.min(50, left))
    await sleep(2_000)
    figures[`disk_bytes_per_message_of_${count}`] = round((written(server.pid as number) - before) / count)
    await sleep(Math.max(0, outage - (performance.now() - began)))
    let first = 0
    traffic.next((at) => {
      first = at
    })
    await link.mend()
    const mended = performance.now()
    await until(() => first > 0, 'the first message')
    figures[`resumed_after_${outage / 1_000}_s_ms`] = round(first - mended)
    await until(() => crossing.count === handed, 'all of them')
  }
  return figures
}
