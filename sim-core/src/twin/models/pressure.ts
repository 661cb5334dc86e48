/**
 * One pressure in all zones. What a zone has more than p V/(R T) moves to the zone of the lung, or, where there is no
 * lung, to the outside; what it lacks comes from there. The lung takes up the rest:
 *
 *   lung = Σ n R T / p − Σ V        0 to its volume; more goes out, less comes in
 *
 * The pressure itself is measured, or that of the site.
 */
import { R, swap, total } from './air.ts'
import { gases, type Piece, type World } from './piece.ts'
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
      const { temperature, volume } = zone
      for (let m = 0; m < world.members; m++) {
        const all = total(zone, m)
        const excess = all - (world.pressure * volume) / (R * ((temperature[m] as number) + 273.15))
        if (home === undefined) {
          swap(world.ledger, zone, m, excess, vapour)
          continue
        }
        const from = excess > 0 ? zone : home
        const share = excess / total(from, m)
        for (const gas of gases) {
          const moved = (from[gas][m] as number) * share
          zone[gas][m] = (zone[gas][m] as number) - moved
          home[gas][m] = (home[gas][m] as number) + moved
        }
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
