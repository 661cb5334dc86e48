/** What answers on an I2C bus, as a table and as entries for the configuration. */
import type { Mux } from '@habtwin/gateway/drivers/i2c/bus'
import { hex, placeName } from '@habtwin/gateway/drivers/i2c/faults'
import type { Found } from '@habtwin/gateway/drivers/i2c/scan'
import { table } from '../table.ts'
import { entry, ZONE } from './entry.ts'

/** The usual address of each driver, which need not be written. */
const USUAL: Readonly<Record<string, number>> = { bme688: 0x77, bme280: 0x76, bmp388: 0x77 }

export function chipTable(found: readonly Found[]): string {
  return table([
    ['address', 'chip', 'known by', 'driver'],
    ...found.map((one) => [placeName(one), one.chip ?? 'not known', one.by ?? '', one.driver ?? '']),
  ])
}

/** Undefined where none is a chip that habtwin has a driver for. */
export function chipEntries(path: string, found: readonly Found[]): string | undefined {
  const taken = new Set<string>()
  const devices = found.flatMap(({ address, mux, driver }) => {
    if (driver === undefined) return []
    const id = taken.has(driver)
      ? `${driver}-${hex(address).slice(2)}${mux === undefined ? '' : `-${mux.channel}`}`
      : driver
    taken.add(driver)
    const usual = USUAL[driver] ?? address
    const where = usual === address ? '' : `, address: ${hex(address)}`
    return [`  ${id}: { zone: ${ZONE}, driver: ${driver}, bus: chips${where}${muxKey(mux)} }`]
  })
  if (devices.length === 0) return undefined
  return entry(['chips', `driver: i2c, path: ${path}`], devices)
}

function muxKey(mux: Mux | undefined): string {
  return mux === undefined ? '' : `, mux: { address: ${hex(mux.address)}, channel: ${mux.channel} }`
}
