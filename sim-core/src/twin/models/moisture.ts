/**
 * Water that plants give off and dryers take, found out as a whole: the zone's vapour goes back to a level of its
 * own, and there is a source beside that comes and goes,
 *
 *   dn/dt = κ (n_ref − n) + s        ds = −s/τ dt + σ dW
 *
 * n_ref wanders slowly; κ is what a dryer or a cold wall does, 0.5 1/h.
 */
import { molesIn } from './air.ts'
import type { Piece, Rows, World } from './piece.ts'

const RATE = 0.5
const TAU = 0.7
/** g/h a m³ of the zone, and relative to the vapour there. */
const SHARE = 0.15

export class Moisture implements Piece {
  readonly #zone: number
  readonly #level: Float64Array
  readonly #source: Float64Array
  readonly #unrest: number

  constructor(zone: { index: number; id: string; volume: number }, pressure: number, rows: Rows) {
    this.#zone = zone.index
    const vapour = 0.012 * molesIn(zone.volume, pressure, 22)
    this.#unrest = SHARE * vapour
    this.#level = rows.natural({
      id: `vapour/${zone.id}`,
      kind: 'state',
      zone: zone.index,
      mean: Math.log(vapour),
      sd: 0.4,
      log: true,
      walk: 0.05,
    })
    this.#source = rows.claim({
      id: `moisture/${zone.id}`,
      kind: 'state',
      zone: zone.index,
      mean: 0,
      sd: this.#unrest,
    })
  }

  step(world: World, hours: number): void {
    const zone = world.zones[this.#zone]
    if (zone === undefined) return
    const { h2o } = zone
    const booked = world.ledger.moisture.h2o
    const back = 1 - Math.exp(-RATE * hours)
    const keep = Math.exp(-hours / TAU)
    const shake = this.#unrest * Math.sqrt(1 - keep * keep)
    const chance = world.normals()
    const [level, source] = [this.#level, this.#source]
    for (let m = 0; m < world.members; m++) {
      const n = h2o[m] as number
      const s = (source[m] as number) * keep + shake * (chance[m] as number)
      source[m] = s
      const into = Math.max(-n, back * ((level[m] as number) - n) + s * hours)
      h2o[m] = n + into
      booked[m] = (booked[m] as number) - into
    }
  }
}
