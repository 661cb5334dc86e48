/** A CO2 scrubber that stands still though it ought to run. */
import { alertId } from '@habtwin/runtime/alert-words'
import type { Standing } from './standing.ts'
import { idleScrubberText, localTime } from './text.ts'

/** A machine as it says it is, and as it should be. */
export interface MachineCheck {
  readonly zone: string
  readonly device: string
  readonly kind: 'scrubber'
  /** Share of the minute that it ran. */
  readonly running: number
  /** True where it ought to run by its switching points, false where it ought not to. */
  readonly expected: boolean
}

export interface ScrubberContext {
  readonly standing: Standing
  readonly timezone: string
  readonly label: (zone: string) => string
  /** Where a zone's scrubber switches on, ppm. */
  readonly on: (zone: string) => number | undefined
  /** Since when each stands still that should not; kept over a restart. */
  readonly idle: Map<string, number>
}

const MINUTE = 60_000
/** It may take this long to come on, ms. */
const PATIENCE = 10 * MINUTE
/** And CO2 must be above its switching point by this: an instrument's gain and offset. */
const SURE = 1.05

export function checkScrubbers(
  t: number,
  machines: readonly MachineCheck[],
  co2: (zone: string) => number | undefined,
  { standing, timezone, label, on, idle }: ScrubberContext,
): void {
  for (const { zone, kind, running, expected } of machines) {
    const [level, point] = [co2(zone), on(zone)]
    if (kind !== 'scrubber' || level === undefined || point === undefined) continue
    const id = alertId(zone, 'scrubber', 'idle')
    if (running > 0.1 || !expected) {
      idle.delete(zone)
      standing.clear(
        id,
        t,
        running > 0.1
          ? `The CO₂ scrubber of ${label(zone)} runs again`
          : `The CO₂ scrubber of ${label(zone)} need not run any more`,
        level,
      )
      continue
    }
    if (level < SURE * point) continue
    const since = idle.get(zone) ?? t
    idle.set(zone, since)
    if (t - since < PATIENCE - MINUTE) continue
    standing.raise(id, t, {
      level: 'caution',
      zone,
      quantity: 'scrubber',
      value: level,
      limit: point,
      since,
      text: idleScrubberText(label(zone), level, point, localTime(since, t, timezone)),
      anomaly: { parameter: `scrubber/${zone}`, from: 1, to: 0, unit: '1', since, evidence: level / point },
      checklist: 'co2-high',
    })
  }
}
