/**
 * The limits of a zone for which nobody wrote any; what the configuration says replaces them level by level.
 *
 * Sources: CO2 by partial pressure: symptoms from about 2 mmHg on the ISS, 3 mmHg as a 1-h mean in NASA-STD-3001
 * volume 2 [6004], 6 and 15 mmHg the off-nominal limits of the ISS. O2: OSHA 29 CFR 1910.146 (19.5 and 23.5 %). Four
 * people who exercise at once in 272 m3 at 879 hPa raise CO2 by 47 ppm a minute (NASA/TP-2015-218570, table 3.22):
 * what rises faster than 50 is not breath.
 */
import { convert, type Level, levels, partialPressureToPpm } from '@habtwin/contract'
import type { Limit, PointLimits } from './limits.ts'

export type ZoneLimits = Readonly<Record<string, PointLimits>>

const HOUR = 3_600_000

/** What the defaults depend on. */
export interface ZoneKind {
  readonly crew?: number
  readonly plants?: Readonly<Record<string, number>>
}

/** A zone with plants and no crew: people only visit. */
export function isGreenhouse(zone: ZoneKind): boolean {
  return zone.plants !== undefined && Object.keys(zone.plants).length > 0 && !((zone.crew ?? 0) > 0)
}

/**
 * Limits in the unit of each point.
 * @param pressure the habitat's pressure, hPa
 */
export function defaultLimits(zone: ZoneKind, pressure: number): ZoneLimits {
  return isGreenhouse(zone) ? { ...common, ...greenhouse(pressure) } : { ...common, ...crewed(pressure) }
}

/** The configured limits over the defaults: a level that is given replaces the default of that level. */
export function mergeLimits(defaults: ZoneLimits, configured: ZoneLimits): ZoneLimits {
  const merged: Record<string, PointLimits> = { ...defaults }
  for (const [point, limits] of Object.entries(configured)) merged[point] = { ...defaults[point], ...limits }
  return merged
}

const common: ZoneLimits = {
  o2: {
    warning: { above: 23.5, below: 19.5 },
    caution: { above: 23, below: 20 },
    hysteresis: 0.1,
    checklist: 'o2-low',
  },
  co: { warning: { above: 50 }, caution: { above: 25 } },
  // 1 % by volume, a quarter of the lower explosive limit
  h2: { warning: { above: 10_000 } },
  smoke: { emergency: { above: 0.5 } },
  charge: { warning: { below: 10 }, caution: { below: 20 }, checklist: 'power-low' },
}

function crewed(pressure: number): ZoneLimits {
  const at = (mmHg: number): number => partialPressureToPpm(convert(mmHg, 'mmHg', 'Pa'), pressure * 100)
  return {
    co2: {
      emergency: { above: at(15) },
      warning: { above: at(6) },
      caution: { above: at(3), mean: HOUR },
      advisory: { above: at(2) },
      rate: { perMinute: 50, level: 'caution' },
      checklist: 'co2-high',
    },
    temperature: { advisory: { above: 27, below: 18 }, checklist: 'temperature' },
    humidity: { advisory: { above: 75, below: 25 } },
  }
}

function greenhouse(pressure: number): ZoneLimits {
  const at = (mmHg: number): number => partialPressureToPpm(convert(mmHg, 'mmHg', 'Pa'), pressure * 100)
  return {
    co2: { emergency: { above: at(15) }, warning: { above: at(6) }, checklist: 'co2-high' },
    temperature: { advisory: { above: 32, below: 15 }, checklist: 'temperature' },
    humidity: { advisory: { above: 90 } },
  }
}

/** Levels that have a limit, worst first. */
export function limitsOf(limits: PointLimits): { level: Level; limit: Limit }[] {
  return levels.flatMap((level) => {
    const limit = limits[level]
    return limit === undefined ? [] : [{ level, limit }]
  })
}
