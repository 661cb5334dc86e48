/**
 * Currencies: what agents exchange, what it is made of and what energy is in it.
 *
 * Heats of formation and combustion are those of the NIST Chemistry WebBook (SRD 69) at 25 °C, rounded as is usual:
 * H2 285.83 kJ/mol, CH4 890.7 kJ/mol (both to liquid water), vaporisation of water 44.0 kJ/mol, formation of aqueous
 * nitric acid −207.4 kJ/mol. They are from the literature and were not looked up again for this file.
 *
 * Formulas of protein, fat, faeces, urine and sweat solids are those of T. Volk and J. D. Rummel, "Mass balances for a
 * biological life support system simulation model", Adv. Space Res. 7 (1987) 141–148.
 */

import { type Matter, mixture, substance } from '../own/matter.ts'
import type { CountUnit } from '../own/quantity.ts'

export interface CurrencyData {
  readonly label: string
  readonly category: string
  readonly unit: CountUnit
  readonly matter: Matter
}

const kg = (category: string, label: string, matter: Matter): CurrencyData => ({ label, category, unit: 'kg', matter })

const water = substance('H2O', 0)
const NOTHING: Readonly<Record<string, number>> = {}

/**
 * Edible dry matter without its ash, of a plant-based diet: 14 % protein, 80 % carbohydrate, 6 % fat. One composition
 * for all food: whoever eats may take it from any store. The proportions are assumed.
 */
const food = mixture({ C4H5ON: 0.14, C6H10O5: 0.8, C16H32O2: 0.06 })

/** Straw, leaves and roots, ash-free: cellulose and the like, lignin, some protein. The proportions are assumed. */
const straw = mixture({ C6H10O5: 0.75, C10H11O2: 0.17, C4H5ON: 0.08 })

/**
 * J in a µmol of photons between 400 and 700 nm: 1/4.57, the mean over sunlight (K. J. McCree, Agric. Meteorol. 10
 * (1972) 443–453; the figure is in use for white light as well).
 */
const PHOTON = 1 / 4.57

export const currencies = {
  o2: kg('atmosphere', 'Oxygen', substance('O2', 0)),
  co2: kg('atmosphere', 'Carbon dioxide', substance('CO2', 0)),
  n2: kg('atmosphere', 'Nitrogen', substance('N2', 0)),
  h2o: kg('atmosphere', 'Water vapour', substance('H2O', 0.044)),
  h2: kg('atmosphere', 'Hydrogen', substance('H2', 0.28583)),
  ch4: kg('atmosphere', 'Methane', substance('CH4', 0.8907)),
  potable: kg('water', 'Drinking water', water),
  grey: kg('water', 'Grey water', water),
  urine: kg('water', 'Urine, its water', water),
  feces_water: kg('water', 'Faeces, their water', water),
  brine: kg('water', 'Brine, its water', water),
  // aqueous: −207.4 kJ/mol of formation, less half a mol of liquid water that it is made of
  nitrate: kg('nutrients', 'Nitrate (as nitric acid)', substance('HNO3', -0.2074 + 0.28583 / 2)),
  urine_solids: kg('waste', 'Urine, its organic solids', substance('C2H6O2N2')),
  feces: kg('waste', 'Faeces, dry', substance('C42H69O13N5')),
  sweat_solids: kg('waste', 'Solids of sweat', substance('C13H28O13N2')),
  inedible: kg('waste', 'Inedible biomass, dry', straw),
  nourishment: kg('body', 'What a body has to live on', food),
  ration: kg('food', 'Rations, dry', food),
  wheat: kg('food', 'Wheat, dry', food),
  rice: kg('food', 'Rice, dry', food),
  sweet_potato: kg('food', 'Sweet potato, dry', food),
  white_potato: kg('food', 'Potato, dry', food),
  tomato: kg('food', 'Tomato, dry', food),
  lettuce: kg('food', 'Lettuce, dry', food),
  kwh: { label: 'Electricity', category: 'energy', unit: 'kWh', matter: { elements: NOTHING, energy: 1 } },
  heat: { label: 'Heat', category: 'energy', unit: 'kWh', matter: { elements: NOTHING, energy: 1 } },
  sunlight: { label: 'Sunlight', category: 'energy', unit: 'kWh', matter: { elements: NOTHING, energy: 1 } },
  nuclear: { label: 'Heat of fission', category: 'energy', unit: 'kWh', matter: { elements: NOTHING, energy: 1 } },
  par: {
    label: 'Light for plants',
    category: 'light',
    unit: 'mol',
    matter: { elements: NOTHING, energy: PHOTON / 3.6 },
  },
} satisfies Record<string, CurrencyData>
