/** Air that goes between zones, and to and from the outside, by the flows that the twin has found out. */

import type { HabitatPlan } from '../../twin/ensemble/plan.ts'
import type { Figures } from '../../twin/figures.ts'
import { OUTDOOR } from '../../twin/models/air.ts'
import { saturation } from '../own/air.ts'
import type { AgentForm, ScenarioForm } from '../own/form.ts'
import { parameter, pressureOf, temperatureOf, text, volumeOf } from './figures.ts'
import type { Names } from './names.ts'

export interface Streams {
  readonly agents: Record<string, AgentForm>
  readonly knobs: NonNullable<ScenarioForm['knobs']>
  readonly assumptions: string[]
}

/** m³: so much air that what leaks in and out does not change it. */
const OUTDOORS = 1e6
/** Outside, as the twin supposes it where nobody measures it: relative humidity, at °C. */
const [HUMIDITY, CELSIUS] = [0.4, 20]

/** @param rooms the agents of the zones */
export function streamsOf(plan: HabitatPlan, figures: Figures, rooms: readonly string[], names: Names): Streams {
  const agents: Record<string, AgentForm> = {}
  const roomOf = (zone: string) => rooms[plan.zones.findIndex(({ id }) => id === zone)]
  for (const { id, label, mean } of figures.parameters) {
    const [kind, ...ends] = id.split('/')
    const [a, b] = ends.map(roomOf)
    if (kind !== 'exchange' || a === undefined || b === undefined) continue
    agents[names.of('fan')] = blowing(label, a, b, mean)
  }
  const leaks = leaksOf(plan, figures)
  const knobs = leaks.map(({ zone, label, flow }) => {
    const id = names.of('leak')
    agents[id] = blowing(label, rooms[zone] as string, 'outdoors', flow)
    return { label: `${label}, times`, agent: id, what: 'amount', value: 1, min: 0, max: 20, step: 1, unit: '' }
  })
  const assumptions: string[] = []
  if (leaks.length > 0) {
    agents.outdoors = outdoorsOf(plan, figures)
    if (plan.zones.some(({ lung }) => lung !== undefined))
      assumptions.push('What leaks out is made up for by as much outside air; a lung has no part in it.')
  }
  return { agents, knobs, assumptions }
}

function blowing(label: string, air: string, other: string, flow: number): AgentForm {
  const mix = { a: 'air', b: 'other_air', flow: text(Math.max(0, flow), 'm3/h') }
  return { use: 'fan', label, connect: { air, other_air: other }, processes: { blow: { mix } } }
}

/** Of a sealed habitat the one leak, in parts as large as the zones are; of rooms the outside air of each. */
function leaksOf(plan: HabitatPlan, figures: Figures): { zone: number; label: string; flow: number }[] {
  const leak = parameter(figures, 'leak')
  const all = plan.zones.reduce((sum, zone) => sum + volumeOf(zone), 0)
  return plan.zones.flatMap((one, zone) => {
    const flow = leak === undefined ? parameter(figures, `ventilation/${one.id}`) : (leak * volumeOf(one)) / all
    const label = leak === undefined ? `Outside air into ${one.label}` : `Leak, ${one.label}`
    return flow === undefined ? [] : [{ zone, label, flow }]
  })
}

/** As warm and at the pressure of the rooms, so that an exchange of so many m³ leaves the pressure as it is. */
function outdoorsOf(plan: HabitatPlan, figures: Figures): AgentForm {
  const mean = (of: (zone: HabitatPlan['zones'][number]) => number) =>
    plan.zones.reduce((sum, zone) => sum + of(zone), 0) / plan.zones.length
  const temperature = mean((zone) => temperatureOf(zone, figures))
  const pressure = mean((zone) => pressureOf(zone, figures, plan))
  const vapour = HUMIDITY * saturation(CELSIUS)
  return {
    use: 'room',
    label: 'Outdoors',
    capacity: { heat: '0 kWh' },
    storage: { heat: '0 kWh' },
    air: {
      volume: text(OUTDOORS, 'm3'),
      temperature: text(temperature, 'Cel'),
      pressure: text(pressure, 'hPa'),
      humidity: text(Math.min(100, (100 * vapour) / saturation(temperature)), '%'),
      co2: text(OUTDOOR.co2 * 1e6, 'ppm'),
      o2: text(OUTDOOR.o2 * 100, '%'),
    },
  }
}
