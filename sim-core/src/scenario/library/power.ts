/** Electricity and light. */
import type { AgentForm } from '../own/form.ts'

export const power = {
  battery: { label: 'Battery', group: 'stores', unit: 'kWh', capacity: { kwh: '1 kWh' }, storage: { kwh: '50 %' } },
  solar_array: {
    label: 'Solar array',
    description: 'By the square metre. What the battery has no room for is not made.',
    sources: [
      '6 kWh/m²/d of sun: a mean for southern Arizona. 19 % to the battery: panels of 20 %, 95 % into the battery. From the literature, unconfirmed.',
    ],
    group: 'power',
    unit: 'm2',
    processes: {
      generate: {
        by: 'sunlight',
        daily: 'sun',
        in: { sunlight: '6 kWh/m2/d from sun' },
        out: { kwh: '0.19 kWh/kWh to power', heat: 'balance to outside' },
      },
    },
  },
  reactor: {
    label: 'Fission power',
    description: 'Forty kilowatts by day and night; less where nobody needs them.',
    sources: [
      '40 kW: the class of NASA’s Fission Surface Power. 20 % efficiency: assumed. Both from the literature, unconfirmed.',
    ],
    group: 'power',
    processes: {
      generate: {
        by: 'kwh',
        in: { nuclear: '5 kWh/kWh from fuel' },
        out: { kwh: '40 kW to power', heat: 'balance to outside' },
      },
    },
  },
  mains: {
    label: 'Mains',
    description: 'Electricity from outside, as much as the battery or switchboard has room for.',
    sources: ['50 kW: assumed.'],
    group: 'power',
    processes: { feed: { in: { kwh: '50 kW from grid' }, out: { kwh: 'balance to power' } } },
  },
  lamp: {
    label: 'Lamps',
    description: 'LEDs for crops, by the kilowatt on the mean of a day. Light that no crop takes becomes heat.',
    sources: [
      '2.5 µmol/J: good horticultural LEDs, from the literature, unconfirmed. The energy of light: K. J. McCree 1972.',
    ],
    group: 'lamps',
    unit: 'kW',
    capacity: { par: '40 mol' },
    processes: {
      fade: { in: { par: 'all from self' }, out: { heat: 'balance to air else outside' } },
      shine: {
        by: 'kwh',
        daily: '12 h',
        in: { kwh: '1 kW from power' },
        out: { par: '9 mol/kWh to self', heat: 'balance to air else outside' },
      },
    },
  },
  window: {
    label: 'Windows',
    description: 'Sunlight for crops, by the square metre of glass. Light that no crop takes becomes heat.',
    sources: [
      '20 mol/m²/d: half of the mean outside in southern Arizona. 45 % of the energy of sunlight is light for plants. Both from the literature, unconfirmed.',
    ],
    group: 'lamps',
    unit: 'm2',
    capacity: { par: '20 mol' },
    processes: {
      fade: { in: { par: 'all from self' }, out: { heat: 'balance to air else outside' } },
      shine: {
        by: 'par',
        daily: 'sun',
        in: { sunlight: '0.135 kWh/mol from sun' },
        out: { par: '20 mol/m2/d to self', heat: 'balance to air else outside' },
      },
    },
  },
} satisfies Record<string, AgentForm>
