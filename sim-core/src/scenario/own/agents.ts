/** From an agent as it was written to one that the engine runs. */
import type { Peril } from '../../engine/closed/process.ts'
import type { Agent } from '../../engine/model.ts'
import { type Air, contents, saturation } from './air.ts'
import type { Faults } from './faults.ts'
import type { AgentForm } from './form.ts'
import type { Place, Places } from './places.ts'
import { processOf } from './processes.ts'
import { amount, atLeastZero, part, positive } from './quantity.ts'
import { Views } from './views.ts'

/** All agents of a scenario. */
export function agentsOf(places: Places, faults: Faults): Agent[] {
  const views = new Views(places, faults)
  const built = [...places.all].map(([id, place]) => agentOf(id, place, places, views, faults))
  // what vents and sources hold is known only now, when every flow has been read
  return built.map((agent) => ({ ...agent, capacity: { ...(places.all.get(agent.id) as Place).capacity } }))
}

function agentOf(id: string, place: Place, places: Places, views: Views, faults: Faults): Agent {
  const { form, volume } = place
  const path = `agents.${id}`
  const lifetime =
    form.lifetime === undefined
      ? undefined
      : faults.try(`${path}.lifetime`, undefined, () => positive(form.lifetime as string, 'h'))
  const built = Object.entries(place.isBroken ? {} : (form.processes ?? {})).map(([name, process]) =>
    processOf(
      process,
      { agent: id, unit: form.unit ?? 'unit', process: name, path: `${path}.processes.${name}` },
      lifetime,
      places,
      views,
      faults,
    ),
  )
  return {
    id,
    label: form.label ?? id,
    class: 'plain',
    group: form.group ?? 'other',
    amount: place.amount,
    delay: form.delay === undefined ? 0 : faults.try(`${path}.delay`, 0, () => atLeastZero(form.delay as string, 'h')),
    properties: {
      ...(volume === undefined ? {} : { volume, temperature: place.temperature }),
      ...(form.unit === undefined ? {} : { unit: form.unit }),
    },
    capacity: place.capacity,
    storage: { ...airOf(form, place, places, path, faults), ...storageOf(form, place, places, path, faults) },
    attributes:
      form.age === undefined ? {} : { age: faults.try(`${path}.age`, 0, () => atLeastZero(form.age as string, 'h')) },
    flows: built.flatMap(({ flows }) => flows),
    thresholds: [],
    closed: {
      processes: built.map(({ process }) => process),
      perils: perilsOf(form, id, views, path, faults),
      remains: remainsOf(form, id, places, path, faults),
      lifetime,
      boundless: form.boundless,
    },
  }
}

function airOf(
  { air }: AgentForm,
  { volume, temperature }: Place,
  places: Places,
  path: string,
  faults: Faults,
): Record<string, number> {
  if (air === undefined || volume === undefined) return {}
  const share = (key: 'humidity' | 'co2' | 'o2', otherwise: string) =>
    faults.try(`${path}.air.${key}`, 0, () => part(air[key] ?? otherwise))
  const whole: Air = {
    volume,
    temperature,
    pressure: faults.try(`${path}.air.pressure`, 101_325, () => positive(air.pressure ?? '1013.25 hPa', 'Pa')),
    humidity: share('humidity', '50 %'),
    co2: share('co2', '420 ppm'),
    o2: share('o2', '20.95 %'),
  }
  if (whole.co2 + whole.o2 > 1) faults.add(`${path}.air`, 'CO2 and O2 are more than all of it')
  if (whole.humidity * saturation(temperature) > whole.pressure)
    faults.add(`${path}.air`, 'there is more vapour than air')
  return contents(whole, (gas) => places.currencies.get(gas)?.matter.molar ?? 0)
}

function storageOf(
  { storage = {} }: AgentForm,
  place: Place,
  places: Places,
  path: string,
  faults: Faults,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(storage).flatMap(([currency, text]) => {
      const at = `${path}.storage.${currency}`
      const capacity = place.capacity[currency]
      const unit = places.currencies.get(currency)?.unit
      if (unit === undefined) faults.add(at, `there is no currency "${currency}"`)
      else if (capacity === undefined) faults.add(at, `it has no capacity for ${currency}`)
      if (unit === undefined || capacity === undefined) return []
      const room = capacity * place.amount
      const value = faults.try(at, 0, () => (text.trim().endsWith('%') ? amount(text, '1') * room : amount(text, unit)))
      if (!(value >= 0 && value <= room * (1 + 1e-9)))
        faults.add(at, `"${text}" is not between nothing and its capacity, ${room} ${unit}`)
      return [[currency, value]]
    }),
  )
}

function perilsOf({ perils = {} }: AgentForm, id: string, views: Views, path: string, faults: Faults): Peril[] {
  return Object.entries(perils).flatMap(([name, { for: hours, ...form }]) => {
    const at = `${path}.perils.${name}`
    const one = views.switch(form, id, at)
    const of = faults.try(`${at}.for`, 0, () => atLeastZero(hours, 'h'))
    const limit = form.above === undefined ? `below ${form.below}` : `above ${form.above}`
    return one === undefined ? [] : [{ name: `${form.of} ${limit}`, switch: one, hours: of }]
  })
}

/** Who takes what the dead held: it must be able to. */
function remainsOf(form: AgentForm, id: string, places: Places, path: string, faults: Faults): string | undefined {
  const isMortal =
    form.perils !== undefined || Object.values(form.processes ?? {}).some(({ vital }) => vital !== undefined)
  const held = Object.keys(places.all.get(id)?.capacity ?? {})
  if (form.remains === undefined) {
    if (isMortal && held.length > 0) faults.add(path, 'can die and holds something: `remains` must say who takes it')
    return undefined
  }
  const to = places.one(form.remains, id, `${path}.remains`)
  if (to !== undefined && !places.is(to, 'vent')) faults.add(`${path}.remains`, `${to} is no vent`)
  for (const currency of held) {
    if (to !== undefined && !places.holds(to, currency)) faults.add(`${path}.remains`, `${to} cannot hold ${currency}`)
  }
  return to
}
