/** Forecasts that wait for their time, and how those did whose time has come. */
import type { Bands } from './subject.ts'

/** Sums over forecasts of one quantity at one lead. */
export interface Tally {
  n: number
  covered: number
  /** Sums of absolute errors: of the median, and of what is now staying so. */
  error: number
  persistence: number
  width: number
  /** Sum of how far the median lay above what came. */
  above: number
}

/** By `zone/quantity` and lead. */
export type Tallies = Record<string, Record<number, Tally>>

interface Said {
  readonly key: string
  readonly lead: number
  readonly low: number
  readonly middle: number
  readonly high: number
  readonly now: number
}

export class Pending {
  readonly tallies: Tallies = {}
  #due = new Map<number, Said[]>()

  /** @param minute the last that was seen; a lead of 1 is the one after it */
  said(
    minute: number,
    leads: readonly number[],
    bands: ReadonlyMap<string, Bands>,
    now: ReadonlyMap<string, number>,
  ): void {
    for (const [key, { p05, p50, p95 }] of bands) {
      const value = now.get(key)
      if (value === undefined) continue
      for (const [i, lead] of leads.entries()) {
        const said = { key, lead, low: p05[i] as number, middle: p50[i] as number, high: p95[i] as number, now: value }
        const due = this.#due.get(minute + lead)
        if (due === undefined) this.#due.set(minute + lead, [said])
        else due.push(said)
      }
    }
  }

  /** What came in a minute. */
  came(minute: number, values: ReadonlyMap<string, number>): void {
    for (const { key, lead, low, middle, high, now } of this.#due.get(minute) ?? []) {
      const value = values.get(key) as number
      const tally = this.#tally(key, lead)
      tally.n++
      if (value >= low && value <= high) tally.covered++
      tally.error += Math.abs(value - middle)
      tally.persistence += Math.abs(value - now)
      tally.width += high - low
      tally.above += middle - value
    }
    this.#due.delete(minute)
  }

  #tally(key: string, lead: number): Tally {
    const leads = this.tallies[key] ?? {}
    this.tallies[key] = leads
    const tally = leads[lead] ?? { n: 0, covered: 0, error: 0, persistence: 0, width: 0, above: 0 }
    leads[lead] = tally
    return tally
  }
}
