/** A chip with registers of 8 bits and a pointer that goes on by itself, as Bosch's and most others are. */
import type { I2cPeer } from '../i2c.ts'

export class RegisterChip implements I2cPeer {
  readonly address: number
  frozen: number | undefined
  readonly registers = new Uint8Array(256)
  /** Called before a read, to put what was measured into its place. */
  refresh: (now: number) => void = () => {}
  /** Called for each register that is written. */
  written: (register: number, value: number, now: number) => void = () => {}
  #pointer = 0

  /** @param contents register → what it holds at power-up, from there on */
  constructor(address: number, contents: Readonly<Record<number, readonly number[] | Uint8Array>> = {}) {
    this.address = address
    for (const [register, bytes] of Object.entries(contents)) this.registers.set(bytes, Number(register))
  }

  write(bytes: Uint8Array, now: number): boolean {
    if (bytes.length > 0) this.#pointer = this.registerOf(bytes[0] as number)
    for (const value of bytes.subarray(1)) {
      this.registers[this.#pointer] = value
      this.written(this.#pointer, value, now)
      this.#pointer = this.next(this.#pointer)
    }
    return true
  }

  read(length: number, now: number): Uint8Array {
    this.refresh(this.frozen ?? now)
    const from = this.#pointer
    return Uint8Array.from({ length }, (_, i) => this.registers[(from + i) & 0xff] as number)
  }

  /** The register that a first byte means. */
  protected registerOf(byte: number): number {
    return byte
  }

  /** Where a second byte of one write goes. */
  protected next(register: number): number {
    return (register + 1) & 0xff
  }
}
