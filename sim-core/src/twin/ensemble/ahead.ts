/** A forecast of the ensemble: every member goes on by itself, and what instruments would read is noted on the way. */
import type { Body } from './body.ts'
import { ideal, modelled } from './instruments.ts'

const MINUTE = 60_000
const STEP = 1 / 60

/** What all members would read, lead by lead. */
export class Futures {
  readonly leads: readonly number[]
  readonly membersCount: number
  readonly #columns = new Map<string, Float64Array>()

  constructor(leads: readonly number[], members: number) {
    this.leads = leads
    this.membersCount = members
  }

  /** `[lead × members]` of a zone's quantity, or undefined where the model does not know it. */
  members(zone: string, quantity: string): Float64Array | undefined {
    return this.#columns.get(`${zone}/${quantity}`)
  }

  /** Zones and quantities that there are. */
  get names(): string[] {
    return [...this.#columns.keys()]
  }

  note(zone: string, quantity: string, lead: number, values: Float64Array): void {
    const name = `${zone}/${quantity}`
    let column = this.#columns.get(name)
    if (column === undefined) {
      column = new Float64Array(this.leads.length * this.membersCount)
      this.#columns.set(name, column)
    }
    column.set(values, lead * this.membersCount)
  }
}

/** A forecast that is made in pieces, so that nothing else waits for it. */
export class Ahead {
  readonly futures: Futures
  readonly #body: Body
  readonly #t: number
  readonly #leads: readonly number[]
  readonly #scratch: Float64Array
  readonly #wanted: ReadonlySet<string> | undefined
  #minute = 0
  #next = 0

  /**
   * @param body a copy, which is used up
   * @param t now, ms
   * @param leads whole minutes, ascending
   * @param wanted quantities; all where left out
   */
  constructor(body: Body, t: number, leads: readonly number[], wanted?: readonly string[]) {
    this.#body = body
    this.#t = t
    this.#leads = leads
    this.#scratch = new Float64Array(body.matrix.members)
    this.#wanted = wanted === undefined ? undefined : new Set(wanted)
    this.futures = new Futures(leads, body.matrix.members)
  }

  get done(): boolean {
    return this.#next >= this.#leads.length
  }

  /** Goes on by so many minutes at most. @returns true when it is done */
  advance(most: number): boolean {
    for (let i = 0; i < most && !this.done; i++) {
      this.#minute++
      this.#body.step(this.#t + this.#minute * MINUTE, STEP, true)
      if (this.#minute === this.#leads[this.#next]) this.#note(this.#next++)
    }
    return this.done
  }

  #note(lead: number): void {
    const { habitat } = this.#body
    for (const zone of habitat.world.zones) {
      for (const quantity of modelled) {
        if (this.#wanted?.has(quantity) === false) continue
        // nobody told when the blower runs, and by itself a lung with one does not fall
        if (quantity === 'level' && this.#body.plan.zones[zone.index]?.blower !== undefined) continue
        if (ideal(habitat, zone, quantity, this.#scratch)) this.futures.note(zone.id, quantity, lead, this.#scratch)
      }
    }
  }
}
