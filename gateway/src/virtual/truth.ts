/** What nobody is told: the figures of one virtual habitat, drawn from its seed, that a twin has to find out. */
import type { HabitatFacts } from '../drivers/driver.ts'
import { between, chance } from './chance.ts'

export interface VirtualZone {
  readonly id: string
  /** m³ */
  readonly volume: number
  /** m² under lamps. */
  readonly crop: number
}

export interface Truth {
  readonly seed: number
  readonly timezone: string
  /** Pa, outside, before the weather. */
  readonly outside: number
  readonly zones: readonly VirtualZone[]
  /** Where people live; scrubber, O2 generator, lung and blower are here too. */
  readonly home: number
  /** Where people work: the greenhouse, where there is one. */
  readonly work: number
  readonly residents: number
  /** m³/h at 80 Pa of overpressure. */
  readonly leak: number
  /** m³/h of the fan between neighbouring zones. */
  readonly exchange: number
  readonly scrubber: { /** m³/h */ readonly flow: number /** Of the CO2 that passes. */; readonly efficiency: number }
  /** O2 generator, mol/h. */
  readonly oxygen: number
  /** How well the crop does beside the book. */
  readonly cropFactor: number
  /** m³ */
  readonly lung: number
  /** W at full sun. */
  readonly solar: number
  /** Wh */
  readonly battery: number
}

/** m³ of a zone whose volume nobody has told. */
const ROOM = 272

/** Draws a habitat: the ranges are those that a twin is told to expect; the sizes are what a designer would choose. */
export function drawTruth(seed: number, facts: HabitatFacts): Truth {
  const named = Object.entries(facts.zones)
  const area = (plants: Readonly<Record<string, number>> = {}) => Object.values(plants).reduce((sum, m2) => sum + m2, 0)
  const zones = named.map(([id, zone]) => ({ id, volume: zone.volume ?? ROOM, crop: area(zone.plants) }))
  if (zones.length === 0) zones.push({ id: 'habitat', volume: ROOM, crop: 0 })
  const lived = named.findIndex(([, zone]) => (zone.crew ?? 0) > 0)
  const home = lived === -1 ? zones.length - 1 : lived
  const planted = zones.findIndex((zone) => zone.crop > 0)
  const told = named.reduce((sum, [, zone]) => sum + (zone.crew ?? 0), 0)
  const residents = told > 0 ? told : 1 + Math.floor(chance(seed, 'crew')() * 6)
  const load = 1_500 + 250 * residents + zones.reduce((sum, zone) => sum + zone.crop * 180, 0)
  return {
    seed,
    timezone: facts.timezone,
    outside: facts.pressure * 100,
    zones,
    home,
    work: planted === -1 ? home : planted,
    residents,
    leak: between(seed, 'leak', 0.05, 3),
    exchange: between(seed, 'exchange', 20, 400),
    scrubber: { flow: 36 * residents, efficiency: between(seed, 'scrubber', 0.4, 0.95) },
    oxygen: 3 * residents,
    cropFactor: between(seed, 'crop', 0.3, 1.2),
    lung: 0.06 * zones.reduce((sum, zone) => sum + zone.volume, 0),
    solar: 5 * load,
    battery: 24 * load,
  }
}
