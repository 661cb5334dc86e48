/** Frames of Modbus RTU: their check, how long they are, and the answer to a request among whatever else came. */

/** Longest frame (Modbus over Serial Line V1.02, 2.3). */
const LONGEST = 256

/** Unit, function, code and check of an exception. */
const EXCEPTION = 5

/** CRC-16 of polynomial 0xA001, from 0xFFFF (Modbus over Serial Line V1.02, 6.2.2). */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1
  }
  return crc
}

/** The bytes with their check behind them, its low byte first. */
export function sealed(bytes: Uint8Array): Buffer {
  const crc = crc16(bytes)
  return Buffer.from([...bytes, crc & 0xff, crc >>> 8])
}

/** True where the last two bytes are the check of those before. */
export function intact(frame: Uint8Array): boolean {
  const end = frame.length - 2
  return end >= 2 && crc16(frame.subarray(0, end)) === ((frame[end] as number) | ((frame[end + 1] as number) << 8))
}

/** Bytes of the good answer to a request, with its check; undefined for a function that habtwin does not use. */
export function answerLength(request: Uint8Array): number | undefined {
  const count = ((request[4] as number) << 8) | (request[5] as number)
  switch (request[1]) {
    case 1:
    case 2:
      return 5 + Math.ceil(count / 8)
    case 3:
    case 4:
      return 5 + 2 * count
    case 5:
    case 6:
    case 15:
    case 16:
      return 8
    default:
      return undefined
  }
}

/**
 * Looks for the answer to one request in a stream of bytes. A frame counts only with the unit, the function and the
 * length that were asked for, and with a right check; noise around it is passed over, and so is what another unit says
 * late: it is never taken for the answer.
 */
export class AnswerSearch {
  readonly request: Buffer
  #bytes = Buffer.alloc(0)
  #length: number | undefined
  /** What was passed over, in words. */
  #passed: string | undefined

  constructor(request: Buffer) {
    this.request = request
    this.#length = answerLength(request)
  }

  /** @returns the answer, or the exception, to the request, once it is there */
  push(bytes: Uint8Array): Buffer | undefined {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    for (let at = 0; at + EXCEPTION <= this.#bytes.length; at++) {
      const frame = this.#answerAt(at)
      if (frame !== undefined) return frame
    }
    // an answer may begin among the last of them
    if (this.#bytes.length > LONGEST) this.#bytes = Buffer.from(this.#bytes.subarray(-LONGEST))
    return undefined
  }

  /** Lets go of a whole frame that is not the answer; false where what came is no whole frame. */
  passOver(): boolean {
    const whole = this.#wholeFrame()
    if (whole === undefined) return false
    this.#passed = this.#describe(whole)
    this.#bytes = Buffer.from(this.#bytes.subarray(whole.length))
    return this.#bytes.length === 0 || this.passOver()
  }

  /** What came instead of the answer, in words; undefined where nothing came. */
  get instead(): string | undefined {
    const { length } = this.#bytes
    if (length === 0) return this.#passed
    const whole = this.#wholeFrame()
    if (whole !== undefined) return this.#describe(whole)
    const [unit, code] = this.request
    if (this.#bytes[0] === unit && this.#bytes[1] === code && length === this.#length)
      return `the answer of unit ${unit} has a wrong check (CRC)`
    return `${length} bytes came that are no whole answer of unit ${unit}`
  }

  /** The frame at the beginning of what came, whoever sent it. */
  #wholeFrame(): Buffer | undefined {
    const [, code = 0, size = 0] = this.#bytes
    const length = code & 0x80 ? EXCEPTION : code > 4 ? 8 : 5 + size
    const frame = this.#bytes.subarray(0, length)
    return frame.length === length && intact(frame) ? frame : undefined
  }

  #describe(frame: Buffer): string {
    const [unit, code] = this.request
    const [from, to = 0] = frame
    if (from !== unit) return `unit ${from} answered where unit ${unit} was asked`
    if ((to & 0x7f) !== code) return `unit ${unit} answered to function ${to & 0x7f} where ${code} was asked`
    return `unit ${unit} answered with ${frame.length} bytes where ${this.#length} were asked`
  }

  /** The answer that begins here, where it is one. */
  #answerAt(at: number): Buffer | undefined {
    const bytes = this.#bytes
    const [unit, code = 0] = this.request
    if (bytes[at] !== unit) return undefined
    const refused = bytes[at + 1] === (code | 0x80)
    if (!refused && bytes[at + 1] !== code) return undefined
    const length = refused ? EXCEPTION : this.#length
    if (length === undefined || at + length > bytes.length) return undefined
    const frame = bytes.subarray(at, at + length)
    // an answer to a read says how many bytes follow; one to a write repeats address and value, or address and count
    const fits =
      refused || (code <= 4 ? frame[2] === length - 5 : frame.subarray(2, 6).equals(this.request.subarray(2, 6)))
    return fits && intact(frame) ? Buffer.from(frame) : undefined
  }
}
