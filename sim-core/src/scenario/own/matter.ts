/**
 * What currencies are made of: formulas, their masses by element, and the energy that is in them.
 *
 * Energy is reckoned as the heat of combustion at 25 °C: zero in CO2, liquid water, O2 and N2, so that the energy of a
 * substance is what it gives off on its way there. Electricity, heat and light count in full.
 */

/** g/mol. CIAAW, abridged standard atomic weights of 2021; conventional values. */
const ATOMS = { H: 1.008, C: 12.011, N: 14.007, O: 15.999 } as const
type Element = keyof typeof ATOMS

/** kWh in a MJ. */
const KWH = 1 / 3.6

/** What a currency is made of, for each unit of it. */
export interface Matter {
  /** kg of each element in a kg. An element of its own name where nothing is said: it can only be passed on. */
  readonly elements: Readonly<Record<string, number>>
  /** kWh in each unit. */
  readonly energy: number
  /** g/mol, of substances of one formula. */
  readonly molar?: number
}

/** Atoms in a molecule; undefined where it is no formula of C, H, N and O. */
export function atoms(formula: string): Record<Element, number> | undefined {
  if (!/^(?:[CHNO]\d{0,3})+$/.test(formula)) return undefined
  const count: Record<Element, number> = { H: 0, C: 0, N: 0, O: 0 }
  for (const [, element, many] of formula.matchAll(/([CHNO])(\d*)/g))
    count[element as Element] += many === '' ? 1 : Number(many)
  return count
}

/** g/mol. */
export function molarMass(count: Record<Element, number>): number {
  return ATOMS.H * count.H + ATOMS.C * count.C + ATOMS.N * count.N + ATOMS.O * count.O
}

/**
 * The heat of combustion of organic matter, by the oxygen that it takes up (the rule of W. M. Thornton, Phil. Mag. 33
 * (1917) 196–203): 460 kJ/mol, between glucose with 2,803/6 = 467 and palmitic acid with 9,978/23 = 434, for matter
 * that is mostly carbohydrate.
 * @returns kWh/kg, nitrogen ending as N2
 */
export function thornton(count: Record<Element, number>): number {
  const oxygen = count.C + count.H / 4 - count.O / 2
  return ((0.46 * oxygen) / molarMass(count)) * 1000 * KWH
}

/**
 * A substance of one formula.
 * @param heat MJ/mol above CO2, liquid water, O2 and N2; Thornton's rule where it is left out
 */
export function substance(formula: string, heat?: number): Matter {
  const count = atoms(formula)
  if (count === undefined) throw new RangeError(`"${formula}" is no formula of C, H, N and O`)
  const molar = molarMass(count)
  const elements = Object.fromEntries(
    (Object.keys(ATOMS) as Element[])
      .filter((element) => count[element] > 0)
      .map((element) => [element, (ATOMS[element] * count[element]) / molar]),
  )
  return { elements, energy: heat === undefined ? thornton(count) : (heat / molar) * 1000 * KWH, molar }
}

/** A mixture. @param shares by mass, of formulas; together 1 */
export function mixture(shares: Readonly<Record<string, number>>): Matter {
  const elements: Record<string, number> = {}
  let energy = 0
  for (const [formula, share] of Object.entries(shares)) {
    const one = substance(formula)
    for (const [element, part] of Object.entries(one.elements))
      elements[element] = (elements[element] ?? 0) + part * share
    energy += one.energy * share
  }
  return { elements, energy }
}
