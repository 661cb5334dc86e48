/**
 * CO2 scrubber: of the air that it moves it takes a share of the CO2,
 *
 *   dn/dt = −u η Q n / V        u: share of the time that it runs, Q m³/h, η its efficiency (a parameter)
 *
 * Whether it runs is read from its device. In a forecast, and where nobody tells, each member switches it itself:
 * on above one concentration, off below another.
 */
import { total } from './air.ts'
import type { Piece, Rows, World } from './piece.ts'

export interface ScrubberPlan {
  /** m³/h */
  readonly flow: number
  /** ppm */
  readonly on: number
  readonly off: number
}

export type Mode = 'auto' | 'on' | 'off'

export class Scrubber implements Piece {
  readonly zone: number
  readonly plan: ScrubberPlan
  readonly efficiency: Float64Array
  /** 1 where a member's runs. */
  readonly running: Float64Array
  /** What somebody said, or supposes. */
  mode: Mode = 'auto'

  constructor(zone: { index: number; id: string; label: string }, plan: ScrubberPlan, rows: Rows) {
    this.zone = zone.index
    this.plan = plan
    this.running = rows.claim({ id: `scrubber-runs/${zone.id}`, kind: 'plain', zone: zone.index, mean: 0, sd: 0 })
    this.efficiency = rows.claim({
      id: `scrubber/${zone.id}`,
      kind: 'parameter',
      zone: zone.index,
      mean: 0.68,
      sd: 0.16,
      low: 0,
      high: 1.1,
      forgets: 240,
      tell: { kind: 'scrubber', label: `CO₂ scrubber of ${zone.label}, share it removes`, unit: '1', zone: zone.id },
    })
  }

  step(world: World, hours: number, ahead: boolean): void {
    const zone = world.zones[this.zone]
    if (zone === undefined) return
    const { co2, input } = zone
    const { machines } = world.ledger
    const { flow, on, off } = this.plan
    const told = ahead || Number.isNaN(input.scrubber) ? Number.NaN : input.scrubber
    const forced = this.mode === 'auto' ? Number.NaN : Number(this.mode === 'on')
    const rate = (flow / zone.volume) * hours
    for (let m = 0; m < world.members; m++) {
      const c = co2[m] as number
      let runs = Number.isNaN(forced) ? told : forced
      if (Number.isNaN(runs)) {
        const ppm = (1e6 * c) / total(zone, m)
        if (ppm > on) this.running[m] = 1
        else if (ppm < off) this.running[m] = 0
        runs = this.running[m] as number
      } else this.running[m] = runs >= 0.5 ? 1 : 0
      if (runs === 0) continue
      // exact for the step
      const taken = c * (1 - Math.exp(-runs * (this.efficiency[m] as number) * rate))
      co2[m] = c - taken
      machines.co2[m] = (machines.co2[m] as number) + taken
    }
  }
}
