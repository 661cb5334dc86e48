/** What presets have in common. */
import type { AgentForm } from '../../own/form.ts'
import { type CropName, cropData, RAMP } from '../crops.ts'

/** The machines, tanks and stores that any crew needs, connected by their names. */
export const lifeSupport = {
  household: { use: 'household' },
  food_store: { use: 'food_store' },
  water_tank: { use: 'water_tank' },
  grey_tank: { use: 'grey_tank' },
  sewage_tank: { use: 'sewage_tank' },
  waste_store: { use: 'waste_store' },
  gas_tank: { use: 'gas_tank' },
  oxygen_generator: { use: 'oxygen_generator' },
  dehumidifier: { use: 'dehumidifier' },
  urine_processor: { use: 'urine_processor' },
  water_processor: { use: 'water_processor' },
  thermal_control: { use: 'thermal_control' },
  battery: { use: 'battery' },
  outside: { use: 'outside' },
} satisfies Record<string, AgentForm>

export const lines = {
  air: 'habitat',
  food: 'food_store',
  water: 'water_tank',
  grey: 'grey_tank',
  sewage: 'sewage_tank',
  waste: 'waste_store',
  co2_tank: 'gas_tank',
  h2_tank: 'gas_tank',
  power: 'battery',
}

/**
 * A field that is sown in parts, one after the other, so that there is always something to harvest: of the parts, one
 * has just been sown and the others have stood for their share of a life already.
 * @param area of each part, m²
 */
export function field(name: CropName, area: number, parts: number, form: AgentForm = {}): Record<string, AgentForm> {
  const { days, edible, inedible } = cropData[name]
  return Object.fromEntries(
    Array.from({ length: parts }, (_, i) => {
      const age = Math.round((days * i) / parts)
      const grown = (rate: number) => `${((rate * grownDays(age, days) * area) / 1000).toPrecision(4)} kg`
      const storage = { [name]: grown(edible), inedible: grown(inedible) }
      return [`${name}_${i + 1}`, { use: name, amount: area, age: `${age} d`, storage, ...form }]
    }),
  )
}

/** Days of mean growth by an age: growth rises to its height over the first part of life. */
function grownDays(age: number, days: number): number {
  const ramp = RAMP * days
  const height = 1 / (1 - RAMP / 2)
  return height * (age < ramp ? age ** 2 / (2 * ramp) : age - ramp / 2)
}
