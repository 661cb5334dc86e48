/**
 * Words as Sensirion's chips send them: 16 bits, high byte first, each followed by its CRC
 * (SCD30 Interface Description 1.0, 1.1.3; SCD4x datasheet 1.3, 3.11; SGP30 datasheet 1.0, 6.6).
 */
import { HabtwinError } from '@habtwin/contract'

/** CRC-8, polynomial 0x31, initial 0xFF, nothing reflected: 0xBEEF gives 0x92. */
export function crc8(bytes: Uint8Array): number {
  let crc = 0xff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x80) === 0 ? crc << 1 : (crc << 1) ^ 0x31
    crc &= 0xff
  }
  return crc
}

/** The bytes of a command and of what follows it. */
export function frame(command: number, words: readonly number[] = []): Uint8Array {
  return Uint8Array.from([command >> 8, command & 0xff, ...words.flatMap(withCrc)])
}

/** A word as it goes over the wire. */
export function withCrc(word: number): [high: number, low: number, crc: number] {
  const bytes = Uint8Array.of((word >> 8) & 0xff, word & 0xff)
  return [bytes[0] as number, bytes[1] as number, crc8(bytes)]
}

/**
 * The words of an answer. Throws device/garbled where one does not agree with its CRC.
 * @param where the device, for the error
 */
export function wordsOf(bytes: Uint8Array, where: string): number[] {
  const words: number[] = []
  for (let at = 0; at < bytes.length; at += 3) {
    const crc = crc8(bytes.subarray(at, at + 2))
    if (at + 3 > bytes.length || crc !== bytes[at + 2]) {
      const hex = Buffer.from(bytes).toString('hex')
      throw new HabtwinError('device/garbled', `word ${at / 3 + 1} of ${hex} does not agree with its CRC`, { where })
    }
    words.push(((bytes[at] as number) << 8) | (bytes[at + 1] as number))
  }
  return words
}
