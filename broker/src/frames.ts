/**
 * A gate in front of the parser. The parser buffers a whole packet before it says a word, up to 256 MB of it, for
 * anyone; the gate reads only the fixed header (MQTT 3.1.1, section 2.2) and counts the rest through.
 */
import type { Duplex } from 'node:stream'

/** What a frame was refused for. */
export type FrameFault = 'not-mqtt' | 'packet-too-large' | 'malformed-length'

/** Follows the frames of one connection through chunks that are cut anywhere. */
export class FrameGate {
  readonly #first: number
  readonly #max: number
  /** Bytes of the present frame's body that are still to come. */
  #body = 0
  /** Bytes of the present frame's header that have come. */
  #header = 0
  #length = 0
  #frames = 0

  /**
   * @param first largest first packet, bytes of its body: a client has yet to say who it is
   * @param max largest packet after that, bytes of its body
   */
  constructor(first: number, max: number) {
    this.#first = first
    this.#max = max
  }

  /** Looks at the next bytes; a fault where the connection has to end. */
  pass(chunk: Uint8Array): FrameFault | undefined {
    let at = 0
    while (at < chunk.length) {
      if (this.#body > 0) {
        const skip = Math.min(this.#body, chunk.length - at)
        this.#body -= skip
        at += skip
        continue
      }
      const fault = this.#headerByte(chunk[at++] as number)
      if (fault !== undefined) return fault
    }
    return undefined
  }

  #headerByte(byte: number): FrameFault | undefined {
    if (this.#header === 0) {
      // [MQTT-3.1.0-1] the first packet is CONNECT, whose flags are all reserved
      if (this.#frames === 0 && byte !== CONNECT) return 'not-mqtt'
      this.#header = 1
      this.#length = 0
      return undefined
    }
    // four bytes at most, seven bits each, the lowest first (2.2.3)
    this.#length += (byte & 127) * 128 ** (this.#header - 1)
    const last = (byte & 128) === 0
    if (!last && this.#header === 4) return 'malformed-length'
    if (!last) {
      this.#header++
      return undefined
    }
    if (this.#length > (this.#frames === 0 ? this.#first : this.#max)) return 'packet-too-large'
    this.#header = 0
    this.#body = this.#length
    this.#frames++
    return undefined
  }
}

const CONNECT = 0x10

/**
 * Puts a gate before whoever reads the connection by `read()`, as Aedes does. A faulty frame is not handed on:
 * `refuse` is called, once, and has to end the connection.
 * @param seen told the size of each chunk, bytes
 */
export function gate(
  conn: Duplex,
  frames: FrameGate,
  seen: (bytes: number) => void,
  refuse: (fault: FrameFault) => void,
): void {
  const read = conn.read.bind(conn)
  let closed = false
  conn.read = (size?: number) => {
    const chunk: Buffer | null = closed ? null : read(size)
    if (chunk === null) return null
    seen(chunk.length)
    const fault = frames.pass(chunk)
    if (fault === undefined) return chunk
    closed = true
    refuse(fault)
    return null
  }
}
