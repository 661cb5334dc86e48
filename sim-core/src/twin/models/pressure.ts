/**
 * One pressure in all zones. What a zone has more than p V/(R T) moves to the zone of the lung, or, where there is no
 * lung, to the outside; what it lacks comes from there. The lung takes up the rest:
 *
 *   lung = Σ n R T / p − Σ V        0 to its volume; more goes out, less comes in
 *
 * The pressure itself is measured, or that of the site.
 */
import { R, swap, total } from './air.ts'
import type { Piece, World, Zone } from './piece.ts'
import { saturation } from './vapour.ts'

export interface LungPlan {
  /** Index of its zone. */
  readonly zone: number
  /** m³ between empty and full. */
  readonly volume: number
}

export class Pressure implements Piece {
  readonly lung: LungPlan | undefined

  constructor(lung: LungPlan | undefined) {
    this.lung = lung
  }

  step(world: World): void {
    const { lung } = this
    const home = lung === undefined ? undefined : world.zones[lung.zone]
    const vapour = (0.4 * saturation(world.outside)) / world.pressure
    for (const zone of world.zones) {
      if (zone === home) continue
      const { temperature } = zone
      const space = (world.pressure * zone.volume) / R
      for (let m = 0; m < world.members; m++) {
        const excess = total(zone, m) - space / ((temperature[m] as number) + 273.15)
        if (home === undefined) swap(world.ledger, zone, m, excess, vapour)
        else if (excess > 0) pass(zone, home, m, excess)
        else pass(home, zone, m, -excess)
      }
    }
    if (home === undefined || lung === undefined) return
    for (let m = 0; m < world.members; m++) {
      const kelvin = (home.temperature[m] as number) + 273.15
      const perMole = (R * kelvin) / world.pressure
      const height = total(home, m) * perMole - home.volume
      if (height > lung.volume) swap(world.ledger, home, m, (height - lung.volume) / perMole, vapour)
      else if (height < 0) swap(world.ledger, home, m, height / perMole, vapour)
    }
  }

  /** Height of the lung, % from empty to full. */
  level(world: World, out: Float64Array): void {
    const { lung } = this
    const home = lung === undefined ? undefined : world.zones[lung.zone]
    if (home === undefined || lung === undefined) return void out.fill(Number.NaN)
    for (let m = 0; m < world.members; m++) {
      const space = (total(home, m) * R * ((home.temperature[m] as number) + 273.15)) / world.pressure
      out[m] = (100 * (space - home.volume)) / lung.volume
    }
  }
}

/** Air of one zone goes to another, mol. */
function pass(from: Zone, to: Zone, m: number, moles: number): void {
  const share = moles / total(from, m)
  const [c, o, n, h] = [from.co2[m] as number, from.o2[m] as number, from.n2[m] as number, from.h2o[m] as number]
  from.co2[m] = c - c * share
  from.o2[m] = o - o * share
  from.n2[m] = n - n * share
  from.h2o[m] = h - h * share
  to.co2[m] = (to.co2[m] as number) + c * share
  to.o2[m] = (to.o2[m] as number) + o * share
  to.n2[m] = (to.n2[m] as number) + n * share
  to.h2o[m] = (to.h2o[m] as number) + h * share
}
