/**
 * Which readings are believed, and when the ensemble doubts itself.
 *
 * A reading beyond 6 σ is left out; three alike in a row are a step of the habitat, unless its neighbours contradict.
 * One that never changes while the model says that it should is frozen. When readings are off again and again, the
 * parameters that might be the reason get some of their first spread back, so that they can move.
 */
import type { TwinModel } from '@habtwin/contract'
import { stretch } from './filter.ts'
import type { Instrument } from './instruments.ts'
import { type Matrix, mean, spread } from './matrix.ts'
import type { Innovation } from './types.ts'

const OUTLIER = 6
const AGREE = 3
/** Minutes of the very same value. */
const FROZEN = 30
const MOST_IGNORED = 50
/** Innovations beyond so many σ count as so many. */
const MOST = 8
/** Share of its first spread that a parameter gets back. */
const RESTORED = 0.6
/** CUSUM of innovations (E. S. Page, Biometrika 41 (1954) 100) by point: what is let pass, and when it is too much. */
const rules: Readonly<Record<string, { readonly slack: number; readonly limit: number }>> = {
  level: { slack: 0.5, limit: 12 },
  o2: { slack: 0.5, limit: 10 },
  co2: { slack: 1, limit: 25 },
}

export class Doubts {
  ignored: TwinModel['ignored'] = []
  /** By zone and point. */
  readonly #sums = new Map<string, { up: number; down: number }>()

  /**
   * @param agreed its neighbours say the same
   * @returns why the reading is not believed, or undefined where it is
   */
  judge(
    instrument: Instrument,
    value: number,
    expected: number,
    z: number,
    t: number,
    agreed: boolean,
  ): string | undefined {
    if (value === instrument.last) instrument.same++
    else {
      if (!Number.isNaN(instrument.last)) instrument.moved = true
      instrument.same = 0
    }
    instrument.last = value
    let reason: string | undefined
    if (instrument.moved && instrument.same >= FROZEN && Math.abs(z) > 2.5) reason = 'frozen'
    else if (Math.abs(z) > OUTLIER) reason = agreed ? undefined : this.#far(instrument, value, expected, z)
    else instrument.far = 0
    if (reason !== undefined) this.#note(instrument, value, reason, t)
    return reason
  }

  #far(instrument: Instrument, value: number, expected: number, z: number): string | undefined {
    const sign = Math.sign(z)
    instrument.far = instrument.farSign === sign ? instrument.far + 1 : 1
    instrument.farSign = sign
    // once it is known to speak in another unit, it does until it comes near again
    instrument.scaled = instrument.scaled ? !near(value, expected) : wrongScale(value, expected)
    if (instrument.scaled) return 'scale'
    if (instrument.far < AGREE) return 'outlier'
    return undefined
  }

  #note({ device, point }: Instrument, value: number, reason: string, t: number): void {
    const known = this.ignored.find((one) => one.device === device && one.point === point && one.reason === reason)
    const others = this.ignored.filter((one) => one !== known)
    this.ignored = [{ device, point, t, count: (known?.count ?? 0) + 1, value, reason }, ...others].slice(
      0,
      MOST_IGNORED,
    )
  }

  /** Gives the parameters that might be why readings are off, again and again to the same side, spread to move. */
  unsettle(innovations: readonly Innovation[], matrix: Matrix): void {
    const sums = new Map<string, { z: number; n: number }>()
    for (const { zone, point, z, accepted } of innovations) {
      if (!accepted) continue
      const key = `${zone}/${point}`
      const sum = sums.get(key) ?? { z: 0, n: 0 }
      sums.set(key, { z: sum.z + Math.max(-MOST, Math.min(MOST, z)), n: sum.n + 1 })
    }
    const doubted = new Set<string>()
    for (const [key, { z, n }] of sums) {
      const rule = rules[key.split('/')[1] as string]
      if (rule === undefined) continue
      const sum = this.#sums.get(key) ?? { up: 0, down: 0 }
      this.#sums.set(key, sum)
      sum.up = Math.max(0, sum.up + z / n - rule.slack)
      sum.down = Math.max(0, sum.down - z / n - rule.slack)
      if (Math.max(sum.up, sum.down) < rule.limit) continue
      sum.up = 0
      sum.down = 0
      doubted.add(key)
    }
    if (doubted.size === 0) return
    for (const { id, kind } of matrix.rows) {
      if (kind === 'parameter' && concerns(id, doubted)) this.restore(matrix, id, RESTORED)
    }
  }

  /** Gives a parameter at least that share of its first spread back. */
  restore(matrix: Matrix, id: string, share: number): void {
    const row = matrix.row(id)
    if (row === undefined) return
    const middle = mean(row.values)
    const sd = spread(row.values, middle)
    if (sd > 0 && sd < share * row.sd) stretch(row, middle, (share * row.sd) / sd)
  }
}

/** A reading in another unit: a power of ten, or a fraction for per cent. */
function wrongScale(value: number, expected: number): boolean {
  if (!(value > 0 && expected > 0)) return value < 0 && expected > 0
  const powers = Math.log10(value / expected)
  return Math.abs(powers) > 0.8 && Math.abs(powers - Math.round(powers)) < 0.06
}

/** Within a factor of 2.5. */
function near(value: number, expected: number): boolean {
  return value > 0 && expected > 0 && Math.abs(Math.log10(value / expected)) < 0.4
}

/** Whether a parameter may be why readings of a zone's point are off. */
function concerns(id: string, keys: ReadonlySet<string>): boolean {
  const [name, a, b] = id.split('/')
  for (const key of keys) {
    const [zone, point] = key.split('/')
    if (point === 'level' ? name === 'leak' : name !== 'coupling' && (a === zone || b === zone)) return true
  }
  return false
}
