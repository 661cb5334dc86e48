/** One person for ten days: machines alone, with the oxygen loop as far closed as a Sabatier reactor can. */
import type { ScenarioForm } from '../../own/form.ts'
import { lifeSupport, lines } from './parts.ts'

export const onePerson: ScenarioForm = {
  habtwin: 'scenario',
  id: 'one_person_10_days',
  label: 'One person, ten days',
  description:
    'A small cabin with machines alone: scrubber, oxygen generator, Sabatier reactor, water recovery, a solar array and a battery.',
  duration: '10 d',
  step: '15 min',
  seed: 1,
  connect: lines,
  agents: {
    crew: { use: 'person', amount: 1 },
    habitat: { use: 'room', air: { volume: '60 m3' } },
    ...lifeSupport,
    food_store: { use: 'food_store', storage: { ration: '15 kg' } },
    water_tank: { use: 'water_tank', capacity: { potable: '100 kg' }, storage: { potable: '60 kg' } },
    grey_tank: { use: 'grey_tank', capacity: { grey: '100 kg' } },
    co2_scrubber: { use: 'co2_scrubber' },
    sabatier: { use: 'sabatier' },
    nitrogen_supply: { use: 'nitrogen_supply', storage: { n2: '20 kg' } },
    leak: { use: 'leak' },
    solar_array: { use: 'solar_array', amount: 25 },
    battery: { use: 'battery', amount: 40 },
    sun: { use: 'source' },
  },
  knobs: [
    { label: 'Crew', agent: 'crew', what: 'amount', value: 1, min: 0, max: 4, step: 1, unit: 'people' },
    { label: 'CO2 scrubbers', agent: 'co2_scrubber', what: 'amount', value: 1, min: 0, max: 4, step: 1, unit: '' },
    {
      label: 'Oxygen generators',
      agent: 'oxygen_generator',
      what: 'amount',
      value: 1,
      min: 0,
      max: 2,
      step: 1,
      unit: '',
    },
    { label: 'Solar array', agent: 'solar_array', what: 'amount', value: 25, min: 0, max: 100, step: 5, unit: 'm²' },
    { label: 'Battery', agent: 'battery', what: 'amount', value: 40, min: 5, max: 200, step: 5, unit: 'kWh' },
  ],
}
