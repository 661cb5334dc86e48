/**
 * Bytes with variable-length integers (LEB128), as in protocol buffers.
 * Integers may be as large as 2^53 - 1; the fast path is that of 31 bits.
 */

/** A buffer that grows. */
export class ByteWriter {
  #bytes: Uint8Array
  #length = 0

  constructor(capacity = 4096) {
    this.#bytes = new Uint8Array(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** Makes room for `n` more bytes. */
  reserve(n: number): void {
    if (this.#length + n <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + n))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }

  byte(value: number): void {
    this.reserve(1)
    this.#bytes[this.#length++] = value
  }

  /** A non-negative integer below 2^53. */
  uint(value: number): void {
    this.reserve(8)
    const bytes = this.#bytes
    let at = this.#length
    let rest = value
    while (rest > 0x7fffffff) {
      bytes[at++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    while (rest > 0x7f) {
      bytes[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    bytes[at++] = rest
    this.#length = at
  }

  /** An integer of either sign, zigzag: small magnitudes take few bytes. |value| < 2^52. */
  int(value: number): void {
    this.uint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  text(value: string): void {
    const bytes = Buffer.from(value)
    this.uint(bytes.length)
    this.raw(bytes)
  }

  /** A view of what was written; valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Empties it, keeping its room. */
  reset(): void {
    this.#length = 0
  }
}

/** Reads what a ByteWriter wrote. Throws a RangeError beyond the end. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  byte(): number {
    const value = this.#bytes[this.#at++]
    if (value === undefined) throw new RangeError('the bytes end too early')
    return value
  }

  uint(): number {
    const first = this.byte()
    if (first < 0x80) return first
    let value = first & 0x7f
    for (let scale = 128; ; scale *= 128) {
      const next = this.byte()
      value += (next & 0x7f) * scale
      if (next < 0x80) return value
      if (scale > 2 ** 49) throw new RangeError('an integer is too long')
    }
  }

  int(): number {
    const value = this.uint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** Reads integers of either sign into `out` from index `begin` on: `int()` in a loop, four times as fast. */
  intsInto(out: Float64Array, begin: number): void {
    const bytes = this.#bytes
    let at = this.#at
    for (let i = begin; i < out.length; i++) {
      const first = bytes[at] as number
      if (first < 0x80) {
        at++
        out[i] = (first >>> 1) ^ -(first & 1)
        continue
      }
      const second = bytes[at + 1] as number
      if (second < 0x80) {
        at += 2
        const value = (first & 0x7f) | (second << 7)
        out[i] = (value >>> 1) ^ -(value & 1)
        continue
      }
      // longer, or beyond the end
      this.#at = at
      out[i] = this.int()
      at = this.#at
    }
    this.#at = at
  }

  /** The next `n` bytes, as a view. */
  raw(n: number): Uint8Array {
    if (n > this.left) throw new RangeError('the bytes end too early')
    const view = this.#bytes.subarray(this.#at, this.#at + n)
    this.#at += n
    return view
  }

  text(): string {
    return Buffer.from(this.raw(this.uint())).toString()
  }

  /** A count of things of which each takes at least `unit` bytes: garbage must not make us allocate. */
  count(unit = 1): number {
    const n = this.uint()
    if (n * unit > this.left) throw new RangeError('a count is larger than the bytes that follow')
    return n
  }
}
