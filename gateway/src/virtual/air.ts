/**
 * Air that moves: between zones, into and out of the lung, through leaks, blower and relief valve.
 *
 *   outside ◄─leak, relief─ zone ◄═fan, door═► home ◄─► lung
 *           ─────blower──────────────────────►
 */
import { type Flows, move, OUTDOOR, R, type Species, type State, saturation, species, total } from './state.ts'
import type { Truth } from './truth.ts'

/** Overpressure, Pa, that the weight of the lung gives when it is empty, and what it gains until it is full. */
const LUNG_LOW = 40
const LUNG_GAIN = 80
/** Leaks are drawn at this overpressure, Pa. */
const NOMINAL = 80
/** The hole that somebody opens, m³/h at the nominal overpressure. */
const HOLE = 120
/** How many times more a habitat leaks whose seals have worn. */
const WORN = 10
/** m³/h of the blower that lifts a fallen lung, and Pa at which the relief valve opens. */
const BLOWER = 30
const RELIEF = 150
/** m³/h through an open door. */
const DOOR = 1_500

/** Finds the pressure at which all gas has its place, and how far the lung is up. */
export function balance(state: State, truth: Truth, flows: Flows, weather: number): void {
  const outside = truth.outside + weather
  let energy = 0
  let volume = 0
  for (let i = 0; i < truth.zones.length; i++) {
    energy += total(state, i) * R * ((state.air[i] as number) + 273.15)
    volume += truth.zones[i]?.volume ?? 0
  }
  // the overpressure depends a little on the lung's level, and the level on the pressure: three rounds settle it
  let lung = flows.lung
  for (let round = 0; round < 3; round++) {
    const pressure = outside + LUNG_LOW + LUNG_GAIN * lung
    lung = Math.min(1, Math.max(0, (energy / pressure - volume) / truth.lung))
  }
  flows.lung = lung
  const space = volume + lung * truth.lung
  flows.pressure = lung > 0 && lung < 1 ? outside + LUNG_LOW + LUNG_GAIN * lung : energy / space
  flows.difference = flows.pressure - outside
}

/** Mixes neighbouring zones by fan and door, then lets the air flow that evens their pressures out. */
export function mix(state: State, truth: Truth, flows: Flows, door: boolean, hours: number): void {
  const flow = truth.exchange + (door ? DOOR : 0)
  for (let i = 0; i + 1 < truth.zones.length; i++) exchange(state, truth, i, i + 1, flow * hours)
  // towards home, the farthest zones first; what is too much there goes into the lung
  for (let i = 0; i < truth.home; i++) level(state, truth, flows, i, i + 1)
  for (let i = truth.zones.length - 1; i > truth.home; i--) level(state, truth, flows, i, i - 1)
}

/** Leaks, blower and relief valve. */
export function breathe(
  state: State,
  truth: Truth,
  flows: Flows,
  weather: number,
  celsius: number,
  hours: number,
): void {
  const { difference } = flows
  const leak = truth.leak * (state.controls.leak === 'worn' ? WORN : 1)
  const size = Math.sign(difference) * (Math.abs(difference) / NOMINAL) ** 0.65 * hours
  let everything = 0
  for (const zone of truth.zones) everything += zone.volume
  for (let i = 0; i < truth.zones.length; i++) {
    const share = (truth.zones[i]?.volume ?? 0) / everything
    const hole = i === truth.home && state.controls.leak === 'open' ? HOLE : 0
    pass(state, truth, flows, i, (leak * share + hole) * size, weather, celsius)
  }
  if (flows.lung < 0.25) state.blowing = true
  if (flows.lung > 0.6) state.blowing = false
  if (state.blowing) pass(state, truth, flows, truth.home, -BLOWER * hours, weather, celsius)
  if (difference > RELIEF) pass(state, truth, flows, truth.home, BLOWER * hours, weather, celsius)
}

/** Lets volume out of a zone, or outside air in (negative), m³. */
function pass(
  state: State,
  truth: Truth,
  flows: Flows,
  zone: number,
  volume: number,
  weather: number,
  celsius: number,
): void {
  const outward = volume > 0
  const kelvin = 273.15 + (outward ? (state.air[zone] as number) : celsius)
  const moles = ((outward ? flows.pressure : truth.outside + weather) * volume) / (R * kelvin)
  if (outward) {
    const all = total(state, zone)
    for (const gas of species) move(state, gas, zone, 'outside', (moles * (state.gas[gas][zone] as number)) / all)
    return
  }
  // a dry place: 30 % outside
  const vapour = (saturation(celsius) * 0.3) / truth.outside
  move(state, 'h2o', zone, 'outside', moles * vapour)
  for (const gas of ['co2', 'o2', 'n2'] as const) move(state, gas, zone, 'outside', moles * (1 - vapour) * OUTDOOR[gas])
}

/** Swaps volume (m³) between two zones; what one loses the other gets. */
function exchange(state: State, truth: Truth, a: number, b: number, volume: number): void {
  const shareA = volume / (truth.zones[a]?.volume ?? 1)
  const shareB = volume / (truth.zones[b]?.volume ?? 1)
  for (const gas of species) {
    const zones = state.gas[gas]
    transfer(zones, a, b, (zones[a] as number) * shareA - (zones[b] as number) * shareB)
  }
  // 29 J/K a mole of air
  const warmth = ((truth.outside * volume) / (R * 295)) * 29.2 * ((state.air[a] as number) - (state.air[b] as number))
  state.air[a] = (state.air[a] as number) - warmth / heatCapacity(truth, a)
  state.air[b] = (state.air[b] as number) + warmth / heatCapacity(truth, b)
}

/** Moves to the neighbour what is more than the zone holds at the common pressure, or takes what is less. */
function level(state: State, truth: Truth, flows: Flows, zone: number, neighbour: number): void {
  const kelvin = (state.air[zone] as number) + 273.15
  const excess = total(state, zone) - (flows.pressure * (truth.zones[zone]?.volume ?? 0)) / (R * kelvin)
  const source = excess > 0 ? zone : neighbour
  const share = excess / total(state, source)
  for (const gas of species) transfer(state.gas[gas], zone, neighbour, (state.gas[gas][source] as number) * share)
}

function transfer(zones: State['gas'][Species], from: number, to: number, moles: number): void {
  zones[from] = (zones[from] as number) - moles
  zones[to] = (zones[to] as number) + moles
}

/** J/K of the air of a zone. */
export function heatCapacity(truth: Truth, zone: number): number {
  return ((truth.outside * (truth.zones[zone]?.volume ?? 1)) / (R * 295)) * 29.2
}
