/**
 * State that is kept and taken up again by the same lines, so that the two cannot come apart: each part of a forecaster
 * has a `keep` that names its state to an archive, which writes it down or puts back what was written down before.
 */

type Numbers = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array

export interface Archive {
  /** Written: the same comes back. Read: what was written comes back. */
  number(value: number): number
  /** Written, or filled in place. */
  numbers(...arrays: Numbers[]): void
}

/** Something whose state can be kept. */
export interface Kept {
  keep(archive: Archive): void
}

export class Writer implements Archive {
  #bytes = new Uint8Array(1 << 16)
  #at = 0

  number(value: number): number {
    this.numbers(Float64Array.of(value))
    return value
  }

  numbers(...arrays: Numbers[]): void {
    for (const array of arrays) {
      this.#put(new Uint8Array(Uint32Array.of(array.byteLength).buffer))
      this.#put(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    }
  }

  text(text: string): void {
    this.numbers(new TextEncoder().encode(text))
  }

  get bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#at)
  }

  #put(bytes: Uint8Array): void {
    const end = this.#at + bytes.length
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.length))
      grown.set(this.#bytes.subarray(0, this.#at))
      this.#bytes = grown
    }
    this.#bytes.set(bytes, this.#at)
    this.#at = end
  }
}

/** @throws RangeError where what was written is of another shape */
export class Reader implements Archive {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  number(): number {
    const value = new Float64Array(1)
    this.numbers(value)
    return value[0] as number
  }

  numbers(...arrays: Numbers[]): void {
    for (const array of arrays) {
      const bytes = this.#take()
      if (bytes.length !== array.byteLength) throw new RangeError('the state is of another shape')
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(bytes)
    }
  }

  text(): string {
    return new TextDecoder().decode(this.#take())
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  #take(): Uint8Array {
    const begin = this.#at + 4
    if (begin > this.#bytes.length) throw new RangeError('the state ends too early')
    const [length = 0] = new Uint32Array(this.#bytes.slice(this.#at, begin).buffer)
    this.#at = begin + length
    if (this.#at > this.#bytes.length) throw new RangeError('the state ends too early')
    return this.#bytes.subarray(begin, this.#at)
  }
}
