/**
 * What a reading costs in bytes written to the block device, journal and store together. Flash wears by what is
 * written, not by what is kept. Two minutes see commits but neither a checkpoint of SQLite's log nor a packing,
 * which come after thousands of commits and write it all once or twice more; `store` measures with these.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { temporaryFolder } from '../test/support/line.ts'
import { atMost, type Bench, type Outcome, round } from './support/bench.ts'
import { LoadedLine } from './support/line.ts'
import { written } from './support/process.ts'

const GOAL = 400
const SECONDS = 120
const parts = ['gateway', 'sim'] as const

export const flash: Bench = { name: 'flash', gate: false, run: measure }

async function measure(): Promise<Outcome> {
  using folder = temporaryFolder()
  await using loaded = await LoadedLine.start(folder.path, { devices: 10, every: 100 })
  await loaded.settle()
  await sleep(5_000) // what is written once at the start is no cost of a reading
  const before = await look(loaded)
  await sleep(SECONDS * 1_000)
  const after = await look(loaded)
  const readings = after.taken - before.taken
  const per = (part: (typeof parts)[number]) => (after[part] - before[part]) / readings
  const total = per('gateway') + per('sim')
  return {
    figures: {
      seconds: SECONDS,
      readings_per_second: round(readings / SECONDS),
      bytes_per_reading: round(total),
      gateway_bytes_per_reading: round(per('gateway')),
      sim_bytes_per_reading: round(per('sim')),
      commits: after.commits - before.commits,
      spilled_readings: after.spilled - before.spilled,
      // nothing at all means that the folder lies in memory, where there is no block device to write to
      block_device: total > 0,
    },
    goals: [{ ...atMost('bytes_per_reading', total, GOAL), met: total > 0 && total <= GOAL }],
  }
}

async function look(loaded: LoadedLine) {
  const [gateway, sim] = await Promise.all([loaded.figures('gateway'), loaded.figures('sim')])
  return {
    taken: gateway.sum('habtwin_device_samples_total'),
    spilled: gateway.sum('habtwin_journal_spilled_total'),
    commits: sim.sum('habtwin_commits_total'),
    gateway: written(loaded.pid('gateway')),
    sim: written(loaded.pid('sim')),
  }
}
