/**
 * Stores and machines of which nobody told the twin: those of the preset of SAM, as many as so many people and plants
 * need. Figures by person and day are those of the library.
 */
import { lifeSupport } from '../library/presets/parts.ts'
import type { AgentForm } from '../own/form.ts'
import { text } from './figures.ts'
import type { Garden } from './garden.ts'

/** SAM's stores of food and water for four people, by person: kg. */
const FOOD = 15
const WATER = 150
/** Days of water that plants may take before it comes back. */
const AHEAD = 3
/** What one machine of the library does in a day, kg, and with some to spare what a person needs of it. */
const GENERATES = { does: 5.4, person: 1 }
const DISTILS = { does: 9, person: 2.2 }
const FILTERS = { does: 100, person: 14 }
/** kW: mains and switchboard of the preset, and of a household. */
const [MAINS, HOUSEHOLD] = [50, 0.4]

export interface Supplies {
  readonly agents: Record<string, AgentForm>
  readonly assumptions: string[]
}

export function suppliesOf(crew: number, gardens: readonly Garden[]): Supplies {
  const sum = (of: (garden: Garden) => number) => gardens.reduce((all, garden) => all + of(garden), 0)
  const [area, water, lit] = [
    sum((garden) => garden.area),
    sum((garden) => garden.water),
    sum((garden) => garden.power),
  ]
  const people = Math.max(1, crew)
  const food = FOOD * people
  const potable = WATER * people + AHEAD * water
  const nitrate = Math.max(10, area / 2)
  const many = ({ does, person }: typeof FILTERS, more = 0) => Math.max(1, Math.ceil((person * people + more) / does))
  const generators = many(GENERATES)
  // pumps, fans, heating and scrubbers are a few kW each
  const power = Math.ceil((lit + HOUSEHOLD * people + 2 * generators + 10) / MAINS)
  const agents: Record<string, AgentForm> = {
    ...lifeSupport,
    household: { use: 'household', amount: crew },
    food_store: {
      use: 'food_store',
      capacity: { ration: atLeast(1_000, food) },
      storage: { ration: text(food, 'kg') },
    },
    water_tank: {
      use: 'water_tank',
      capacity: { potable: atLeast(1_000, 2 * potable) },
      storage: { potable: text(potable, 'kg') },
    },
    grey_tank: { use: 'grey_tank', capacity: { grey: atLeast(1_000, 2 * water) } },
    oxygen_generator: { use: 'oxygen_generator', amount: generators },
    urine_processor: { use: 'urine_processor', amount: many(DISTILS) },
    water_processor: { use: 'water_processor', amount: many(FILTERS, 1.2 * water) },
    nutrient_tank: {
      use: 'nutrient_tank',
      capacity: { nitrate: atLeast(500, nitrate) },
      storage: { nitrate: text(nitrate, 'kg') },
    },
    mains: { use: 'mains', amount: power },
    battery: { use: 'battery', label: 'Switchboard and battery', amount: 60 * power },
    sun: { use: 'source' },
    grid: { use: 'source' },
  }
  const stores = `${food} kg of food, ${Math.round(potable)} kg of water`
  return {
    agents,
    assumptions: [
      `Stores and machines as in the preset like SAM, for so many: ${stores}; electricity from the mains; oxygen and drinking water are made.`,
    ],
  }
}

function atLeast(least: number, kg: number): string {
  return text(Math.max(least, kg), 'kg')
}
