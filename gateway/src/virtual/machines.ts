/** What runs by itself in the virtual habitat: crop under lamps, scrubber, O2 generator, dryer, heating, power. */
import { heatCapacity } from './air.ts'
import { type Flows, humidity, MOLAR, move, R, type State, saturation, total } from './state.ts'
import type { Truth } from './truth.ts'

/** umol/m2/s under full lamps, and W of electricity that a m² of them takes. */
const LAMPS = 500
const LAMP_POWER = 230
/** Wh that electrolysis takes for a mole of O2: 4.96 kWh/kg. */
const ELECTROLYSIS = 158.7
/** J/g */
const LATENT = 2_450

/** CO2 scrubber: on above 1,200 ppm, off below 900. */
export function scrub(state: State, truth: Truth, flows: Flows, hours: number): void {
  const zone = truth.home
  const ppm = ((state.gas.co2[zone] as number) / total(state, zone)) * 1e6
  if (ppm > 1_200) state.scrubbing = true
  if (ppm < 900) state.scrubbing = false
  const works = state.scrubbing && state.controls.scrubber !== 'failed'
  const { flow, efficiency } = truth.scrubber
  if (works && state.controls.scrubber !== 'spent') {
    const share = 1 - Math.exp((-efficiency * flow * hours) / (truth.zones[zone]?.volume ?? 1))
    move(state, 'co2', zone, 'machines', (state.gas.co2[zone] as number) * share)
  }
  flows.scrubber = works ? 120 + flow : 15
  flows.heat[zone] = (flows.heat[zone] as number) + flows.scrubber
}

/** O2 generator: on below 20.70 % of the dry air, off above 20.90. */
export function oxygenate(state: State, truth: Truth, flows: Flows, hours: number): void {
  const zone = truth.home
  const share = (state.gas.o2[zone] as number) / (total(state, zone) - (state.gas.h2o[zone] as number))
  if (share < 0.207) state.oxygenating = true
  if (share > 0.209) state.oxygenating = false
  flows.oxygenFlow = state.oxygenating ? truth.oxygen : 0
  move(state, 'o2', zone, 'machines', -flows.oxygenFlow * hours)
  flows.oxygen = 10 + flows.oxygenFlow * ELECTROLYSIS
  flows.heat[zone] = (flows.heat[zone] as number) + 0.3 * flows.oxygen
}

/** Dryers with a coil at 8 °C: on above 54 % where people live and 66 % among plants, off 8 % lower. */
export function dry(state: State, truth: Truth, flows: Flows, hours: number): void {
  for (let i = 0; i < truth.zones.length; i++) {
    const zone = truth.zones[i]
    if (zone === undefined) continue
    const limit = zone.crop > 0 ? 0.66 : 0.54
    const rh = humidity(state, truth, i)
    if (rh > limit) state.drying[i] = true
    if (rh < limit - 0.08) state.drying[i] = false
    let moles = 0
    if (state.drying[i]) {
      const kelvin = (state.air[i] as number) + 273.15
      const left = (saturation(8) * zone.volume) / (R * kelvin)
      const share = 1 - Math.exp((-0.6 * (500 + 20 * zone.crop) * hours) / zone.volume)
      moles = Math.max(0, (state.gas.h2o[i] as number) - left) * share
      move(state, 'h2o', i, 'machines', moles)
    }
    // the heat of condensation goes out by the coil; its pump takes a third of it
    flows.drying[i] = state.drying[i] ? 60 + (moles * MOLAR.h2o * LATENT) / (hours * 3_600) / 3 : 5
  }
}

/** Lamps from five to nine in the evening with half an hour of dawn, and what the crop does in their light. */
export function grow(state: State, truth: Truth, flows: Flows, hour: number, sun: number, hours: number): number {
  const schedule = Math.min(1, Math.max(0, Math.min(hour - 5, 21 - hour) * 2))
  const lamps = state.controls.lamps === 'auto' ? schedule : 0
  let power = 0
  for (let i = 0; i < truth.zones.length; i++) {
    const crop = truth.zones[i]?.crop ?? 0
    // daylight finds its way in through the airlock's window at least
    const par = crop > 0 ? lamps * LAMPS + sun * 60 : sun * 8
    flows.par[i] = par
    if (crop === 0) continue
    const celsius = state.air[i] as number
    const fraction = (state.gas.co2[i] as number) / total(state, i)
    const top = 26
    // saturating in light (a rectangular hyperbola) and in CO2; umol/m2/s
    const gross = ((top * 0.05 * par) / (0.05 * par + top)) * (fraction / (fraction + 220e-6))
    const net = (gross - 0.09 * top * 2 ** ((celsius - 25) / 10)) * crop * truth.cropFactor
    const moles = net * 1e-6 * 3_600 * hours
    move(state, 'co2', i, 'crop', moles)
    move(state, 'o2', i, 'crop', -1.07 * moles)
    const deficit = Math.max(0, 1 - humidity(state, truth, i)) * saturation(celsius)
    // g/m2/h in a deficit of 1 kPa: 20 in the dark, 140 in full light
    const water = crop * truth.cropFactor * (20 + (120 * par) / LAMPS) * (deficit / 1_000) * hours
    move(state, 'h2o', i, 'crop', -water / MOLAR.h2o)
    const lit = lamps * LAMP_POWER * crop
    power += lit
    flows.heat[i] = (flows.heat[i] as number) + lit - (water * LATENT) / (hours * 3_600)
  }
  return power
}

/** Heats and cools towards 22.5 °C (20 °C at night among plants); returns W of electricity. */
export function condition(
  state: State,
  truth: Truth,
  flows: Flows,
  outside: number,
  hour: number,
  hours: number,
): number {
  const seconds = hours * 3_600
  let power = 0
  for (let i = 0; i < truth.zones.length; i++) {
    const zone = truth.zones[i]
    if (zone === undefined) continue
    const air = state.air[i] as number
    const mass = state.mass[i] as number
    const target = zone.crop > 0 ? (hour > 5 && hour < 21 ? 23 : 20) : 22.5
    const most = 20 * zone.volume + 300 * zone.crop
    const pump = Math.min(most, Math.max(-most, 4 * zone.volume * (target - air)))
    const walls = 0.35 * zone.volume
    const inner = 5 * zone.volume
    const capacity = heatCapacity(truth, i)
    const into = inner * (mass - air)
    state.air[i] = air + (((flows.heat[i] as number) + pump + walls * (outside - air) + into) * seconds) / capacity
    state.mass[i] = mass - (into * seconds) / (25 * capacity)
    power += Math.abs(pump) / 3
  }
  return power
}

/** Sun first, then battery, then the mains; 95 % each way into the battery and out of it. */
export function supply(state: State, truth: Truth, flows: Flows, sun: number, outside: number, hours: number): void {
  const cell = outside + 28 * sun
  const available = truth.solar * sun * (1 - 0.004 * (cell - 25))
  const spare = (available - flows.load) * hours
  const room = (truth.battery - state.battery) / 0.95
  const charge = spare > 0 ? Math.min(spare, room, 0.4 * truth.battery * hours) : 0
  const reserve = Math.max(0, state.battery - 0.1 * truth.battery) * 0.95
  const discharge = spare < 0 ? Math.min(-spare, reserve, 0.4 * truth.battery * hours) : 0
  const grid = spare < 0 ? -spare - discharge : 0
  state.battery += 0.95 * charge - discharge / 0.95
  const { electricity } = state
  electricity.solar += available * hours
  electricity.grid += grid
  electricity.used += flows.load * hours
  electricity.lost += 0.05 * charge + discharge * (1 / 0.95 - 1)
  electricity.unused += Math.max(0, spare - charge)
  flows.solar = available
  flows.grid = grid / hours
  flows.charging = (charge - discharge) / hours
}
