// biome-ignore-all lint/complexity/useSimpleNumberKeys: addresses and registers are hexadecimal, as in the datasheets
/** What Bosch's environmental sensors have in common: which of them it is, and figures of several bytes. */
import type { I2cWire } from './bus.ts'

/** Chip ids at 0xD0 (BMP180, BMP280, BME280 and BME680 datasheets). */
const NEWER: Readonly<Record<number, string>> = {
  0x55: 'BMP180',
  0x56: 'BMP280',
  0x57: 'BMP280',
  0x58: 'BMP280',
  0x60: 'BME280',
  0x61: 'BME688',
}

/** Chip ids at 0x00 (CHIP_ID of the BMP388 and BMP390 datasheets). */
const OTHERS: Readonly<Record<number, string>> = { 0x50: 'BMP388', 0x60: 'BMP390' }

/** Which of them answers. Reads only. */
export async function boschChip(wire: I2cWire): Promise<string> {
  // 0x00 of a BME688 may hold anything, 0xD0 of a BMP388 lies beyond its registers: so this one first
  const [id = 0] = await wire.readFrom(0xd0, 1)
  const newer = NEWER[id]
  if (newer === 'BME688') {
    const [variant = 0] = await wire.readFrom(0xf0, 1)
    return variant === 0 ? 'BME680' : 'BME688' // variant_id
  }
  if (newer !== undefined) return newer
  const [other = 0] = await wire.readFrom(0x00, 1)
  return OTHERS[other] ?? 'chip that is not known'
}

/** Reads figures out of a block of registers by their number. */
export class Block {
  readonly #bytes: DataView
  readonly #from: number

  /** @param from number of the first register */
  constructor(bytes: Uint8Array, from: number) {
    this.#bytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#from = from
  }

  u8(register: number): number {
    return this.#bytes.getUint8(register - this.#from)
  }

  s8(register: number): number {
    return this.#bytes.getInt8(register - this.#from)
  }

  /** Low byte first. */
  u16(register: number): number {
    return this.#bytes.getUint16(register - this.#from, true)
  }

  s16(register: number): number {
    return this.#bytes.getInt16(register - this.#from, true)
  }

  /** 20 bits: eight, eight, and the upper four of a third. */
  u20(register: number): number {
    return (this.u8(register) << 12) | (this.u8(register + 1) << 4) | (this.u8(register + 2) >> 4)
  }

  /** 24 bits, low byte first. */
  u24(register: number): number {
    return this.u16(register) | (this.u8(register + 2) << 16)
  }
}
