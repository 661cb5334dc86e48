/**
 * Air as shares by volume, from the masses that a run records. An instrument says ppm or % of all molecules; the
 * engine counts kg. At one pressure and temperature equal volumes hold equal numbers of molecules (Avogadro), so the
 * share by volume is the mole fraction, whatever pressure and temperature are.
 */

/** g/mol, from the abridged standard atomic weights of CIAAW 2021: H 1.008, C 12.011, N 14.007, O 15.999. */
const molar = { o2: 31.998, co2: 44.009, n2: 28.014, h2o: 18.015, ch4: 16.043, h2: 2.016 } as const

export type Gas = keyof typeof molar

export function isGas(name: string): name is Gas {
  return Object.hasOwn(molar, name)
}

/**
 * The mole fraction of a gas, water vapour being counted as part of the air, as an instrument in humid air sees it.
 * @param masses kg of each gas
 * @returns 0 to 1; null where there is no air, or a mass is missing
 */
export function moleFraction(gas: Gas, masses: Readonly<Partial<Record<Gas, number | null>>>): number | null {
  let all = 0
  for (const [name, mass] of Object.entries(masses) as [Gas, number | null][]) {
    if (mass === null || !Number.isFinite(mass)) return null
    all += mass / molar[name]
  }
  const own = masses[gas]
  return own === undefined || own === null || all <= 0 ? null : own / molar[gas] / all
}
