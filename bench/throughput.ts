/**
 * How much the whole line takes: instrument → journal → broker → recorder → store, as two real processes.
 *
 * Memory is flat where the 95 % interval of its trend reaches down to no growth, or the least growth that the
 * interval allows for, over the minute, is less than the scatter of the single figures.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Store } from '@habtwin/sim-core/store/index'
import { temporaryFolder } from '../test/support/line.ts'
import { type Bench, type Figure, type Outcome, round } from './support/bench.ts'
import { type Figures, LoadedLine } from './support/line.ts'
import { cpu, rss } from './support/process.ts'
import { median, trend } from './support/statistics.ts'

/** 21,000 a second: a slot that is missed now and then is told, and fails nothing as long as the goal is met. */
const DEVICES = 210
const EVERY = 10
const GOAL = 20_000
const parts = ['gateway', 'sim'] as const

export const throughput: Bench = { name: 'throughput', gate: true, run: () => measure() }

/**
 * @param seconds that are measured
 * @param warm seconds before that, for the compiler and the collector
 */
export async function measure(seconds = 60, warm = 20, env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  using folder = temporaryFolder()
  const under = await underLoad(folder.path, seconds, warm, env)
  const { missing, twice, told } = await account(folder.path, under.taken)
  const [gateway, sim] = [flatness(under.rss.gateway), flatness(under.rss.sim)]
  const flat = gateway.flat && sim.flat
  return {
    figures: {
      ...under.figures,
      missing_readings: missing,
      twice_readings: twice,
      gaps: told,
      memory_flat: flat,
      gateway_memory: gateway,
      sim_memory: sim,
    },
    pass: under.takenRate >= GOAL && under.storedRate >= GOAL && missing === 0 && twice === 0 && flat,
  }
}

async function underLoad(folder: string, seconds: number, warm: number, env: NodeJS.ProcessEnv) {
  await using loaded = await LoadedLine.start(folder, { devices: DEVICES, every: EVERY, env })
  await sleep(warm * 1_000)
  const pids = { gateway: loaded.pid('gateway'), sim: loaded.pid('sim') }
  const series: Record<(typeof parts)[number], number[]> = { gateway: [], sim: [] }
  const before = await look(loaded)
  const used = { gateway: cpu(pids.gateway), sim: cpu(pids.sim) }
  for (let second = 1; second <= seconds; second++) {
    await sleep(Math.max(0, before.at + second * 1_000 - performance.now()))
    for (const part of parts) series[part].push(rss(pids[part]))
  }
  const after = await look(loaded)
  const took = (after.at - before.at) / 1_000
  const cores = { gateway: (cpu(pids.gateway) - used.gateway) / took, sim: (cpu(pids.sim) - used.sim) / took }
  const settled = await loaded.settle()
  const end = await look(loaded)
  if (loaded.pid('gateway') !== pids.gateway || loaded.pid('sim') !== pids.sim)
    throw new Error('a process was restarted')

  const moved = (part: 'gateway' | 'sim', name: string) => after[part].sum(name) - before[part].sum(name)
  const taken = moved('gateway', 'habtwin_device_samples_total')
  const live = moved('gateway', 'habtwin_outlet_live_total')
  const skipped = moved('gateway', 'habtwin_outlet_skipped_total')
  const storedRate = moved('sim', 'habtwin_readings_stored_total') / took
  return {
    taken: end.gateway.sum('habtwin_device_samples_total'),
    takenRate: taken / took,
    storedRate,
    rss: series,
    figures: {
      seconds: round(took),
      taken_per_second: Math.round(taken / took),
      stored_per_second: Math.round(storedRate),
      stored_late_ms: Math.round(settled),
      skipped_share: round(skipped / (live + skipped)),
      resent_readings: moved('gateway', 'habtwin_resent_total'),
      spilled_readings: moved('gateway', 'habtwin_journal_spilled_total'),
      twice_received: moved('sim', 'habtwin_readings_twice_total'),
      missed_slots: moved('gateway', 'habtwin_device_missed_total'),
      gateway_cores: round(cores.gateway),
      sim_cores: round(cores.sim),
      gateway_cpu_us_per_reading: round((cores.gateway * 1e6 * took) / taken),
      sim_cpu_us_per_reading: round((cores.sim * 1e6 * took) / taken),
    } satisfies Record<string, Figure>,
  }
}

async function look(loaded: LoadedLine): Promise<{ at: number; gateway: Figures; sim: Figures }> {
  const at = performance.now()
  const [gateway, sim] = await Promise.all([loaded.figures('gateway'), loaded.figures('sim')])
  return { at, gateway, sim }
}

/**
 * What is in the store of all that was taken.
 * @param taken readings that the gateway is known to have taken
 */
async function account(folder: string, taken: number) {
  await (await LoadedLine.drain(folder, { devices: DEVICES, every: EVERY })).line.stop()
  await using store = Store.open({ folder: `${folder}/data/sim` })
  let [missing, twice, stored] = [0, 0, 0]
  for (const device of store.completeness()) {
    missing += Math.max(0, device.taken - device.stored)
    twice += Math.max(0, device.stored - device.taken)
    stored += device.stored
  }
  return { missing: Math.max(missing, taken - stored), twice, told: store.gaps().length }
}

/** @param series MB, one a second */
function flatness(series: readonly number[]) {
  const { slope, low, high, scatter } = trend(series)
  return {
    rss_median_mb: round(median(series)),
    rss_most_mb: round(Math.max(...series)),
    growth_mb_per_minute: round(slope * 60),
    growth_low_mb_per_minute: round(low * 60),
    growth_high_mb_per_minute: round(high * 60),
    scatter_mb: round(scatter),
    flat: low <= 0 || low * series.length <= scatter,
    rss_mb: series.map(Math.round),
  }
}
