/**
 * Ten million bytes of noise and damaged frames for every parser: none may fall, none may take what its check does not
 * hold. What a check lets through by chance is counted, and held to the odds that a check of its width has.
 */
import { chances, type Fuzzed, fuzz, targets } from '../test/support/fuzz.ts'
import type { Bench, Outcome } from './support/bench.ts'

/** A parser. */
const BYTES = 10_000_000
const SEED = 20_261_121

export const fuzzing: Bench = { name: 'fuzz', gate: true, run: measure }

async function measure(): Promise<Outcome> {
  const figures: Record<string, { noise: Fuzzed; damage: Fuzzed; chance_most: number }> = {}
  let pass = true
  for (const target of targets) {
    const noise = fuzz(target, BYTES / 2, SEED, 'noise')
    const damage = fuzz(target, BYTES / 2, SEED, 'damage')
    const most = chances(target, noise)
    figures[target.name] = { noise, damage, chance_most: Number.isFinite(most) ? most : -1 }
    pass &&= noise.invented === 0 && damage.invented === 0 && noise.by_chance <= most
  }
  return { figures: { bytes_a_parser: BYTES, parsers: targets.length, ...figures }, pass }
}
