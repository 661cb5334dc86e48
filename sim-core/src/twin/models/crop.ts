/**
 * Plants: canopy photosynthesis, per m² of planted area,
 *
 *   net = f · [Pmax (1 − exp(−α I / Pmax)) · C/(C + K) − Rd · Q10^((T − 25)/10)]
 *
 * with α 0.05 mol/mol, Pmax 25 umol/m2/s, K 200 ppm, Rd 0.1 Pmax, Q10 2: a saturating response to light and to CO2
 * as in J. H. M. Thornley, "Mathematical Models in Plant Physiology" (1976), with figures of C3 crops. f is how well
 * the crop does beside the book: a parameter. 1.07 mol of O2 come for a mole of CO2 (NASA BVAD 2015, table 4.103:
 * 1.02 to 1.19 by crop). Water is part of the zone's moisture, which is found out as a whole.
 */
import type { Piece, Rows, World } from './piece.ts'

const ALPHA = 0.05
const TOP = 25
const HALF = 200e-6
const DARK = 0.1
const Q10 = 2
export const O2_PER_CO2 = 1.07

export class Crop implements Piece {
  readonly #zone: number
  readonly #area: number
  readonly #factor: Float64Array

  /** @param area m² */
  constructor(zone: { index: number; id: string; label: string }, area: number, rows: Rows) {
    this.#zone = zone.index
    this.#area = area
    this.#factor = rows.natural({
      id: `crop/${zone.id}`,
      kind: 'parameter',
      zone: zone.index,
      mean: Math.log(0.7),
      sd: 0.45,
      log: true,
      low: Math.log(0.01),
      high: Math.log(5),
      walk: 0.03,
      forgets: 240,
      tell: { kind: 'crop', label: `Crop of ${zone.label}, beside the book`, unit: '1', zone: zone.id },
    })
  }

  step(world: World, hours: number): void {
    const zone = world.zones[this.#zone]
    if (zone === undefined) return
    const { co2, o2, n2, h2o, temperature, input } = zone
    const { crop } = world.ledger
    const par = Number.isNaN(input.par) ? 0 : input.par
    const light = TOP * (1 - Math.exp((-ALPHA * par) / TOP))
    // one exponential for all: members differ by tenths of a degree
    const warm = DARK * TOP * Q10 ** (((temperature[0] as number) - 25) / 10)
    const moles = this.#area * 1e-6 * 3_600 * hours
    const factor = this.#factor
    for (let m = 0; m < world.members; m++) {
      const c = co2[m] as number
      const fraction = c / (c + (o2[m] as number) + (n2[m] as number) + (h2o[m] as number))
      const gross = (light * fraction) / (fraction + HALF)
      const net = Math.min(c, (factor[m] as number) * (gross - warm) * moles)
      co2[m] = c - net
      o2[m] = (o2[m] as number) + O2_PER_CO2 * net
      crop.co2[m] = (crop.co2[m] as number) + net
      crop.o2[m] = (crop.o2[m] as number) - O2_PER_CO2 * net
    }
  }
}
