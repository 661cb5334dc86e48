/**
 * What all instruments of a zone's quantity are off by in common cannot be found out: nothing else knows the level. A
 * hundred members find it out all the same, by correlations of chance, and the people, the scrubber and the crop with
 * it. So in each member that common part stays what it was drawn as; only what instruments differ by is found out.
 */
import type { Row } from '../models/piece.ts'

export class CommonFaults {
  /** Gains, and offsets, of one quantity of one zone. */
  readonly #groups = new Map<string, Row[]>()
  readonly #before = new Map<string, Float64Array>()

  /** @param key of the zone, the quantity, and of gain or offset */
  join(key: string, row: Row): void {
    const group = this.#groups.get(key)
    if (group === undefined) this.#groups.set(key, [row])
    else if (!group.includes(row)) group.push(row)
  }

  /** Before readings are taken. */
  remember(): void {
    for (const [key, rows] of this.#groups) {
      const sums = this.#before.get(key) ?? new Float64Array((rows[0] as Row).values.length)
      this.#before.set(key, sum(rows, sums))
    }
  }

  /** After readings were taken: takes back what they made of the common part. */
  hold(): void {
    for (const [key, rows] of this.#groups) {
      const before = this.#before.get(key)
      if (before === undefined) continue
      for (let m = 0; m < before.length; m++) {
        let now = 0
        for (const { values } of rows) now += values[m] as number
        const excess = (now - (before[m] as number)) / rows.length
        for (const { values } of rows) values[m] = (values[m] as number) - excess
      }
    }
  }
}

function sum(rows: readonly Row[], out: Float64Array): Float64Array {
  out.fill(0)
  for (const { values } of rows)
    for (let m = 0; m < out.length; m++) out[m] = (out[m] as number) + (values[m] as number)
  return out
}
