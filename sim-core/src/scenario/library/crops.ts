/**
 * Crops, by the square metre of growing area. One is sown, grows under light and is harvested; then the next is sown.
 *
 * Figures are those that the crop tables of the BVAD (NASA/TP-2015-218570, chapter on biomass) give as means over a
 * crop's life at about 1,200 ppm of CO2: edible and inedible dry matter, water uptake, light, photoperiod, days to
 * harvest, and, to compare with, CO2 and O2. CO2 and water of wheat, lettuce, tomato and sweet potato are confirmed; all
 * other figures are from the literature, unconfirmed. Dry matter in the tables has ash in it, here it has not: 2 % are
 * taken off grain, 4 % off tubers, 10 % off fruit and straw, 17 % off leaves (assumed).
 */
import type { AgentForm } from '../own/form.ts'

interface Crop {
  readonly label: string
  readonly days: number
  readonly photoperiod: number
  /** g/m²/d, ash-free. */
  readonly edible: number
  readonly inedible: number
  /** mol/m²/d */
  readonly light: number
  /** kg/m²/d */
  readonly water: number
  /** g/m²/d: what has been published of the gases. */
  readonly co2: number
  readonly o2: number
}

/** The part of life until the canopy is closed: about 20 days of 79 in wheat; from the literature, unconfirmed. */
export const RAMP = 0.25

/** Of these, CO2 and water have been looked up again. */
const CONFIRMED: ReadonlySet<string> = new Set(['wheat', 'lettuce', 'tomato', 'sweet_potato'])

const crop = (
  currency: string,
  { label, days, photoperiod, edible, inedible, light, water, co2, o2 }: Crop,
): AgentForm => ({
  label,
  sources: [
    `BVAD, crop tables: water ${water} kg/m²/d, and to compare with CO2 ${co2} g/m²/d${CONFIRMED.has(currency) ? '' : ' (unconfirmed)'}.`,
    `Of the same tables, unconfirmed: O2 ${o2} g/m²/d to compare with, dry matter (here less ash), ${light} mol/m²/d of light over ${photoperiod} h, ${days} d to harvest.`,
    'Answer to CO2: half as fast at 200 ppm as with plenty; from the literature, unconfirmed.',
  ],
  group: 'plants',
  unit: 'm2',
  lifetime: `${days} d`,
  capacity: { [currency]: `${(edible * days * 2) / 1000} kg`, inedible: `${(inedible * days * 2) / 1000} kg` },
  processes: {
    grow: {
      stage: 'growing',
      daily: `${photoperiod} h`,
      ramp: `${RAMP * 100} %`,
      follows: [{ of: 'co2', in: 'air', half: '200 ppm', full: '1200 ppm' }],
      in: {
        co2: { flow: 'balance from air', near: `${co2} g/m2/d`, within: '13 %' },
        potable: `${water} kg/m2/d from water`,
        nitrate: 'balance from nutrients',
        par: `${light} mol/m2/d from light`,
        heat: 'balance from air',
      },
      out: {
        [currency]: `${edible} g/m2/d to self`,
        inedible: `${inedible} g/m2/d to self`,
        // more than published: here nitrogen comes as nitrate, whose oxygen is set free as well
        o2: { flow: 'balance to air', near: `${o2} g/m2/d`, within: '30 %' },
        h2o: 'balance to air',
      },
    },
    harvest: {
      stage: 'grown',
      in: { [currency]: 'all from self' },
      out: { [currency]: 'balance to food else outside' },
    },
    clear: { stage: 'grown', in: { inedible: 'all from self' }, out: { inedible: 'balance to waste else outside' } },
  },
})

export const cropData = {
  wheat: { label: 'Wheat', days: 79, photoperiod: 20, edible: 19.6, inedible: 27, light: 115, water: 11.79, co2: 77, o2: 56 },
  rice: { label: 'Rice', days: 85, photoperiod: 12, edible: 8.9, inedible: 19, light: 33, water: 3.43, co2: 50.26, o2: 36.55 },
  sweet_potato: { label: 'Sweet potato', days: 85, photoperiod: 12, edible: 14.4, inedible: 20.2, light: 28, water: 2.88, co2: 56.54, o2: 41.12 },
  white_potato: { label: 'Potato', days: 132, photoperiod: 12, edible: 20.2, inedible: 8.1, light: 28, water: 2.88, co2: 45.23, o2: 32.23 },
  tomato: { label: 'Tomato', days: 85, photoperiod: 12, edible: 9.4, inedible: 11.5, light: 27, water: 2.77, co2: 36.24, o2: 26.36 },
  lettuce: { label: 'Lettuce', days: 28, photoperiod: 16, edible: 5.45, inedible: 0.61, light: 17, water: 1.77, co2: 10.7, o2: 7.78 },
} satisfies Record<string, Crop> // biome-ignore format: a table

export type CropName = keyof typeof cropData

export const crops: Record<string, AgentForm> = Object.fromEntries(
  Object.entries(cropData).map(([currency, data]) => [currency, crop(currency, data)]),
)
