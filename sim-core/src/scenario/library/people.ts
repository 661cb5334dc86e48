/**
 * People.
 *
 * BVAD stands for M. S. Anderson et al. (eds.), Life Support Baseline Values and Assumptions Document,
 * NASA/TP-2015-218570 (2015); BVAD 2004 for A. J. Hanford (ed.), NASA/CR-2004-208941; Wieland for P. O. Wieland,
 * Designing for Human Presence in Space, NASA RP-1324 (1994).
 */
import type { AgentForm } from '../own/form.ts'

/** g/min of oxygen, asleep and awake (BVAD, table 3.22); asleep from 22 to 6 o'clock. */
const ASLEEP = 0.36
const AWAKE = 0.568
const day = Array.from({ length: 24 }, (_, hour) => (hour >= 22 || hour < 6 ? ASLEEP : AWAKE))

export const people = {
  person: {
    label: 'Person',
    description:
      'Eats and drinks into a body that has reserves, and lives on those: with nothing to eat for three weeks, with nothing to drink for three days.',
    sources: [
      'O2 in a day, and CO2 to compare with (1.04 kg): BVAD, table 3.26. Vapour: BVAD, table 3.22, over 8 h of sleep, 15.5 h awake, 0.5 h of exercise and the recovery from it.',
      'Urine 1.886 kg, water in faeces 0.091, dry faeces 0.032, sweat solids 0.018, and to compare with food 0.617 and urine solids 0.059: BVAD 2004.',
      'Drinking water to compare with: Wieland, drink 1.62 kg, in the preparation of food 0.76, in food 1.15. Washing: Wieland, hand and face 4.09 kg, shower 2.73.',
      'Food, drinking water, CO2, solids of urine and heat follow from the balance.',
      'CO2 of 4 %: immediately dangerous to life or health (NIOSH, 1994); that it kills within an hour is assumed. O2 of 10 %, reserves of 21 d and 3 d: rules of thumb, unconfirmed.',
    ],
    group: 'inhabitants',
    unit: 'person',
    capacity: { nourishment: '14.2 kg', potable: '10.6 kg' },
    storage: { nourishment: '100 %', potable: '100 %' },
    processes: {
      // twice what is used up, so that reserves fill up again after a shortage
      eat: { in: { food: '1.35 kg/d from food' }, out: { nourishment: 'balance to self' } },
      drink: { in: { potable: '7.1 kg/d from water' }, out: { potable: 'balance to self' } },
      metabolism: {
        daily: day,
        in: {
          o2: '0.816 kg/d from air',
          nourishment: { flow: 'balance from self', near: '0.617 kg/d', within: '12 %' },
          potable: { flow: 'balance from self', near: '3.53 kg/d', within: '5 %' },
        },
        out: {
          co2: { flow: 'balance to air', near: '1.04 kg/d', within: '4 %' },
          h2o: '1.92 kg/d to air',
          urine: '1.886 kg/d to sewage else outside',
          feces_water: '0.091 kg/d to waste else outside',
          feces: '0.032 kg/d to waste else outside',
          sweat_solids: '0.018 kg/d to waste else outside',
          // the published 59 g are with salts, which are not in the books here
          urine_solids: { flow: 'balance to sewage else outside', near: '0.059 kg/d', within: '45 %' },
          heat: { flow: 'balance to air else outside', near: '2.0 kWh/d', within: '10 %' },
        },
        vital: '6 min',
      },
      wash: { in: { potable: '6.82 kg/d from water' }, out: { grey: 'balance to grey else outside' } },
    },
    perils: {
      co2: { of: 'co2', in: 'air', above: '4 %', for: '1 h' },
      o2: { of: 'o2', in: 'air', below: '10 %', for: '0 h' },
    },
    remains: 'outside',
  },
  household: {
    label: 'Household and work of a person',
    description: 'Light, ventilation, computers, kitchen.',
    sources: ['0.4 kW for each person: assumed.'],
    group: 'machines',
    unit: 'person',
    processes: { use: { in: { kwh: '0.4 kW from power' }, out: { heat: 'balance to air else outside' } } },
  },
} satisfies Record<string, AgentForm>
