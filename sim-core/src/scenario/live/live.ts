/**
 * The habitat as it stands, as a scenario in our own form: rooms with their air, people, and what moves between them,
 * from the configuration and from what the twin has found out. Of food, water and power it knows nothing: they are as
 * in the preset of SAM, and it is told what was taken for granted.
 *
 *   plan ─┐
 *         ├─► form (complete: it runs without the twin, and gives the same figures at any time), assumptions
 *   figures ─┘
 */
import { dateTime } from '../../report/words.ts'
import type { HabitatPlan, ZonePlan } from '../../twin/ensemble/plan.ts'
import type { Figures } from '../../twin/figures.ts'
import { lifeSupport, lines } from '../library/presets/parts.ts'
import type { AgentForm, ScenarioForm } from '../own/form.ts'
import { airOf, humidityOf, peopleOf, scrubbed, text, volumeOf } from './figures.ts'
import { gardenOf } from './garden.ts'
import { Names } from './names.ts'
import { streamsOf } from './streams.ts'
import { suppliesOf } from './supplies.ts'

/** Which scenario it is, where presets are listed. */
export const LIVE = 'live'

export interface LiveScenario {
  readonly form: ScenarioForm
  /** Sentences. */
  readonly assumptions: readonly string[]
  /** The moment that it begins at, as the crew says it: `Sol 13, 15:24`. */
  readonly when: string
}

type Knobs = NonNullable<ScenarioForm['knobs']>

interface Mission {
  readonly epoch: number
  readonly day: number
}

/** Names that agents have whatever the zones are called. */
const reserved = [
  'air',
  'crew',
  'household',
  'outdoors',
  'sun',
  'grid',
  'mains',
  'nutrient_tank',
  ...Object.keys(lifeSupport),
]
/** Short steps: a minute on from the beginning the air is still what the twin says. */
const STEP = '1 min'
const DURATION = '7 d'
/** What a description may be long. */
const LONGEST = 4_000

export function liveScenario(plan: HabitatPlan, figures: Figures, mission?: Mission): LiveScenario {
  const names = new Names(reserved)
  const rooms = plan.zones.map(({ id }) => names.room(id))
  const { home, people, found } = peopleOf(plan, figures)
  const crew = people.reduce((sum, one) => sum + one, 0)
  const assumptions = [
    `${crew} people, by the CO₂ of a day (${found.toFixed(1)}), and no fewer than the configuration says.`,
  ]
  const agents: Record<string, AgentForm> = {}
  const knobs: Knobs = []
  for (const [i, zone] of plan.zones.entries()) {
    const room = rooms[i] as string
    agents[room] = { use: 'room', label: zone.label, air: airOf(zone, figures, plan) }
    if (zone.volume === undefined) assumptions.push(`The volume of ${zone.label} is not told: ${volumeOf(zone)} m³.`)
    const amount = people[i] as number
    if (i !== home && amount === 0) continue
    const id = i === home ? 'crew' : names.of(`crew_${room}`)
    const label = i === home ? 'Crew' : `Crew, ${zone.label}`
    agents[id] = { use: 'person', label, amount, connect: { air: room } }
    knobs.push({ ...whole(label, id, amount, Math.max(8, 2 * amount)), unit: 'people' })
  }
  const gardens = plan.zones.map((zone, i) => gardenOf(zone, rooms[i] as string, names))
  const streams = streamsOf(plan, figures, rooms, names)
  const supplies = suppliesOf(crew, gardens)
  Object.assign(agents, supplies.agents)
  for (const [i, zone] of plan.zones.entries()) {
    const around = { plan, figures, names, knobs, water: gardens[i]?.water ?? 0, isHome: i === home }
    Object.assign(agents, machinesOf(zone, rooms[i] as string, around))
  }
  if (plan.zones.every(({ scrubber }) => scrubber === undefined))
    assumptions.push('No CO₂ scrubber is told of: there is none.')
  assumptions.push(
    'Each room has a condenser that keeps the humidity of now, and thermal control; temperatures stay as they are.',
  )
  const oxygen = plan.zones.findIndex((zone) => zone.oxygen !== undefined)
  if (oxygen !== -1) agents.oxygen_generator = { ...agents.oxygen_generator, connect: { air: rooms[oxygen] as string } }
  Object.assign(agents, streams.agents, ...gardens.map((garden) => garden.agents))
  for (const garden of gardens) knobs.push(...garden.knobs)
  knobs.push(...streams.knobs)
  for (const one of [streams, supplies, ...gardens]) assumptions.push(...one.assumptions)
  const { when, start } = momentOf(figures.t, plan.timezone, mission)
  const form: ScenarioForm = {
    habtwin: 'scenario',
    id: LIVE,
    label: `The habitat as it stood, ${when}`,
    description: described(when, assumptions),
    start,
    duration: DURATION,
    step: STEP,
    seed: 1,
    connect: { ...lines, air: rooms[home] as string, nutrients: 'nutrient_tank' },
    agents,
    knobs: knobs.slice(0, 50),
  }
  return { form, assumptions, when }
}

interface Surroundings {
  readonly plan: HabitatPlan
  readonly figures: Figures
  readonly names: Names
  readonly knobs: Knobs
  /** kg/d that plants of the zone give off. */
  readonly water: number
  readonly isHome: boolean
}

/** What a room has of its own: condenser, thermal control and, where it is told of, a scrubber. */
function machinesOf(zone: ZonePlan, room: string, around: Surroundings): Record<string, AgentForm> {
  const { plan, figures, names, knobs, water, isHome } = around
  const connect = { air: room }
  const humidity = text(Math.min(95, Math.max(10, humidityOf(zone, figures))), '%')
  const name = (id: string) => (isHome ? id : names.of(`${id}_${room}`))
  const made: Record<string, AgentForm> = {
    [name('dehumidifier')]: {
      use: 'dehumidifier',
      label: `Condenser, ${zone.label}`,
      amount: Math.max(1, Math.ceil(water / 60)),
      connect,
      processes: { condense: { keep: { of: 'humidity', in: 'air', at: humidity } } },
    },
    [name('thermal_control')]: { use: 'thermal_control', label: `Thermal control, ${zone.label}`, connect },
  }
  if (zone.scrubber === undefined) return made
  const { flow, on, off } = zone.scrubber
  const efficiency = figures.parameters.find(({ id }) => id === `scrubber/${zone.id}`)?.mean ?? 0.65
  const takes = scrubbed(flow * Math.max(0, efficiency), zone, figures, plan)
  const id = names.of(isHome ? 'co2_scrubber' : `co2_scrubber_${room}`)
  const label = `CO₂ scrubber, ${zone.label}`
  made[id] = {
    use: 'co2_scrubber',
    label,
    // one that takes nothing is one that does not run
    amount: takes > 1e-6 ? 1 : 0,
    connect,
    processes: {
      scrub: {
        when: [{ of: 'co2', in: 'air', above: text(on, 'ppm'), until: text(Math.min(on, off), 'ppm') }],
        in: takes > 1e-6 ? { co2: `${text(takes, 'kg')}/d from air` } : {},
      },
    },
  }
  knobs.push(whole(label, id, takes > 1e-6 ? 1 : 0, 4))
  return made
}

/** Something of which there are whole ones. */
function whole(label: string, agent: string, value: number, max: number): Knobs[number] {
  return { label, agent, what: 'amount', value, min: 0, max, step: 1, unit: '' }
}

/** A moment as the crew says it, and as a scenario writes it. */
function momentOf(t: number, timezone: string, mission: Mission | undefined): { when: string; start: string } {
  const local = dateTime(t, timezone)
  const day = mission && Math.floor((t - mission.epoch) / mission.day)
  const [date = '', time = ''] = local.split(' ')
  const named = day === undefined ? date : day < 0 ? `T−${-day} d` : `Sol ${day + 1}`
  return { when: `${named}, ${time}`, start: `${date}T${time}` }
}

function described(when: string, assumptions: readonly string[]): string {
  const begin = `Air, people, scrubbers, leak and exchange as the twin estimates them, ${when}. Taken for granted:`
  const whole = [begin, ...assumptions].join(' ')
  return whole.length <= LONGEST ? whole : `${whole.slice(0, LONGEST - 1)}…`
}
