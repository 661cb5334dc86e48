/** Worlds for the conformance suite: each chip simulated on a bus of its own, whose adapter can be pulled out. */
import type { I2cLine } from '../../simulated/i2c.ts'
import { lineOpened } from '../../simulated/i2c.ts'
import type { Stand } from '../conformance.ts'

/** @param address of the chip @param device keys of the device */
export async function i2cStand(address: number, device: Readonly<Record<string, unknown>> = {}): Promise<Stand> {
  const lines = new Set<I2cLine>()
  const opened = (line: unknown) => void lines.add(line as I2cLine)
  lineOpened.subscribe(opened)
  return {
    device,
    bus: { path: 'simulated' },
    absent: { bus: { path: '/dev/i2c-999' } },
    waits: true,
    hang() {
      for (const line of lines) line.fault(address, { delay: 3_600_000 })
    },
    break() {
      for (const line of lines) line.unplug()
    },
    mend() {
      for (const line of lines) line.replug()
    },
    async [Symbol.asyncDispose]() {
      lineOpened.unsubscribe(opened)
    },
  }
}

export const i2cStands: Record<string, () => Promise<Stand>> = {
  bme280: () => i2cStand(0x76),
  bme688: () => i2cStand(0x77),
  bmp388: () => i2cStand(0x77),
  scd30: () => i2cStand(0x61),
  scd41: () => i2cStand(0x62),
  sgp30: () => i2cStand(0x58),
  tsl2591: () => i2cStand(0x29),
  veml7700: () => i2cStand(0x10),
}
