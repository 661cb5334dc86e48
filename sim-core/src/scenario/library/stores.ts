/** Rooms, tanks and stores, and what has no bounds. Sizes are for scenarios to set. */
import type { AgentForm } from '../own/form.ts'

export const stores = {
  room: {
    label: 'Room',
    description: 'Air, and the heat that walls and water around it hold.',
    sources: ['40 kWh between too cold and too warm: assumed.'],
    group: 'air',
    capacity: { heat: '40 kWh' },
    storage: { heat: '50 %' },
    air: { volume: '100 m3', pressure: '1013.25 hPa', temperature: '21 °C', humidity: '50 %', co2: '800 ppm' },
  },
  water_tank: {
    label: 'Drinking water',
    group: 'stores',
    capacity: { potable: '1000 kg' },
    storage: { potable: '50 %' },
  },
  grey_tank: { label: 'Grey water', group: 'stores', capacity: { grey: '1000 kg' } },
  sewage_tank: { label: 'Sewage', group: 'stores', capacity: { urine: '500 kg', urine_solids: '50 kg' } },
  waste_store: {
    label: 'Waste',
    group: 'stores',
    capacity: {
      feces: '500 kg',
      feces_water: '1000 kg',
      sweat_solids: '500 kg',
      urine_solids: '500 kg',
      inedible: '2000 kg',
    },
  },
  nutrient_tank: { label: 'Nutrients', group: 'stores', capacity: { nitrate: '500 kg' }, storage: { nitrate: '20 %' } },
  food_store: {
    label: 'Food',
    group: 'stores',
    capacity: {
      ration: '1000 kg',
      wheat: '1000 kg',
      rice: '1000 kg',
      sweet_potato: '1000 kg',
      white_potato: '1000 kg',
      tomato: '1000 kg',
      lettuce: '1000 kg',
    },
  },
  gas_tank: { label: 'Gas', group: 'stores', capacity: { co2: '100 kg', h2: '10 kg' } },
  outside: {
    label: 'Outside',
    description: 'Takes all that is vented, leaked and radiated. What it holds is what has gone there so far.',
    group: 'outside',
    boundless: 'vent',
  },
  source: {
    label: 'Source',
    description: 'Gives whatever is asked for. What it holds is what it has given so far.',
    group: 'outside',
    boundless: 'source',
  },
} satisfies Record<string, AgentForm>
