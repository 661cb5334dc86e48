/** How much memory both processes take with fifty devices at one reading a second. */
import { setTimeout as sleep } from 'node:timers/promises'
import { temporaryFolder } from '../test/support/line.ts'
import { atMost, type Bench, type Outcome, round } from './support/bench.ts'
import { LoadedLine } from './support/line.ts'
import { memory } from './support/process.ts'
import { median } from './support/statistics.ts'

const GOALS = { gateway: 110, sim: 180 }
const SECONDS = 60
/** The last so many seconds of them are looked at. */
const WINDOW = 10
const parts = ['gateway', 'sim'] as const

export const footprint: Bench = { name: 'footprint', gate: false, run: () => measure() }

/** @param seconds that the line has run before it is told how much it takes */
export async function measure(seconds = SECONDS, env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  using folder = temporaryFolder()
  await using loaded = await LoadedLine.start(folder.path, { devices: 50, every: 1_000, env })
  await sleep((seconds - WINDOW) * 1_000)
  const seen = { gateway: [] as { rss: number; pss: number }[], sim: [] as { rss: number; pss: number }[] }
  for (let second = 0; second < WINDOW; second++) {
    await sleep(1_000)
    for (const part of parts) seen[part].push(memory(loaded.pid(part)))
  }
  const rss = (part: (typeof parts)[number]) => median(seen[part].map((one) => one.rss))
  const pss = (part: (typeof parts)[number]) => median(seen[part].map((one) => one.pss))
  return {
    figures: {
      seconds,
      gateway_rss_mb: round(rss('gateway')),
      gateway_pss_mb: round(pss('gateway')),
      sim_rss_mb: round(rss('sim')),
      sim_pss_mb: round(pss('sim')),
    },
    goals: [atMost('gateway_rss_mb', rss('gateway'), GOALS.gateway), atMost('sim_rss_mb', rss('sim'), GOALS.sim)],
  }
}
