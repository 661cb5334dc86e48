/**
 * Machines of life support. Throughputs and energies that bear no table are of the size of the machines aboard the
 * International Space Station, from the literature, unconfirmed; what follows from chemistry is exact.
 */
import type { AgentForm, FlowForm, ProcessForm } from '../own/form.ts'

/** Burns a kind of waste to CO2, vapour and nitrate. */
const burn = (currency: string, rate: string, from: string): ProcessForm => ({
  by: currency,
  in: { [currency]: `${rate} from ${from}`, o2: 'balance from air', kwh: '0.5 kWh/kg from power' },
  out: {
    co2: 'balance to air',
    h2o: 'balance to air',
    nitrate: 'balance to nutrients else outside',
    heat: 'balance to air else outside',
  },
})

const warm: FlowForm = 'balance to air else outside'

export const machines = {
  co2_scrubber: {
    label: 'CO2 scrubber',
    description: 'A regenerative sorbent bed: takes CO2 in proportion to what is there, and switches on and off.',
    sources: [
      'Uptake = efficiency × air flow × concentration; here 0.65 × 100 m³/h, which is 2.86 kg/d at 1,000 ppm and 1,013 hPa. Assumed.',
      'On at 1,200 ppm, off at 900: usual for houses on Earth. 3.5 kWh/kg: from the literature, unconfirmed.',
    ],
    group: 'machines',
    processes: {
      scrub: {
        by: 'co2',
        when: [{ of: 'co2', in: 'air', above: '1200 ppm', until: '900 ppm' }],
        follows: [{ of: 'co2', in: 'air', full: '1000 ppm' }],
        in: { co2: '2.86 kg/d from air', kwh: '3.5 kWh/kg from power' },
        out: { co2: 'balance to co2_tank else outside', heat: warm },
      },
    },
  },
  co2_valve: {
    label: 'CO2 valve',
    description: 'Gives CO2 from the tank to the crops.',
    sources: ['2 kg/h: assumed.'],
    group: 'machines',
    processes: {
      give: {
        keep: { of: 'co2', in: 'air', at: '1000 ppm' },
        in: { co2: '2 kg/h from co2_tank' },
        out: { co2: 'balance to air' },
      },
    },
  },
  oxygen_generator: {
    label: 'Oxygen generator',
    description: 'Electrolysis of water.',
    sources: [
      'BVAD and chemistry: 1.126 kg of water for a kg of O2, at least 4.96 kWh. 6.3 kWh/kg and 5.4 kg/d: from the literature, unconfirmed.',
    ],
    group: 'machines',
    processes: {
      electrolyse: {
        by: 'o2',
        keep: { of: 'o2', in: 'air', at: '20.7 %' },
        in: {
          potable: { flow: 'balance from water', near: '1.126 kg/kg', within: '0.1 %' },
          kwh: '6.3 kWh/kg from power',
        },
        out: { o2: '5.4 kg/d to air', h2: 'balance to h2_tank else outside', heat: warm },
      },
    },
  },
  sabatier: {
    label: 'Sabatier reactor',
    description: 'CO2 + 4 H2 → CH4 + 2 H2O. The methane goes overboard.',
    sources: ['Chemistry. 4.2 kg/d and 0.2 kWh/kg: assumed.'],
    group: 'machines',
    processes: {
      reduce: {
        by: 'co2',
        in: { co2: '4.2 kg/d from co2_tank', h2: 'balance from h2_tank', kwh: '0.2 kWh/kg from power' },
        out: { ch4: 'balance to outside', grey: 'balance to grey else outside', heat: warm },
      },
    },
  },
  oxygen_store: {
    label: 'Oxygen store',
    description: 'Takes oxygen out of the air where crops make too much of it, and gives it back.',
    sources: ['1 kWh/kg for concentrating and compressing, 1 kg/h: assumed.'],
    group: 'machines',
    capacity: { o2: '500 kg' },
    processes: {
      take: {
        by: 'o2',
        keep: { of: 'o2', in: 'air', at: '21 %' },
        in: { o2: '1 kg/h from air', kwh: '1 kWh/kg from power' },
        out: { o2: 'balance to self', heat: warm },
      },
      give: {
        keep: { of: 'o2', in: 'air', at: '20.6 %' },
        in: { o2: '1 kg/h from self' },
        out: { o2: 'balance to air' },
      },
    },
  },
  nitrogen_supply: {
    label: 'Nitrogen supply',
    description: 'A bottle that makes up for what leaks.',
    sources: ['1 kg/h: assumed.'],
    group: 'machines',
    capacity: { n2: '100 kg' },
    storage: { n2: '100 %' },
    processes: {
      give: {
        keep: { of: 'pressure', in: 'air', at: '1013 hPa' },
        in: { n2: '1 kg/h from self' },
        out: { n2: 'balance to air' },
      },
    },
  },
  dehumidifier: {
    label: 'Condensing heat exchanger',
    description: 'Takes what vapour there is above half of saturation.',
    sources: ['0.05 kWh/kg for fans and pumps; the cold comes from the radiators. Assumed.'],
    group: 'machines',
    processes: {
      condense: {
        by: 'h2o',
        keep: { of: 'humidity', in: 'air', at: '50 %' },
        in: { h2o: '5 kg/h from air', kwh: '0.05 kWh/kg from power' },
        out: { grey: 'balance to grey else outside', heat: warm },
      },
    },
  },
  urine_processor: {
    label: 'Urine processor',
    description: 'Vapour compression distillation; the brine is dried by cabin air.',
    sources: [
      '85 % of the water: what the Urine Processor Assembly of the ISS was designed for (NASA, 2021), where cabin air dries the brine as well. 9 kg/d, 0.1 kWh/kg: unconfirmed.',
    ],
    group: 'machines',
    capacity: { brine: '10 kg' },
    processes: {
      distil: {
        by: 'urine',
        in: { urine: '9 kg/d from sewage', kwh: '0.1 kWh/kg from power' },
        out: { grey: '0.85 kg/kg to grey else outside', brine: 'balance to self else outside', heat: warm },
      },
      settle: { in: { urine_solids: '1 kg/d from sewage' }, out: { urine_solids: 'balance to waste else outside' } },
      dry: { by: 'brine', in: { brine: '2 kg/d from self', heat: 'balance from air' }, out: { h2o: 'balance to air' } },
    },
  },
  water_processor: {
    label: 'Water processor',
    description: 'Filters and catalytic oxidation: grey water becomes drinking water.',
    sources: ['0.03 kWh/kg, 100 kg/d: assumed. What filters hold back is not in the books.'],
    group: 'machines',
    processes: {
      filter: {
        by: 'grey',
        in: { grey: '100 kg/d from grey', kwh: '0.03 kWh/kg from power' },
        out: { potable: 'balance to water', heat: warm },
      },
    },
  },
  oxidiser: {
    label: 'Waste oxidiser',
    description: 'Burns what people and crops leave, and gives CO2, water and nitrate back.',
    sources: [
      'Chemistry. Rates and 0.5 kWh/kg: assumed. Nitrogen is reckoned to end as nitrate, as after nitrification.',
    ],
    group: 'machines',
    processes: {
      straw: burn('inedible', '4 kg/d', 'waste'),
      faeces: burn('feces', '0.5 kg/d', 'waste'),
      urine: burn('urine_solids', '0.5 kg/d', 'waste'),
      sweat: burn('sweat_solids', '0.5 kg/d', 'waste'),
      dry: {
        by: 'feces_water',
        in: { feces_water: '2 kg/d from waste', heat: 'balance from air' },
        out: { h2o: 'balance to air' },
      },
    },
  },
  thermal_control: {
    label: 'Thermal control',
    description: 'Carries heat to the radiators when there is too much of it, heats when there is too little.',
    sources: ['0.02 kWh of pumping for each kWh, 30 kW: assumed.'],
    group: 'machines',
    processes: {
      cool: {
        by: 'heat',
        keep: { of: 'heat', in: 'air', at: '60 %' },
        in: { heat: '30 kW from air', kwh: '0.02 kWh/kWh from power' },
        out: { heat: 'balance to outside' },
      },
      warm: {
        keep: { of: 'heat', in: 'air', at: '40 %' },
        in: { kwh: '10 kW from power' },
        out: { heat: 'balance to air' },
      },
    },
  },
  fan: {
    label: 'Fan between two rooms',
    sources: ['100 m³/h: assumed.'],
    group: 'air',
    processes: { blow: { mix: { a: 'air', b: 'other_air', flow: '100 m3/h' } } },
  },
  leak: {
    label: 'Leak of a hull',
    sources: ['0.05 % of the air in a day: from the literature on spacecraft, unconfirmed.'],
    group: 'air',
    processes: { lose: { leak: { from: 'air', to: 'outside', share: '0.05 %/d' } } },
  },
} satisfies Record<string, AgentForm>
