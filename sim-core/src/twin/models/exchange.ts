/**
 * Air between two zones: a fan and the chinks of a door swap as much each way, q m³/h (a parameter); an open door
 * swaps more.
 *
 *   dn_a/dt = −q e^d (n_a/V_a − n_b/V_b) = −dn_b/dt        and heat in proportion
 *
 * d comes and goes with people who pass through the door: dd = −d/τ dt + σ dW.
 */
import { HEAT } from './air.ts'
import type { Piece, Rows, World } from './piece.ts'

/** h, and relative spread. */
const TAU = 0.25
const UNREST = 0.5

export class Exchange implements Piece {
  readonly a: number
  readonly b: number
  readonly flow: Float64Array
  readonly #door: Float64Array
  /** J/K a m³ of air. */
  readonly #heat: number

  /** @param pressure Pa */
  constructor(
    a: { index: number; id: string; label: string },
    b: { index: number; id: string; label: string },
    pressure: number,
    rows: Rows,
  ) {
    this.a = a.index
    this.b = b.index
    this.#heat = (HEAT * pressure) / (8.314 * 295)
    this.#door = rows.claim({ id: `door/${a.id}/${b.id}`, kind: 'state', mean: 0, sd: UNREST, low: -4, high: 4 })
    this.flow = rows.natural({
      id: `exchange/${a.id}/${b.id}`,
      kind: 'parameter',
      mean: Math.log(100),
      sd: 0.9,
      log: true,
      low: Math.log(0.1),
      high: Math.log(20_000),
      forgets: 240,
      tell: { kind: 'exchange', label: `Air between ${a.label} and ${b.label}`, unit: 'm3/h', zone: a.id },
    })
  }

  step(world: World, hours: number): void {
    const [a, b] = [world.zones[this.a], world.zones[this.b]]
    if (a === undefined || b === undefined) return
    let door = 0
    for (const open of world.doors) {
      if ((open.a === this.a && open.b === this.b) || (open.a === this.b && open.b === this.a)) door += open.flow
    }
    const flow = this.flow
    const both = 1 / a.volume + 1 / b.volume
    const passing = this.#door
    const keep = Math.exp(-hours / TAU)
    const shake = UNREST * Math.sqrt(1 - keep * keep)
    const shares = world.normals() // by and by written over
    for (let m = 0; m < world.members; m++) {
      const d = (passing[m] as number) * keep + shake * (shares[m] as number)
      passing[m] = d
      // both sides go to their common level; exact for the step
      const rate = ((flow[m] as number) * Math.exp(d) + door) * both * hours
      shares[m] = (rate < 0.02 ? rate * (1 - rate / 2) : 1 - Math.exp(-rate)) / both
    }
    mix(a.co2, b.co2, a.volume, b.volume, shares)
    mix(a.o2, b.o2, a.volume, b.volume, shares)
    mix(a.n2, b.n2, a.volume, b.volume, shares)
    mix(a.h2o, b.h2o, a.volume, b.volume, shares)
    const [ta, tb] = [a.temperature, b.temperature]
    for (let m = 0; m < world.members; m++) {
      const warmth = (shares[m] as number) * this.#heat * ((ta[m] as number) - (tb[m] as number))
      ta[m] = (ta[m] as number) - warmth / a.capacity
      tb[m] = (tb[m] as number) + warmth / b.capacity
    }
  }
}

/** @param shares m³ of air swapped, by member */
function mix(x: Float64Array, y: Float64Array, volumeX: number, volumeY: number, shares: Float64Array): void {
  for (let m = 0; m < shares.length; m++) {
    const moved = (shares[m] as number) * ((x[m] as number) / volumeX - (y[m] as number) / volumeY)
    x[m] = (x[m] as number) - moved
    y[m] = (y[m] as number) + moved
  }
}
