/** What one has to know of a habitat to show it, from its configuration. */
import type { HabitatAbout } from '@habtwin/contract/habitats'
import type { Config } from './config.ts'
import { defaultLimits, mergeLimits } from './default-limits.ts'

/** Its names, its mission, and its zones with the limits that hold. */
export function aboutOf({ habitat, mission, zones }: Pick<Config, 'habitat' | 'mission' | 'zones'>): HabitatAbout {
  const told = Object.entries(zones).map(([id, zone]) => {
    const limits = mergeLimits(defaultLimits(zone, habitat.pressure), zone.limits)
    const bounds = Object.entries(limits).map(
      ([point, { rate: _rate, hysteresis: _hysteresis, checklist: _checklist, ...levels }]) => [point, levels],
    )
    return [id, { ...zone, limits: Object.fromEntries(bounds) }]
  })
  return { habitat, ...(mission ? { mission } : {}), zones: Object.fromEntries(told) }
}
