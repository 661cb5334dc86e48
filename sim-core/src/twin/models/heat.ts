/**
 * Temperature of a zone's air. People (91 W each, 1.6 times that at most when they exercise: not in proportion to their CO2)
 * and lamps warm it; walls, furniture, heating and cooling pull it towards a
 * temperature of their own, which wanders slowly; what else there is comes and goes:
 *
 *   C dT/dt = people + lamps + U (T_ref − T) + h        dh = −h/τ dt + σ dW
 *
 * U/C is found out: air follows its walls within an hour, and good air conditioning within minutes.
 */
import { PERSON_HEAT } from './crew.ts'
import type { Piece, Rows, World } from './piece.ts'

const TAU = 0.5
/** K/h */
const UNREST = 4
/** J of heat a mole of photons of white LEDs, all of whose electricity ends as heat: 230 W for 500 umol/s. */
export const LAMP = 0.46

export class Heat implements Piece {
  readonly #zone: number
  readonly #area: number
  readonly #pull: Float64Array
  readonly #other: Float64Array
  /** U/C, 1/h. */
  readonly #rate: Float64Array

  /** @param area m² under lamps */
  constructor(zone: { index: number; id: string }, area: number, rows: Rows) {
    this.#zone = zone.index
    this.#area = area
    this.#pull = rows.claim({ id: `wall/${zone.id}`, kind: 'state', zone: zone.index, mean: 22, sd: 4, walk: 0.4 })
    this.#rate = rows.natural({
      id: `coupling/${zone.id}`,
      kind: 'parameter',
      zone: zone.index,
      mean: Math.log(8),
      sd: 0.9,
      log: true,
      low: Math.log(0.2),
      high: Math.log(200),
    })
    this.#other = rows.claim({ id: `heat/${zone.id}`, kind: 'state', zone: zone.index, mean: 0, sd: UNREST })
  }

  step(world: World, hours: number): void {
    const zone = world.zones[this.#zone]
    if (zone === undefined) return
    const { temperature, present, capacity, input } = zone
    const { heat } = world
    const [pull, other] = [this.#pull, this.#other]
    const rate = this.#rate
    const keep = Math.exp(-hours / TAU)
    const shake = UNREST * Math.sqrt(1 - keep * keep)
    const seconds = 3_600 * hours
    const lamps = Number.isNaN(input.par) ? 0 : (input.par * LAMP * this.#area * seconds) / capacity
    const person = (PERSON_HEAT * seconds) / capacity
    const chance = world.normals()
    for (let m = 0; m < world.members; m++) {
      const h = (other[m] as number) * keep + shake * (chance[m] as number)
      other[m] = h
      const t = temperature[m] as number
      // implicit, so that no rate is too large for the step
      const pulled = (rate[m] as number) * hours
      const sources = h * hours + person * (present[m] as number) + lamps
      const next = (t + pulled * (pull[m] as number) + sources) / (1 + pulled)
      temperature[m] = next
      heat[m] = (heat[m] as number) + capacity * (next - t)
    }
  }
}
