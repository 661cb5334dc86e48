/** Gases and the pressure of the air that they are in. */
import { convert } from '@habtwin/contract'

/** What sensors of CO2 are adjusted at, hPa. */
const STANDARD = 1_013.25
const PPM = 1e-6

/** Partial pressure of a gas, mmHg (Dalton's law). @param fraction ppm @param pressure of the air, hPa */
export function partialPressure(fraction: number, pressure: number): number {
  return convert(fraction * PPM * pressure, 'hPa', 'mmHg')
}

/**
 * CO2 as it is, ppm, of what a sensor says that is not told the pressure. Infrared is absorbed by molecules, not by
 * their share of the air: at less pressure there are fewer of them in its path, and it reads low in proportion (ideal
 * gas). Vaisala, "How do temperature and pressure effect CO2 measurement?":
 *
 *   c = c_read · (1013 hPa / p) · (T / 298 K)
 *
 * The second factor is left out, as the sensors in use here measure and compensate their own temperature. To be had only
 * for those that do not compensate the pressure themselves.
 * @param read ppm
 * @param pressure of the air, hPa
 */
export function pressureCorrected(read: number, pressure: number): number {
  return (read * STANDARD) / pressure
}
