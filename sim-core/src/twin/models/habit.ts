/**
 * What is usual at this time of day: the mean net source over each quarter of an hour, learned from the books
 * (what was gained within it, and what exchange took), averaged over the last days.
 */
import { type BalanceModel, projectionLeads } from './balance.ts'

const SLOTS = 96
/** Days that an average goes back. */
const DAYS = 3

export class Habit {
  readonly #model: BalanceModel
  /** Length of a day, ms. */
  readonly #day: number
  /** unit/h by slot. */
  readonly #usual = new Float64Array(SLOTS)
  /** The middles of a projection's steps, in slots after it was made. */
  readonly #middles: Float64Array
  readonly #visits = new Uint8Array(SLOTS)
  /** The mean over all slots, for those not seen yet, unit/h. */
  #mean = 0
  #seen = 0
  #slot = -1
  #begin = { t: 0, level: 0 }
  /** Sum over the slot of (x − x₀), and of how many minutes. */
  #excess = 0
  #minutes = 0

  constructor(model: BalanceModel, day: number) {
    this.#model = model
    this.#day = day
    this.#middles = Float64Array.from(
      projectionLeads,
      (lead, i) => ((lead + (projectionLeads[i - 1] ?? 0)) / 2 / day) * SLOTS,
    )
  }

  /** The usual net source at a time (ms since the epoch), unit/h. */
  at(t: number): number {
    const slot = this.#slotOf(t)
    return this.#visits[slot] === 0 ? this.#mean : (this.#usual[slot] as number)
  }

  /** The usual net source in the middle of each step of a projection made at `t`, unit/h. */
  ahead(t: number, out: Float64Array): void {
    const now = this.#position(t)
    // of hours never seen little is known: the mean of a morning says nothing of the night
    const guess = this.#mean * (this.#seen / SLOTS)
    for (let i = 0; i < out.length; i++) {
      let slot = (now + (this.#middles[i] as number)) | 0
      while (slot >= SLOTS) slot -= SLOTS
      out[i] = this.#visits[slot] === 0 ? guess : (this.#usual[slot] as number)
    }
  }

  /** Takes the level at the end of a minute into the books. */
  learn(t: number, level: number): void {
    const slot = this.#slotOf(t)
    if (slot !== this.#slot) {
      this.#close(t, level)
      this.#slot = slot
      this.#begin = { t, level }
      this.#excess = 0
      this.#minutes = 0
    }
    this.#excess += level - this.#model.reference
    this.#minutes++
  }

  /** The books cannot be closed over a silence: the slot is begun anew. */
  interrupt(): void {
    this.#slot = -1
  }

  #close(t: number, level: number): void {
    const hours = (t - this.#begin.t) / 3_600_000
    if (this.#slot < 0 || this.#minutes < 5) return
    const source = (level - this.#begin.level) / hours + (this.#model.exchange * this.#excess) / this.#minutes
    const visits = Math.min(DAYS, (this.#visits[this.#slot] as number) + 1)
    this.#visits[this.#slot] = visits
    this.#usual[this.#slot] =
      (this.#usual[this.#slot] as number) + (source - (this.#usual[this.#slot] as number)) / visits
    this.#seen = Math.min(SLOTS, this.#seen + 1)
    this.#mean += (source - this.#mean) / this.#seen
  }

  /** Where in the day a time is, in slots. */
  #position(t: number): number {
    return ((((t % this.#day) + this.#day) % this.#day) / this.#day) * SLOTS
  }

  #slotOf(t: number): number {
    return Math.floor(this.#position(t))
  }
}
