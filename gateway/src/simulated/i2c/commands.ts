/** A chip that takes commands of 16 bits and answers in words with CRC, as Sensirion's do. */
import { withCrc, wordsOf } from '../../drivers/i2c/words.ts'
import type { I2cPeer } from '../i2c.ts'

/** One command of a chip. */
export interface Command {
  /** ms from the command to its answer; asked earlier, the chip does not acknowledge. */
  readonly takes?: number
  /** Given the words that came with it. @returns false where the chip refuses the command */
  readonly does?: (words: number[], now: number) => unknown
  /** The words that can be read then; undefined where there is nothing, so that a read is not acknowledged. */
  readonly says?: (now: number) => readonly number[] | undefined
}

export class CommandChip implements I2cPeer {
  readonly address: number
  frozen: number | undefined
  readonly #commands: Readonly<Record<number, Command>>
  #current: Command | undefined
  #ready = 0

  constructor(address: number, commands: Readonly<Record<number, Command>>) {
    this.address = address
    this.#commands = commands
  }

  write(bytes: Uint8Array, now: number): boolean {
    if (now < this.#ready) return false // busy
    if (bytes.length < 2) return bytes.length === 0
    const command = this.#commands[((bytes[0] as number) << 8) | (bytes[1] as number)]
    if (command === undefined) return false
    let words: number[]
    try {
      words = wordsOf(bytes.subarray(2), 'chip')
    } catch {
      return false // refuses what came garbled
    }
    if (command.does?.(words, now) === false) return false
    this.#current = command
    this.#ready = now + (command.takes ?? 0)
    return true
  }

  read(length: number, now: number): Uint8Array | undefined {
    if (now < this.#ready) return undefined
    const words = this.#current?.says?.(this.frozen ?? now)
    this.#current = undefined
    if (words === undefined) return undefined
    const bytes = Uint8Array.from(words.flatMap(withCrc))
    // what is read beyond the answer is high, as nobody pulls the line
    return Uint8Array.from({ length }, (_, i) => bytes[i] ?? 0xff)
  }
}
