/** All that the virtual habitat is at one moment: plain data, so that it can be kept and taken up again. */
import type { Truth } from './truth.ts'

export const R = 8.314462618
/** g/mol */
export const MOLAR = { co2: 44.0095, o2: 31.9988, n2: 28.0134, h2o: 18.0153 } as const
export type Species = keyof typeof MOLAR
export const species = Object.keys(MOLAR) as Species[]

/** Outdoor air, mole fractions of the dry gas. */
export const OUTDOOR = { co2: 425e-6, o2: 0.2095, n2: 1 - 0.2095 - 425e-6 } as const

/** What somebody has done to the habitat. */
export interface Controls {
  /** `spent` runs and takes power, but its sorbent is used up. */
  scrubber: 'auto' | 'failed' | 'spent'
  /** `worn` leaks ten times as much as it was built to. */
  leak: 'sealed' | 'worn' | 'open'
  lamps: 'auto' | 'off'
  visitors: number
  /** A device's id, or `none`. */
  unplug: string
}

export interface State {
  /** ms since the epoch. */
  t: number
  /** Moles in each zone; the lung's are with the home zone. */
  gas: Record<Species, number[]>
  /** Moles that have left all zones, by where they went; negative where they came from. Total and zones never change. */
  gone: Record<Species, Record<Place, number>>
  /** °C, of the air and of walls and furniture. */
  air: number[]
  mass: number[]
  scrubbing: boolean
  oxygenating: boolean
  blowing: boolean
  drying: boolean[]
  /** Wh in the battery. */
  battery: number
  /** Wh since the beginning; what came is what went. */
  electricity: { solar: number; grid: number; used: number; lost: number; unused: number }
  controls: Controls
}

export type Place = 'outside' | 'people' | 'crop' | 'machines'

/** What flowed during the last step, for the instruments that measure flows. */
export interface Flows {
  /** Pa */
  pressure: number
  /** Pa above the outside. */
  difference: number
  /** Of the lung, from 0 to 1. */
  lung: number
  /** umol/m2/s in each zone. */
  par: number[]
  people: number[]
  /** W of heat in each zone. */
  heat: number[]
  /** W */
  load: number
  solar: number
  grid: number
  /** W into the battery, negative out of it. */
  charging: number
  scrubber: number
  oxygen: number
  drying: number[]
  /** mol/h */
  oxygenFlow: number
}

/** Takes moles out of a zone, or puts them in (negative), and remembers where they went. */
export function move(state: State, gas: Species, zone: number, place: Place, moles: number): void {
  const zones = state.gas[gas]
  zones[zone] = (zones[zone] as number) - moles
  state.gone[gas][place] += moles
}

/** Moles of all gases in a zone. */
export function total(state: State, zone: number): number {
  const { co2, o2, n2, h2o } = state.gas
  return (co2[zone] as number) + (o2[zone] as number) + (n2[zone] as number) + (h2o[zone] as number)
}

/** Saturation pressure of water, Pa, at a temperature in °C (Magnus form, WMO-No. 8, annex 4.B). */
export function saturation(celsius: number): number {
  return 611.2 * Math.exp((17.62 * celsius) / (243.12 + celsius))
}

/** Relative humidity, from 0 to 1. */
export function humidity(state: State, truth: Truth, zone: number): number {
  const celsius = state.air[zone] as number
  const volume = (truth.zones[zone]?.volume ?? 1) * (1 + lungShare(state, truth, zone))
  return ((state.gas.h2o[zone] as number) * R * (celsius + 273.15)) / volume / saturation(celsius)
}

/** The lung's volume beside its zone's, where the zone has it. */
function lungShare(state: State, truth: Truth, zone: number): number {
  if (zone !== truth.home) return 0
  const volume = truth.zones[zone]?.volume ?? 1
  const here = (total(state, zone) * R * ((state.air[zone] as number) + 273.15)) / truth.outside
  return Math.min(truth.lung / volume, Math.max(0, here / volume - 1))
}

/** A habitat that has just been closed: air from outside with some CO2 in it, half a lung. */
export function begin(truth: Truth, t: number): State {
  const zones = truth.zones.length
  const each = (value: number) => Array.from({ length: zones }, () => value)
  const places = () => ({ outside: 0, people: 0, crop: 0, machines: 0 })
  const moles = truth.zones.map(({ volume }, i) => {
    const space = volume + (i === truth.home ? truth.lung / 2 : 0)
    return ((truth.outside + 80) * space) / (R * (22 + 273.15))
  })
  const vapour = (saturation(22) * 0.45) / truth.outside
  const share = (fraction: number) => moles.map((n) => n * fraction)
  return {
    t,
    gas: {
      co2: share(900e-6),
      o2: share(0.208 * (1 - vapour)),
      n2: share(1 - vapour - 900e-6 - 0.208 * (1 - vapour)),
      h2o: share(vapour),
    },
    gone: { co2: places(), o2: places(), n2: places(), h2o: places() },
    air: each(22),
    mass: each(22),
    scrubbing: false,
    oxygenating: false,
    blowing: false,
    drying: each(0).map(() => false),
    battery: truth.battery * 0.6,
    electricity: { solar: 0, grid: 0, used: 0, lost: 0, unused: 0 },
    controls: { scrubber: 'auto', leak: 'sealed', lamps: 'auto', visitors: 0, unplug: 'none' },
  }
}

/** Flows of a habitat in which nothing has happened yet. */
export function still(truth: Truth): Flows {
  const each = () => truth.zones.map(() => 0)
  const zero = { load: 0, solar: 0, grid: 0, charging: 0, scrubber: 0, oxygen: 0, oxygenFlow: 0 }
  const air = { pressure: truth.outside + 80, difference: 80, lung: 0.5 }
  return { ...air, ...zero, par: each(), people: each(), heat: each(), drying: each() }
}
