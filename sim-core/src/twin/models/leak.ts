/**
 * Air to and from the outside.
 *
 *   sealed, with a lung:  V' = C · sign(ΔP) (|ΔP|/80 Pa)^0.65, C in m³/h at 80 Pa (a parameter): what goes out is lost
 *   any other room:       as much goes out as comes in, V' in m³/h (a parameter): ventilation
 *
 * The exponent lies between 0.5 (orifice) and 1 (laminar flow); 0.65 is what pressurisation tests of buildings find
 * (ASHRAE Handbook of Fundamentals 2017, chapter 16). A blower blows outside air in; a valve or an open hatch swaps.
 */

import { molesIn, swap } from './air.ts'
import type { Piece, Rows, World } from './piece.ts'
import { saturation } from './vapour.ts'

const NOMINAL = 80
const EXPONENT = 0.65
/** m³/h at which a lung is empty within minutes: more than that nobody need know. */
const LARGEST = 300
/** Relative humidity outside, where nobody measures it. */
const OUTSIDE_HUMIDITY = 0.4

export class Leak implements Piece {
  readonly sealed: boolean
  /** m³/h, of the habitat where it is sealed, else of each zone. */
  readonly #rates: readonly Float64Array[]
  readonly #shares: readonly number[]

  constructor(
    zones: readonly { index: number; id: string; label: string; volume: number }[],
    sealed: boolean,
    rows: Rows,
  ) {
    this.sealed = sealed
    const volume = zones.reduce((sum, zone) => sum + zone.volume, 0)
    const bounds = { log: true, low: Math.log(1e-4), high: Math.log(1e5), forgets: 240 } as const
    if (sealed) {
      const row = rows.natural({
        id: 'leak',
        kind: 'parameter',
        mean: Math.log(0.5),
        sd: 1.2,
        ...bounds,
        high: Math.log(LARGEST),
        tell: { kind: 'leak', label: 'Leak', unit: 'm3/h' },
      })
      this.#rates = zones.map(() => row)
      this.#shares = zones.map((zone) => zone.volume / volume)
    } else {
      this.#rates = zones.map((zone) =>
        rows.natural({
          id: `ventilation/${zone.id}`,
          kind: 'parameter',
          zone: zone.index,
          mean: Math.log(0.3 * zone.volume),
          sd: 1.2,
          ...bounds,
          tell: { kind: 'ventilation', label: `Outside air into ${zone.label}`, unit: 'm3/h', zone: zone.id },
        }),
      )
      this.#shares = zones.map(() => 1)
    }
  }

  step(world: World, hours: number): void {
    const vapour = (OUTSIDE_HUMIDITY * saturation(world.outside)) / world.pressure
    const push = Number.isNaN(world.difference) ? NOMINAL : world.difference
    const force = this.sealed ? Math.sign(push) * (Math.abs(push) / NOMINAL) ** EXPONENT : 1
    for (const zone of world.zones) {
      const rates = this.#rates[zone.index] as Float64Array
      const share = (this.#shares[zone.index] as number) * force * hours
      const inside = molesIn(1, world.pressure, zone.temperature[0] as number)
      const valve = Number.isNaN(zone.input.valve) ? 0 : zone.input.valve
      const blown = Number.isNaN(zone.input.blower) ? 0 : zone.input.blower
      const both = valve * hours * inside
      for (let m = 0; m < world.members; m++) {
        const out = Math.min(0.5 * zone.volume, (rates[m] as number) * share) * inside
        swap(world.ledger, zone, m, out, vapour)
        if (!this.sealed) swap(world.ledger, zone, m, -out, vapour)
        if (both > 0) {
          swap(world.ledger, zone, m, both, vapour)
          swap(world.ledger, zone, m, -both, vapour)
        }
        if (blown > 0) swap(world.ledger, zone, m, -blown * hours * inside, vapour)
      }
    }
  }
}
