/** Tells a CO2 sensor the pressure around it, from a barometer of the same zone. */
import type { DeviceContext } from '../driver.ts'
import type { ModbusBus } from './bus.ts'
import type { Register } from './registers.ts'
import type { Unit } from './unit.ts'
import { rawBytes } from './values.ts'

/** hPa by which the pressure must have changed before it is told again: 0.2 % of a CO2 reading. */
const STEP = 2

export interface PressureRegister {
  readonly address: number
  readonly as: Pick<Register, 'type' | 'order'>
  /** hPa that the sensor takes. */
  readonly range: readonly [low: number, high: number]
  /** What is written once where no barometer is near, and the habitat's pressure does not fit either. */
  readonly otherwise?: number
}

/**
 * For `before` of a Modbus device. Without a barometer the pressure of the habitat is told, which is right where the
 * air is as thin as outside.
 */
export function followPressure({ address, as, range: [low, high], otherwise }: PressureRegister) {
  return ({ nearby, habitat }: Pick<DeviceContext<unknown, ModbusBus>, 'nearby' | 'habitat'>) => {
    let told: number | undefined
    return async (unit: Unit, signal: AbortSignal): Promise<void> => {
      const pressure = [nearby('pressure'), habitat.pressure].find(
        (hPa) => hPa !== undefined && hPa >= low && hPa <= high,
      )
      const figure = pressure ?? otherwise
      if (figure === undefined || (told !== undefined && Math.abs(figure - told) < STEP)) return
      await unit.write(address, rawBytes({ function: 'holding', ...as }, figure), signal)
      told = figure
    }
  }
}
