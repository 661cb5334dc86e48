/**
 * A bridge on a link that is cut, delayed, stalled and broken, while both sides are killed: what is lost, and what comes
 * twice. The same faults in the same run for two Mosquittos that are bridged. The near side of ours is the gateway's
 * journal, its files in memory and its bridges in a process of their own; readings are made there, and each is a number.
 */
import { loadavg } from 'node:os'
import { type Crossing, mosquittoBridge, mosquittos, toBroker, toHabtwin } from '../test/support/crossings.ts'
import { type FaultPlan, type FaultResult, faultRun } from '../test/support/faults.ts'
import { missing } from '../test/support/servers.ts'
import { type Bench, type BenchOptions, type Figure, type Outcome, round } from './support/bench.ts'
import { median } from './support/statistics.ts'

const READINGS = 200_000
/** Of 200,000 readings; of fewer there are fewer faults. */
const CUTS = 50
const KILLS = 20
const BREAKS = 10
const STALLS = 10
const DELAY = 3_000
const GAP = [500, 4_000] as const
const SEED = 20_261_121

export const bridge: Bench = { name: 'bridge', gate: true, run: measure }

async function measure({ readings = READINGS }: BenchOptions): Promise<Outcome> {
  const skipped = missing('mosquitto')
  if (skipped) return { figures: {}, skipped }
  const share = Math.min(1, readings / READINGS)
  const some = (count: number) => Math.max(2, Math.round(count * share))
  const plan: FaultPlan = {
    ...{ readings, seed: SEED, delay: DELAY, gap: GAP },
    ...{ cuts: some(CUTS), kills: some(KILLS), breaks: some(BREAKS), stalls: some(STALLS) },
  }
  const load = loadavg()
  // side by side: each waits for its link most of the time
  const names = ['to_broker', 'to_habtwin', 'mosquittos'] as const
  const opens = [toBroker, toHabtwin, mosquittos] as const
  const results = await Promise.all(
    names.map(async (name, i) => {
      await using crossing: Crossing = await (opens[i] as () => Promise<Crossing>)()
      const say = (text: string) => process.stderr.write(`${name}: ${text}\n`)
      const result = await faultRun(crossing, { ...plan, told: say })
      say(JSON.stringify(result))
      return result
    }),
  )
  const [broker, habtwin, peer] = results as [FaultResult, FaultResult, FaultResult]
  const { seed, gap, told: _, ...counts } = plan
  return {
    figures: {
      ...counts,
      seed,
      gap_ms: [...gap],
      load: load.map(round),
      mosquitto: `files in memory (tmpfs), persistence, autosave_on_changes, autosave_interval 1, no limit to queue and in flight; ${mosquittoBridge(0).slice(2).join(', ')}`, // biome-ignore format: one line
      to_broker: told(broker),
      to_habtwin: told(habtwin),
      mosquittos: told(peer),
    },
    pass:
      broker.lost === 0 &&
      broker.twice - broker.redelivered <= broker.inFlight + broker.unread &&
      habtwin.lost === 0 &&
      habtwin.twice === 0,
  }
}

function told({ resumed, ...result }: FaultResult): Record<string, Figure> {
  return {
    ...Object.fromEntries(Object.entries(result).map(([name, value]) => [name, round(value)])),
    resumed_median_ms: round(median(resumed)),
    resumed_most_ms: round(Math.max(...resumed)),
  }
}
