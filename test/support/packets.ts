/** Counts MQTT packets by type as their bytes pass by (MQTT 3.1.1, 2.2). */

/** Types of control packets. */
export const PUBLISH = 3
export const PUBACK = 4

export class Packets {
  readonly #seen: (type: number) => void
  /** Bytes of the packet at hand that have yet to pass. */
  #rest = 0
  /** The type of a packet whose length is not known yet. */
  #type: number | undefined
  #length = 0
  #factor = 1

  /** @param seen told of each packet when its last byte has passed */
  constructor(seen: (type: number) => void) {
    this.#seen = seen
  }

  pass(chunk: Buffer): void {
    for (let i = 0; i < chunk.length; ) {
      if (this.#rest > 0) {
        const some = Math.min(this.#rest, chunk.length - i)
        this.#rest -= some
        i += some
        if (this.#rest === 0) this.#end()
        continue
      }
      const byte = chunk[i++] as number
      if (this.#type === undefined) {
        this.#type = byte >> 4
        continue
      }
      this.#length += (byte & 0x7f) * this.#factor
      this.#factor *= 128
      if (byte & 0x80) continue
      this.#rest = this.#length
      if (this.#rest === 0) this.#end()
    }
  }

  #end(): void {
    const type = this.#type as number
    this.#type = undefined
    this.#length = 0
    this.#factor = 1
    this.#seen(type)
  }
}
