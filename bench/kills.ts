/** What kills cost: every figure that a server handed out is looked for in the store. Must be nothing. */
import { type KillResult, killRun } from '../test/support/kills.ts'
import type { Bench, Outcome } from './support/bench.ts'

/** Runs, and kills in each: one run of all would mostly wait, as the supervisor starts a part that dies later each time. */
const RUNS = 5
const KILLS = 4
const SEED = 20_261_120

export const kills: Bench = { name: 'kills', gate: true, run: measure }

async function measure(): Promise<Outcome> {
  const random = mulberry(SEED)
  const results: KillResult[] = []
  for (let run = 0; run < RUNS; run++) results.push(await killRun({ kills: KILLS, random }))
  const sum = (key: keyof KillResult) => results.reduce((total, one) => total + one[key], 0)
  const figures = {
    seed: SEED,
    kills: sum('kills'),
    handed_readings: sum('handed'),
    stored_readings: sum('stored'),
    missing_readings: sum('missing'),
    twice_readings: sum('twice'),
    within_a_tick_readings: sum('excused'),
    untold_readings: sum('untold'),
  }
  const nothing = figures.missing_readings + figures.twice_readings + figures.untold_readings === 0
  return { figures, pass: nothing && figures.kills === RUNS * KILLS }
}

/** Tommy Ettinger's mulberry32: from 0 to below 1, always the same for the same seed. */
function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
