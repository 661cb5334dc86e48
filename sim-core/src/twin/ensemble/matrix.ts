/** The ensemble's matrix: a row for each figure, a number in it for each member. */
import type { Row, RowSpec, Rows } from '../models/piece.ts'
import { type Chance, column, stratified } from './chance.ts'

export class Matrix implements Rows {
  readonly members: number
  readonly rows: Row[] = []
  readonly #chance: Chance
  readonly #byId = new Map<string, Row>()
  readonly #scratch: Float64Array
  readonly #naturals: { readonly values: Float64Array; readonly natural: Float64Array }[] = []

  constructor(members: number, chance: Chance) {
    this.members = members
    this.#chance = chance
    this.#scratch = new Float64Array(members)
  }

  claim(spec: RowSpec): Float64Array {
    if (this.#byId.has(spec.id)) throw new RangeError(`there is a row ${spec.id} already`)
    const values = spec.sd === 0 ? new Float64Array(this.members) : stratified(this.#chance, this.members)
    for (let m = 0; m < this.members; m++) values[m] = spec.mean + spec.sd * (values[m] as number)
    const row = { ...spec, values }
    this.rows.push(row)
    this.#byId.set(spec.id, row)
    bound(row)
    return values
  }

  natural(spec: RowSpec & { readonly log: true }): Float64Array {
    const values = this.claim(spec)
    const natural = values.map(Math.exp)
    this.#naturals.push({ values, natural })
    return natural
  }

  /** Makes the values anew that `log` rows stand for. */
  refresh(): void {
    for (const { values, natural } of this.#naturals) {
      for (let m = 0; m < values.length; m++) natural[m] = Math.exp(values[m] as number)
    }
  }

  row(id: string): Row | undefined {
    return this.#byId.get(id)
  }

  /** Lets the rows that wander do so. */
  wander(hours: number): void {
    for (const { walk, forgets, mean, sd: first, values } of this.rows) {
      if (forgets !== undefined) {
        const keep = Math.exp(-hours / forgets)
        const shake = first * Math.sqrt(1 - keep * keep)
        const chance = column(this.#chance, this.#scratch)
        for (let m = 0; m < values.length; m++) {
          values[m] = mean + keep * ((values[m] as number) - mean) + shake * (chance[m] as number)
        }
      }
      if (walk === undefined) continue
      const chance = column(this.#chance, this.#scratch)
      const sd = walk * Math.sqrt(hours)
      for (let m = 0; m < values.length; m++) values[m] = (values[m] as number) + sd * (chance[m] as number)
    }
  }

  /** Keeps every row within its bounds. */
  bound(): void {
    for (const row of this.rows) bound(row)
  }

  /** Takes over all values of another matrix with the same rows. */
  copy(other: Matrix): void {
    for (const { id, values } of other.rows) this.#byId.get(id)?.values.set(values)
    this.refresh()
  }
}

function bound({ values, low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY }: Row): void {
  if (low === Number.NEGATIVE_INFINITY && high === Number.POSITIVE_INFINITY) return
  for (let m = 0; m < values.length; m++) {
    const value = values[m] as number
    if (value < low) values[m] = low
    else if (value > high) values[m] = high
  }
}

export function mean(values: Float64Array): number {
  let sum = 0
  for (let m = 0; m < values.length; m++) sum += values[m] as number
  return sum / values.length
}

/** Standard deviation over members. */
export function spread(values: Float64Array, of = mean(values)): number {
  let sum = 0
  for (let m = 0; m < values.length; m++) sum += ((values[m] as number) - of) ** 2
  return Math.sqrt(sum / (values.length - 1))
}
