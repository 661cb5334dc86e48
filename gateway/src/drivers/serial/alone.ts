/** What instruments share that have a serial line for themselves. */
import { HabtwinError } from '@habtwin/contract'
import type { BusSketch } from '../driver.ts'
import { bitsPerByte, type SerialSettings } from './port.ts'

/** Throws config/invalid where others are on the bus: such an instrument has no address and answers to everything. */
export function alone(driver: string, bus: BusSketch<SerialSettings> | undefined): void {
  if (bus === undefined || bus.devices.length < 2) return
  const message = `${driver} has no address, so it must be alone on its bus; here are ${bus.devices.join(', ')}`
  throw new HabtwinError('config/invalid', message, { where: driver })
}

/** ms that so many bytes keep the line. */
export function wireTime(settings: SerialSettings, bytes: number): number {
  return (bytes * bitsPerByte(settings) * 1_000) / settings.baud
}
