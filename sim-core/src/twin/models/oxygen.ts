/**
 * O2 generator: what its flow meter says goes into the zone. In a forecast it goes on as over the last day: it is
 * switched by a threshold that nobody told, and keeps pace with what people breathe.
 */
import { R } from './air.ts'
import type { Piece, World } from './piece.ts'

const DAY = 24

export class Oxygen implements Piece {
  readonly #zone: number
  /** mol/h, of the last day. */
  readonly memory = { mean: Number.NaN }

  constructor(zone: number) {
    this.#zone = zone
  }

  step(world: World, hours: number, ahead: boolean): void {
    const zone = world.zones[this.#zone]
    if (zone === undefined) return
    const told = zone.input.oxygen
    if (!ahead && !Number.isNaN(told)) {
      const { mean } = this.memory
      this.memory.mean = Number.isNaN(mean) ? told : mean + (told - mean) * Math.min(1, hours / DAY)
    }
    const flow = ahead || Number.isNaN(told) ? this.memory.mean : told
    if (!(flow > 0)) return
    const moles = flow * hours
    const { machines } = world.ledger
    for (let m = 0; m < world.members; m++) {
      zone.o2[m] = (zone.o2[m] as number) + moles
      machines.o2[m] = (machines.o2[m] as number) - moles
    }
  }
}

/** mol/h of a gas whose flow is told in L/min at the habitat's pressure (Pa) and 25 °C. */
export function molesPerHour(litresPerMinute: number, pressure: number): number {
  return (litresPerMinute * 60 * pressure) / (1_000 * R * 298.15)
}
