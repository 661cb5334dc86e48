/**
 * A habitat like SAM, the Space Analog for the Moon and Mars at Biosphere 2 in Oracle, Arizona: crew quarters of 272 m³
 * and a greenhouse of 480 m³ at 879 hPa, on the mains.
 */
import type { ScenarioForm } from '../../own/form.ts'
import { field, lifeSupport, lines } from './parts.ts'

const air = { pressure: '879 hPa', temperature: '22 °C', humidity: '45 %', co2: '600 ppm' }
const greenhouse = { connect: { air: 'greenhouse' } }

export const sam: ScenarioForm = {
  habtwin: 'scenario',
  id: 'sam_14_days',
  label: 'Like SAM: four people, two weeks',
  description:
    'Crew quarters and a greenhouse behind glass at the pressure of Oracle, Arizona: a few crops, CO2 scrubbers, water recovery, electricity from the mains.',
  start: '2026-03-21',
  duration: '14 d',
  seed: 1,
  connect: { ...lines, light: 'glass', nutrients: 'nutrient_tank' },
  agents: {
    crew: { use: 'person', amount: 4 },
    habitat: { use: 'room', label: 'Crew quarters', air: { ...air, volume: '272 m3' } },
    greenhouse: { use: 'room', label: 'Greenhouse', air: { ...air, volume: '480 m3' } },
    fan: {
      use: 'fan',
      connect: { other_air: 'greenhouse' },
      processes: { blow: { mix: { a: 'air', b: 'other_air', flow: '150 m3/h' } } },
    },
    ...lifeSupport,
    household: { use: 'household', amount: 4 },
    food_store: { use: 'food_store', storage: { ration: '60 kg' } },
    water_tank: { use: 'water_tank', storage: { potable: '600 kg' } },
    co2_scrubber: { use: 'co2_scrubber', amount: 2 },
    greenhouse_dehumidifier: { use: 'dehumidifier', ...greenhouse },
    greenhouse_thermal_control: { use: 'thermal_control', ...greenhouse },
    // the wind outside: so much air that what leaks in and out does not change it
    outdoors: {
      use: 'room',
      label: 'Outdoors',
      capacity: { heat: '0 kWh' },
      storage: { heat: '0 kWh' },
      air: { ...air, volume: '100000 m3', humidity: '20 %', co2: '420 ppm' },
    },
    leak: {
      use: 'fan',
      label: 'Leak',
      connect: { air: 'greenhouse', other_air: 'outdoors' },
      processes: { blow: { mix: { a: 'air', b: 'other_air', flow: '0.5 m3/h' } } },
    },
    glass: { use: 'window', amount: 30, ...greenhouse },
    ...field('lettuce', 5, 2, greenhouse),
    ...field('tomato', 10, 1, greenhouse),
    nutrient_tank: { use: 'nutrient_tank', storage: { nitrate: '10 kg' } },
    mains: { use: 'mains' },
    battery: { use: 'battery', label: 'Switchboard and battery', amount: 60 },
    sun: { use: 'source' },
    grid: { use: 'source' },
  },
  knobs: [
    { label: 'Crew', agent: 'crew', what: 'amount', value: 4, min: 0, max: 8, step: 1, unit: 'people' },
    { label: 'CO2 scrubbers', agent: 'co2_scrubber', what: 'amount', value: 2, min: 0, max: 6, step: 1, unit: '' },
    { label: 'Tomatoes', agent: 'tomato_1', what: 'amount', value: 10, min: 0, max: 60, step: 5, unit: 'm²' },
    {
      label: 'Lettuce, each of two beds',
      agent: 'lettuce_*',
      what: 'amount',
      value: 5,
      min: 0,
      max: 30,
      step: 5,
      unit: 'm²',
    },
    { label: 'Windows', agent: 'glass', what: 'amount', value: 30, min: 0, max: 100, step: 5, unit: 'm²' },
  ],
}
