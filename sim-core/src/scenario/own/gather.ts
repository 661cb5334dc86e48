/** Who takes part: agents over what they use, with what they can hold. */
import { agents as library } from '../library/agents.ts'
import type { CurrencyData } from '../library/currencies.ts'
import { kmoles } from './air.ts'
import type { Faults } from './faults.ts'
import type { AgentForm } from './form.ts'
import { Merger } from './merge.ts'
import { type Place, Places } from './places.ts'
import { amount, atLeastZero, FigureFault, positive } from './quantity.ts'
import type { Shape } from './shape.ts'

/** A room holds this many times the gas that there would be of one alone. */
const SPARE = 10
/** What a room can hold without saying so. */
const AIR = ['o2', 'co2', 'n2', 'h2o']
/** °C that air and its vapour are reckoned for. */
const [COLDEST, HOTTEST] = [-60, 90]

/** In the place of an agent whose own faults have been told already. */
const standIn = (): Place => ({ form: {}, amount: 1, capacity: {}, volume: 1, temperature: 20, isBroken: true })

/** The agents of a scenario, as far as others need to know them: over what they use, rooms with their air. */
export function placesOf(
  { form, broken }: Shape,
  currencies: ReadonlyMap<string, CurrencyData>,
  faults: Faults,
): Places {
  const known = new Map([...Object.entries(library), ...Object.entries(form.templates ?? {})])
  const merger = new Merger(known, faults)
  const places = Object.entries(form.agents).map(([id, written]) => {
    const path = `agents.${id}`
    const before = faults.list.length
    const whole = merger.whole(written, path)
    const isBroken = broken.has(id) || faults.list.length > before
    return [id, isBroken ? standIn() : placeOf(whole, path, currencies, faults)] as const
  })
  return new Places(currencies, new Map(places), faults, form.connect)
}

function placeOf(form: AgentForm, path: string, currencies: ReadonlyMap<string, CurrencyData>, faults: Faults): Place {
  const { air, amount: many = 1, capacity = {} } = form
  const volume = air && faults.try(`${path}.air.volume`, 1, () => positive(air.volume, 'm3'))
  const temperature = faults.try(`${path}.air.temperature`, 20, () => temperatureOf(air?.temperature ?? '20 °C'))
  if (volume !== undefined && many !== 1) faults.add(`${path}.amount`, 'a room is one: write each room by itself')
  // no prototype: a currency may bear any name
  const holds: Record<string, number> = Object.create(null)
  for (const [currency, text] of Object.entries(capacity)) {
    const unit = currencies.get(currency)?.unit
    const at = `${path}.capacity.${currency}`
    if (unit === undefined) faults.add(at, `there is no currency "${currency}"`)
    else holds[currency] = faults.try(at, 0, () => atLeastZero(text, unit))
  }
  if (volume !== undefined) {
    const most = kmoles(SPARE * 101_325, { volume, temperature })
    for (const gas of AIR) holds[gas] ??= most * (currencies.get(gas)?.matter.molar ?? 0)
  }
  return { form, amount: many, capacity: holds, volume, temperature, isBroken: false }
}

/** @throws FigureFault */
function temperatureOf(text: string): number {
  const value = amount(text, 'Cel')
  if (value < COLDEST || value > HOTTEST) throw new FigureFault(`"${text}" must be from ${COLDEST} to ${HOTTEST} °C`)
  return value
}
