/** What the ensemble is built from: the habitat as its configuration tells it. */
import type { WhatifChange } from '@habtwin/contract'
import type { Config } from '@habtwin/runtime'

export interface ZonePlan {
  readonly id: string
  readonly label: string
  /** m³ */
  readonly volume?: number | undefined
  readonly crew?: number | undefined
  /** m² a crop */
  readonly plants?: Readonly<Record<string, number>> | undefined
  /** Zones that air is exchanged with. */
  readonly beside: readonly string[]
  /** m³/h, ppm */
  readonly scrubber?:
    | { readonly device?: string | undefined; readonly flow: number; readonly on: number; readonly off: number }
    | undefined
  readonly dehumidifier?: { readonly device?: string | undefined } | undefined
  readonly oxygen?: { readonly device?: string | undefined } | undefined
  /** Hours of the day; umol/m2/s. */
  readonly lamps?: { readonly from: number; readonly to: number; readonly par: number } | undefined
  /** m³ */
  readonly lung?: { readonly volume: number } | undefined
  /** m³/h */
  readonly blower?: { readonly device?: string | undefined; readonly flow: number } | undefined
  /** kWh */
  readonly battery?: { readonly device?: string | undefined; readonly capacity: number } | undefined
}

export interface HabitatPlan {
  readonly timezone: string
  /** hPa, outside. */
  readonly pressure: number
  readonly zones: readonly ZonePlan[]
  /** Hours of the day. */
  readonly wake: number
  readonly sleep: number
  /** What will be done, and when (ms). */
  readonly switches: readonly { readonly at: number; readonly change: WhatifChange }[]
}

/** The plan of a configured habitat. Zones that say nothing of neighbours lie in a row, in the order of the file. */
export function habitatOf(config: Pick<Config, 'habitat' | 'zones' | 'plan'>): HabitatPlan {
  const ids = Object.keys(config.zones)
  const silent = Object.values(config.zones).every(({ beside }) => beside === undefined)
  return {
    timezone: config.habitat.timezone,
    pressure: config.habitat.pressure,
    zones: Object.entries(config.zones).map(([id, zone], i) => {
      const { label, volume, crew, plants, scrubber, dehumidifier, oxygen, lamps, lung, blower, battery } = zone
      const before = ids[i - 1]
      const beside = silent ? (before === undefined ? [] : [before]) : (zone.beside ?? [])
      return { id, label, volume, crew, plants, beside, scrubber, dehumidifier, oxygen, lamps, lung, blower, battery }
    }),
    ...config.plan,
  }
}

/** Index of the zone where most people live: told, or the one with a scrubber, or the first without plants. */
export function homeOf(zones: readonly Readonly<Pick<ZonePlan, 'crew' | 'plants'> & { scrubber?: unknown }>[]): number {
  const most = Math.max(...zones.map((zone) => zone.crew ?? 0), 0)
  if (most > 0) return zones.findIndex((zone) => zone.crew === most)
  const scrubbed = zones.findIndex((zone) => zone.scrubber !== undefined)
  if (scrubbed !== -1) return scrubbed
  return Math.max(
    0,
    zones.findIndex((zone) => zone.plants === undefined),
  )
}
