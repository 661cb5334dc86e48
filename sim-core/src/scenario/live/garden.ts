/** Plants of a zone and their light, with what the twin does not know of them: how old they are, and what feeds them. */
import type { ZonePlan } from '../../twin/ensemble/plan.ts'
import { type CropName, cropData } from '../library/crops.ts'
import { field } from '../library/presets/parts.ts'
import type { AgentForm, ScenarioForm } from '../own/form.ts'
import { text } from './figures.ts'
import type { Names } from './names.ts'

type Knobs = NonNullable<ScenarioForm['knobs']>

export interface Garden {
  readonly agents: Record<string, AgentForm>
  readonly knobs: Knobs
  /** m² of crops that the library has. */
  readonly area: number
  /** kg/d that they take up, when grown. */
  readonly water: number
  /** kW at the height of the day. */
  readonly power: number
  readonly assumptions: string[]
}

/** Sown one after the other, so that some are young and some nearly ripe. */
const BEDS = 2
/** mol/kWh of the library's lamps. */
const LAMP = 9
/** m² of glass for each m² of plants, as in the preset of SAM. */
const GLASS = 1.5
/** What people call crops beside the library's names. */
const otherwise: Readonly<Record<string, CropName>> = {
  potato: 'white_potato',
  potatoes: 'white_potato',
  tomatoes: 'tomato',
  sweet_potatoes: 'sweet_potato',
}

function cropOf(name: string): CropName | undefined {
  const plain = name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_')
  return Object.hasOwn(cropData, plain) ? (plain as CropName) : otherwise[plain]
}

/** @param room the zone's agent */
export function gardenOf(zone: ZonePlan, room: string, names: Names): Garden {
  const agents: Record<string, AgentForm> = {}
  const assumptions: string[] = []
  const knobs: Knobs = []
  const told = Object.entries(zone.plants ?? {}).filter(([, m2]) => m2 > 0)
  const planted = told.reduce((sum, [, m2]) => sum + m2, 0)
  if (planted === 0) return { agents, knobs, area: 0, water: 0, power: 0, assumptions }
  const light = names.of(zone.lamps === undefined ? `glass_${room}` : `lamps_${room}`)
  let [area, water] = [0, 0]
  for (const [name, m2] of told) {
    const crop = cropOf(name)
    if (crop === undefined) {
      assumptions.push(`The library has no ${name}: the ${m2} m² in ${zone.label} are left out.`)
      continue
    }
    const { label } = cropData[crop]
    for (const [i, form] of Object.values(field(crop, m2 / BEDS, BEDS)).entries()) {
      const id = names.of(`${crop}_${i + 1}`)
      const where = `${label}, ${zone.label}, bed ${i + 1}`
      agents[id] = { ...form, label: where, connect: { air: room, light } }
      knobs.push({ label: where, agent: id, what: 'amount', value: m2 / BEDS, ...upTo(m2 / BEDS), unit: 'm²' })
    }
    area += m2
    water += cropData[crop].water * m2
  }
  if (area > 0)
    assumptions.push(`How old the plants in ${zone.label} are is not told: half are young, half half-grown.`)
  const { form, power } = zone.lamps === undefined ? glass(planted) : lamps(zone.lamps, planted)
  agents[light] = { ...form, label: `${zone.lamps ? 'Lamps' : 'Windows'} of ${zone.label}`, connect: { air: room } }
  if (zone.lamps === undefined)
    assumptions.push(
      `No lamps are told of in ${zone.label}: sunlight, through ${GLASS} m² of glass for each m² planted.`,
    )
  return { agents, knobs, area, water, power, assumptions }
}

function glass(area: number): { form: AgentForm; power: number } {
  return { form: { use: 'window', amount: GLASS * area }, power: 0 }
}

/** Lamps that give all planted area its light in the hours that are told. */
function lamps({ from, to, par }: NonNullable<ZonePlan['lamps']>, area: number): { form: AgentForm; power: number } {
  const hours = to > from ? to - from : to - from + 24
  const mol = (par * area * 3_600 * hours) / 1e6
  const mean = mol / (LAMP * 24)
  const daily = Array.from({ length: 24 }, (_, hour) => shining(hour, from, hours))
  const form: AgentForm = {
    use: 'lamp',
    amount: Number(mean.toPrecision(6)),
    // what a lamp gives in an hour must have a place, however short its day
    capacity: { par: text((LAMP * 24 * 2) / hours, 'mol') },
    processes: { shine: { daily } },
  }
  return { form, power: (mean * 24) / hours }
}

/** Share of an hour of the day in which the lamps shine. */
function shining(hour: number, from: number, hours: number): number {
  const overlap = (begin: number) => Math.max(0, Math.min(hour + 1, begin + hours) - Math.max(hour, begin))
  return Math.min(1, overlap(from) + overlap(from - 24))
}

/** The ends of a slider, and its step, for something of which there is so much. */
function upTo(value: number): { min: number; max: number; step: number } {
  const step = value >= 40 ? 5 : value >= 4 ? 1 : 0.5
  return { min: 0, max: Math.max(10, Math.ceil(4 * value)), step }
}
