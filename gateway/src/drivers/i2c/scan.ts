// biome-ignore-all lint/complexity/useSimpleNumberKeys: addresses and registers are hexadecimal, as in the datasheets
/**
 * Who is on an I2C bus: which addresses answer, and which chip each probably is. Everything is done by reading, or by
 * a command that only asks for a serial number; nothing is reset, and nothing is set.
 */
import { isHabtwinError } from '@habtwin/contract'
import { boschChip } from './bosch.ts'
import type { I2cBus, I2cWire, Mux } from './bus.ts'
import { ask } from './device.ts'

/** What answers at an address. */
export interface Found {
  readonly address: number
  readonly mux?: Mux | undefined
  /** What it most probably is; left out where that is not known. */
  readonly chip?: string
  /** Driver for it, where habtwin has one. */
  readonly driver?: string
  /** What it is told by: `chip id 0x60`, `serial number f89631a73bbe`. */
  readonly by?: string
}

type Recognise = (wire: I2cWire) => Promise<Omit<Found, 'address'> | undefined>

/** Below and above lie addresses that the specification keeps for itself (UM10204, 3.1.12). */
const [FIRST, LAST] = [0x08, 0x77]

const hex = (words: readonly number[]) => words.map((word) => word.toString(16).padStart(4, '0')).join('')

const bosch: Recognise = async (wire) => {
  const name = await boschChip(wire)
  const drivers: Record<string, string> = {
    BME280: 'bme280',
    BME680: 'bme688',
    BME688: 'bme688',
    BMP388: 'bmp388',
    BMP390: 'bmp388',
  }
  if (name.startsWith('chip ')) return undefined
  return { chip: name, by: 'chip id', ...(drivers[name] === undefined ? {} : { driver: drivers[name] }) }
}

/** A serial number with a CRC that agrees is no accident. */
const serial =
  (chip: string, driver: string, command: number, count: number): Recognise =>
  async (wire) => {
    const words = await ask(wire, 'scan', { command, wait: 5, count })
    return { chip, driver, by: `${count === 3 ? 'serial number' : 'firmware'} ${hex(words)}` }
  }

/** An id register that holds what it should. */
const register =
  (at: number, ids: Readonly<Record<number, [chip: string, driver?: string]>>): Recognise =>
  async (wire) => {
    const [id = 0] = await wire.readFrom(at, 1)
    const [chip, driver] = ids[id] ?? []
    if (chip === undefined) return undefined
    return { chip, by: `id 0x${id.toString(16)}`, ...(driver === undefined ? {} : { driver }) }
  }

const known: Readonly<Record<number, Recognise>> = {
  0x10: register(0x07, { 0x81: ['VEML7700', 'veml7700'] }),
  0x29: register(0xb2, { 0x50: ['TSL2591', 'tsl2591'], 0x44: ['TCS34725'] }),
  0x58: serial('SGP30', 'sgp30', 0x3682, 3),
  0x61: serial('SCD30', 'scd30', 0xd100, 1),
  0x62: serialOfScd4x,
  0x76: bosch,
  0x77: bosch,
}

/** What is often found at an address, where nothing can be asked: a guess. */
const usual: Readonly<Record<number, string>> = {
  0x23: 'BH1750',
  0x3c: 'SSD1306 display',
  0x40: 'INA219, INA226, or HTU21D',
  0x44: 'SHT3x, or SHT4x',
  0x48: 'ADS1115, or TMP102',
  0x4a: 'BNO085, or ADS1115',
  0x50: 'EEPROM',
  0x57: 'EEPROM of a clock, or MAX30102',
  0x68: 'DS3231 clock, or MPU-6050',
  0x70: 'TCA9548A multiplexer',
}

/** It gives its serial number only while it does not measure; while it does, it says at least whether it is ready. */
async function serialOfScd4x(wire: I2cWire): Promise<Omit<Found, 'address'> | undefined> {
  try {
    return await serial('SCD41, or SCD40', 'scd41', 0x3682, 3)(wire)
  } catch (error) {
    if (!isHabtwinError(error, 'device/timeout')) throw error
    await ask(wire, 'scan', { command: 0xe4b8, wait: 1, count: 1 })
    return { chip: 'SCD41, or SCD40', driver: 'scd41', by: 'it is measuring' }
  }
}

/**
 * Asks every address, one conversation each, so that devices which are read meanwhile are not disturbed.
 * @param muxes channels to look behind as well
 * @returns what answers, by address. Throws device/unreachable where the bus itself does not work.
 */
export async function scan(bus: I2cBus, signal: AbortSignal, muxes: readonly Mux[] = []): Promise<Found[]> {
  const found: Found[] = []
  for (const mux of [undefined, ...muxes]) {
    for (let address = FIRST; address <= LAST; address++) {
      // what answers without the channel is there with it too
      const outside = mux !== undefined && found.some((other) => other.address === address && other.mux === undefined)
      if (outside || muxes.some((other) => other.address === address)) continue
      const one = await look(bus, signal, address, mux)
      if (one !== undefined) found.push(one)
    }
  }
  return found
}

async function look(
  bus: I2cBus,
  signal: AbortSignal,
  address: number,
  mux: Mux | undefined,
): Promise<Found | undefined> {
  const place = { address, mux, where: 'scan' }
  const here = mux === undefined ? { address } : { address, mux }
  const attempt = async <T>(talk: (wire: I2cWire) => Promise<T>): Promise<T | undefined> => {
    try {
      return await bus.converse(place, signal, talk)
    } catch (error) {
      if (!isHabtwinError(error) || isHabtwinError(error, 'device/unreachable')) throw error
      return undefined
    }
  }
  const recognise = known[address]
  const one = recognise === undefined ? undefined : await attempt(recognise)
  if (one !== undefined) return { ...here, ...one }
  // a chip that does not let itself be read before it was asked something does not acknowledge this: it was asked above
  const answers = await attempt(async (wire) => (await wire.read(1)).length > 0)
  if (!answers) return undefined
  const chip = usual[address]
  return chip === undefined ? here : { ...here, chip, by: 'its address alone' }
}
