/** Frames out of bytes: found by how they begin, and taken only where their checksum holds. */

/** How frames of one kind look. */
export interface FrameShape {
  /** Bytes of the longest frame; no more is ever kept. */
  readonly longest: number
  /**
   * Bytes of the frame that begins here; 0 where none does, undefined where too little has come to tell.
   * @param rest at least one byte
   */
  sizeOf(rest: Uint8Array): number | undefined
  /** True where the frame is whole and its checksum right. */
  holds(frame: Uint8Array): boolean
}

export class Deframer {
  #shape: FrameShape
  #rest: Uint8Array = new Uint8Array()
  /** Bytes that belong to no frame. */
  dropped = 0
  /** Frames that began as they should and did not hold. */
  spoilt = 0

  constructor(shape: FrameShape) {
    this.#shape = shape
  }

  /** Whole frames among the bytes that came and those kept from before, in their order. */
  push(bytes: Uint8Array): Uint8Array[] {
    const all = this.#rest.length === 0 ? bytes : joined(this.#rest, bytes)
    const frames: Uint8Array[] = []
    let at = 0
    while (at < all.length) {
      const rest = all.subarray(at)
      const size = this.#shape.sizeOf(rest)
      if (size === undefined || size > rest.length) break
      const frame = rest.subarray(0, size)
      if (size > 0 && this.#shape.holds(frame)) {
        frames.push(Uint8Array.from(frame))
        at += size
        continue
      }
      // the true frame may begin within the one that did not hold
      if (size > 0) this.spoilt++
      this.dropped++
      at++
    }
    this.#rest = Uint8Array.from(all.subarray(at))
    return frames
  }

  /** Forgets the beginning of a frame. */
  clear(): void {
    this.dropped += this.#rest.length
    this.#rest = new Uint8Array()
  }

  /** Bytes of a frame that is not whole yet. */
  get pending(): number {
    return this.#rest.length
  }
}

/** True where the bytes begin in this way, as far as they have come. */
export function begins(bytes: Uint8Array, ...head: readonly number[]): boolean {
  return head.every((byte, i) => i >= bytes.length || bytes[i] === byte)
}

/** The sum of the bytes from `from` up to `to`, that one left out. */
export function sum(bytes: Uint8Array, from: number, to: number): number {
  let total = 0
  for (let i = from; i < to; i++) total += bytes[i] ?? 0
  return total
}

/** An unsigned number of two bytes, the high one first. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length)
  all.set(a)
  all.set(b, a.length)
  return all
}
