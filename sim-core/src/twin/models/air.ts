/** Air as a mixture of four gases: composition, amounts, and moving it from place to place. */
import type { Gas, Ledger, Place, Zone } from './piece.ts'

/** J/(mol K), CODATA 2018, exact. */
export const R = 8.31446261815324
/** g/mol (IUPAC 2021, abridged). */
export const MOLAR: Readonly<Record<Gas, number>> = { co2: 44.009, o2: 31.998, n2: 28.014, h2o: 18.015 }
/** J/(mol K) of air at constant pressure, 1.006 kJ/(kg K) × 28.96 g/mol. */
export const HEAT = 29.2
/** Mole fractions of dry outdoor air; CO2 as of the 2020s (NOAA GML), argon is counted as nitrogen. */
export const OUTDOOR = { co2: 425e-6, o2: 0.20946 } as const

/** mol in a volume (m3) at a pressure (Pa) and a temperature (°C). */
export function molesIn(volume: number, pressure: number, celsius: number): number {
  return (pressure * volume) / (R * (celsius + 273.15))
}

/** mol of all gases, of one member. */
export function total({ co2, o2, n2, h2o }: Zone, m: number): number {
  return (co2[m] as number) + (o2[m] as number) + (n2[m] as number) + (h2o[m] as number)
}

/** Books moles that left a zone (negative: came into it). */
export function book(ledger: Ledger, place: Place, gas: Gas, m: number, moles: number): void {
  const column = ledger[place][gas]
  column[m] = (column[m] as number) + moles
}

/**
 * A share of a zone's air goes out, or outside air comes in.
 * @param moles out of the zone; negative: in
 * @param vapour mole fraction of water in the outside air
 */
export function swap(ledger: Ledger, zone: Zone, m: number, moles: number, vapour: number): void {
  const { co2, o2, n2, h2o } = zone
  const out = ledger.outside
  if (moles >= 0) {
    const share = Math.min(1, moles / total(zone, m))
    const [c, o, n, h] = [co2[m] as number, o2[m] as number, n2[m] as number, h2o[m] as number]
    co2[m] = c - c * share
    o2[m] = o - o * share
    n2[m] = n - n * share
    h2o[m] = h - h * share
    out.co2[m] = (out.co2[m] as number) + c * share
    out.o2[m] = (out.o2[m] as number) + o * share
    out.n2[m] = (out.n2[m] as number) + n * share
    out.h2o[m] = (out.h2o[m] as number) + h * share
    return
  }
  const dry = moles * (1 - vapour)
  const [c, o] = [dry * OUTDOOR.co2, dry * OUTDOOR.o2]
  const [n, h] = [dry - c - o, moles * vapour]
  co2[m] = (co2[m] as number) - c
  o2[m] = (o2[m] as number) - o
  n2[m] = (n2[m] as number) - n
  h2o[m] = (h2o[m] as number) - h
  out.co2[m] = (out.co2[m] as number) + c
  out.o2[m] = (out.o2[m] as number) + o
  out.n2[m] = (out.n2[m] as number) + n
  out.h2o[m] = (out.h2o[m] as number) + h
}
