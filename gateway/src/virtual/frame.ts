/** What can be seen of the virtual habitat at one moment, as plain numbers: what instruments look at. */
import type { Habitat } from './habitat.ts'
import { humidity, R, total } from './state.ts'
import type { Truth } from './truth.ts'

const ofZone = ['co2', 'o2', 'temperature', 'humidity', 'par', 'people', 'drying', 'dryerPower'] as const
const ofHabitat = [
  'pressure',
  'difference',
  'lung',
  'load',
  'solar',
  'grid',
  'charging',
  'battery',
  'scrubbing',
  'scrubberPower',
  'oxygenating',
  'oxygenPower',
  'oxygenFlow',
] as const

/** ppm, %, °C, umol/m2/s, hPa, Pa, W, L/min; switches are 0 or 1. */
export type Quantity = (typeof ofZone)[number] | (typeof ofHabitat)[number]

/** Quantities that jump: between two frames the older one holds. */
const jumping: ReadonlySet<Quantity> = new Set(['people', 'drying', 'scrubbing', 'oxygenating'])

export interface Frame {
  readonly t: number
  readonly values: Float64Array
}

/** Where a quantity lies in a frame. The zone does not matter for what the habitat has only one of. */
function placeOf(quantity: Quantity, zone: number): number {
  const own = (ofHabitat as readonly Quantity[]).indexOf(quantity)
  return own >= 0 ? own : ofHabitat.length + zone * ofZone.length + (ofZone as readonly Quantity[]).indexOf(quantity)
}

/** The habitat as it is now. */
export function frameOf({ state, flows, truth }: Habitat): Frame {
  const values = new Float64Array(ofHabitat.length + truth.zones.length * ofZone.length)
  let at = 0
  const put = (value: number) => {
    values[at++] = value
  }
  put(flows.pressure / 100)
  put(flows.difference)
  put(flows.lung * 100)
  put(flows.load)
  put(flows.solar)
  put(flows.grid)
  put(flows.charging)
  put((state.battery / truth.battery) * 100)
  put(Number(state.scrubbing && state.controls.scrubber !== 'failed'))
  put(flows.scrubber)
  put(Number(state.oxygenating))
  put(flows.oxygen)
  put(litresPerMinute(truth, flows.oxygenFlow))
  for (let i = 0; i < truth.zones.length; i++) {
    const moles = total(state, i)
    put(((state.gas.co2[i] as number) / moles) * 1e6)
    put(((state.gas.o2[i] as number) / (moles - (state.gas.h2o[i] as number))) * 100)
    put(state.air[i] as number)
    put(humidity(state, truth, i) * 100)
    put(flows.par[i] as number)
    put(flows.people[i] as number)
    put(Number(state.drying[i]))
    put(flows.drying[i] as number)
  }
  return { t: state.t, values }
}

/** Litres a minute of a gas at the habitat's pressure and 25 °C, from mol/h. */
function litresPerMinute(truth: Truth, molesPerHour: number): number {
  return (molesPerHour * R * 298.15 * 1_000) / (truth.outside * 60)
}

/** A quantity of one frame. */
export function seen(frame: Frame, quantity: Quantity, zone: number): number {
  return frame.values[placeOf(quantity, zone)] as number
}

/** What lies between two frames at a time; outside of them, the nearer one. */
export function between(a: Frame, b: Frame, t: number, quantity: Quantity, zone: number): number {
  const place = placeOf(quantity, zone)
  const from = a.values[place] as number
  if (jumping.has(quantity) || b.t <= a.t) return t >= b.t ? (b.values[place] as number) : from
  const share = Math.min(1, Math.max(0, (t - a.t) / (b.t - a.t)))
  return from + ((b.values[place] as number) - from) * share
}
