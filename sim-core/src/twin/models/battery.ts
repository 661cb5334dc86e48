/**
 * A battery: what comes in less what goes out, each way with its loss.
 *
 *   dE/dt = η P  (P > 0, into it)      dE/dt = P/η  (P < 0)      0 ≤ E ≤ capacity
 *
 * η is 0.95 each way, as for lithium cells with their converter. P is measured; ahead it is what it was at this hour
 * of the day before, and beside that as far off as it is now, which fades:
 *
 *   dx = −x/τ dt + σ dW
 */
import { LAMP } from './heat.ts'
import type { Piece, Rows, World } from './piece.ts'

const EFFICIENCY = 0.95
/** h: a cloud, an oven, a wash. */
const TAU = 2
/** W a Wh of capacity by which a day differs from the day before. */
const UNREST = 0.01

export class Battery implements Piece {
  readonly zone: number
  /** Wh */
  readonly capacity: number
  /** Wh held, a number a member. */
  readonly energy: Float64Array
  /** Wh that came in and that were lost, since the beginning: held = came in − lost + what it began with. */
  readonly came: Float64Array
  readonly lost: Float64Array
  readonly #apart: Float64Array
  readonly #areas: readonly number[]

  /**
   * @param capacity Wh
   * @param areas m² under lamps, by zone: what lamps do not take goes into the battery
   */
  constructor(zone: { index: number; id: string }, capacity: number, areas: readonly number[], rows: Rows) {
    this.zone = zone.index
    this.capacity = capacity
    this.#areas = areas
    this.energy = rows.claim({
      id: `charge/${zone.id}`,
      kind: 'state',
      zone: zone.index,
      mean: 0.6 * capacity,
      sd: 0.25 * capacity,
      low: 0,
      high: capacity,
      // its meter counts amperes, and is now and then put right
      walk: 0.002 * capacity,
    })
    this.came = rows.claim({ id: `gone/battery/${zone.id}`, kind: 'plain', mean: 0, sd: 0 })
    this.lost = rows.claim({ id: `gone/battery-loss/${zone.id}`, kind: 'plain', mean: 0, sd: 0 })
    this.#apart = rows.claim({ id: `power-apart/${zone.id}`, kind: 'plain', mean: 0, sd: 0 })
  }

  /** % of its capacity, by member. */
  charge(out: Float64Array): void {
    for (let m = 0; m < out.length; m++) out[m] = (100 * (this.energy[m] as number)) / this.capacity
  }

  step(world: World, hours: number, ahead: boolean): void {
    const { battery, usual } = world.zones[this.zone]?.input ?? { battery: Number.NaN, usual: Number.NaN }
    const expected = Number.isNaN(usual) ? battery : usual
    // nobody knows what flows: it stays as full as it was
    if (Number.isNaN(expected) && Number.isNaN(battery)) return
    const told = !(ahead || Number.isNaN(battery))
    const spared = this.#spared(world)
    const keep = Math.exp(-hours / TAU)
    const shake = UNREST * this.capacity * Math.sqrt(1 - keep * keep)
    const noise = told ? undefined : world.normals()
    for (let m = 0; m < world.members; m++) {
      const apart = noise ? (this.#apart[m] as number) * keep + shake * (noise[m] as number) : battery - expected
      this.#apart[m] = apart
      this.#flow(m, (told ? battery : expected + apart + spared) * hours)
    }
  }

  /** @param wh into it */
  #flow(m: number, wh: number): void {
    const before = this.energy[m] as number
    const wanted = before + (wh > 0 ? wh * EFFICIENCY : wh / EFFICIENCY)
    const after = Math.min(this.capacity, Math.max(0, wanted))
    this.energy[m] = after
    const held = after - before
    // what a full one is offered, or an empty one is asked for, passes it by
    const passed = held > 0 ? held / EFFICIENCY : held * EFFICIENCY
    this.came[m] = (this.came[m] as number) + passed
    this.lost[m] = (this.lost[m] as number) + passed - held
  }

  /** W that lamps take less than usual. */
  #spared({ zones }: World): number {
    let watts = 0
    for (const { index, input } of zones) watts += input.spared * LAMP * (this.#areas[index] ?? 0)
    return watts
  }
}
