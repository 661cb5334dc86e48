// biome-ignore-all lint/complexity/useSimpleNumberKeys: addresses and registers are hexadecimal, as in the datasheets
/** Light sensors: counts as the real ones would give them in the light of the air. */
import type { Air } from '../../drivers/driver.ts'
import { tsl2591Steps, veml7700Lux, veml7700Steps } from '../../drivers/i2c/light.ts'
import type { I2cPeer } from '../i2c.ts'
import { inverse } from './bosch.ts'
import { RegisterChip } from './registers.ts'

/** The infrared part of what it sees. */
const INFRARED = 0.3

class Tsl2591 extends RegisterChip {
  /** The lower five bits; the upper three say what kind of transaction it is. */
  protected override registerOf(byte: number): number {
    return byte & 0x1f
  }
}

export function tsl2591Chip(air: Air): RegisterChip {
  const chip = new Tsl2591(0x29, { 0x12: [0x50] })
  let due: number | undefined
  chip.written = (register, value, now) => {
    if (register !== 0x00) return
    const ms = (((chip.registers[0x01] as number) & 7) + 1) * 100
    due = (value & 3) === 3 ? now + ms : undefined
    chip.registers[0x13] = 0
  }
  chip.refresh = (now) => {
    if (due === undefined || now < due) return
    const step = tsl2591Steps.find(({ control }) => control === chip.registers[0x01])
    if (step === undefined) return
    const counts = (air('light') * step.gain * step.ms) / 408 / (1 - INFRARED) ** 2
    const [all, infrared] = [counts, counts * INFRARED].map((count) => Math.min(step.full, Math.round(count)))
    chip.registers[0x13] = 1
    chip.registers.set(
      [all, infrared].flatMap((count = 0) => [count & 0xff, count >> 8]),
      0x14,
    )
  }
  return chip
}

/** Registers of sixteen bits, low byte first. */
class Veml7700 implements I2cPeer {
  readonly address = 0x10
  frozen: number | undefined
  /** Off at power-up. */
  readonly registers = [1, 0, 0, 0, 0, 0, 0, 0xc481]
  readonly #air: Air
  #pointer = 0
  #since = 0

  constructor(air: Air) {
    this.#air = air
  }

  write(bytes: Uint8Array, now: number): boolean {
    const [register = 0, low, high] = bytes
    this.#pointer = register & 7
    if (low === undefined || high === undefined) return true
    this.registers[this.#pointer] = low | (high << 8)
    if (this.#pointer === 0) this.#since = now
    return true
  }

  read(length: number, now: number): Uint8Array {
    const conf = this.registers[0] as number
    const step = veml7700Steps.find((step) => step.conf === conf)
    if ((conf & 1) !== 0) this.registers[4] = 0
    else if (step !== undefined && (this.frozen ?? now) - this.#since > step.ms) {
      this.registers[4] = inverse((counts) => veml7700Lux(counts, step), this.#air('light'), 0xffff)
    }
    const word = this.registers[this.#pointer] as number
    return Uint8Array.from({ length }, (_, i) => [word & 0xff, word >> 8][i] ?? 0xff)
  }
}

export function veml7700Chip(air: Air): I2cPeer {
  return new Veml7700(air)
}
