/**
 * Reads what comes most, whole PUBLISH packets at QoS 0 and 1 and their acknowledgements, right where they lie in what
 * was received (MQTT 3.1.1, sections 3.3 and 3.4). Everything else goes to the parser of Aedes 1.2 as before, a packet
 * at a time.
 */
import type { EventEmitter } from 'node:events'
import type { Client } from 'aedes'

/** What is used of the inside of a client of Aedes 1.2. */
interface Inside {
  readonly _parser: Parser
  readonly _keepaliveInterval: number
  readonly _keepaliveTimer: NodeJS.Timeout | null
  readonly connackSent: boolean
}

interface Parser extends EventEmitter {
  parse(bytes: Buffer): number
}

const PUBLISH = 3
const PUBACK = 4
const NOTHING = Buffer.alloc(0)

/** Makes a client of Aedes 1.2, which has just come in, read its packets so. */
export function takeWhole(client: Client): void {
  const inside = client as unknown as Inside
  const parser = inside._parser
  const parse = parser.parse.bind(parser)
  const topics = new LastTopic()
  const chunks = new Chunks()
  let busy = false
  parser.parse = (chunk) => {
    chunks.push(chunk)
    // whoever is handed a packet may ask for more
    if (busy) return chunks.bytes
    busy = true
    let bytes = chunks.take()
    for (; bytes !== undefined; bytes = chunks.take()) all(bytes)
    busy = false
    return chunks.bytes
  }

  function all(bytes: Buffer): void {
    let acknowledged = false
    let at = 0
    while (at < bytes.length && !client.conn.destroyed) {
      const body = bodyAt(bytes, at)
      const end = body + lengthAt(bytes, at)
      // also where the length itself is not there yet
      if (!(end <= bytes.length)) break
      const first = bytes[at] as number
      if (first === PUBACK << 4 && end - body === 2 && client.clean && inside.connackSent) acknowledged = true
      else if (!published(first, bytes, body, end)) parse(bytes.subarray(at, end))
      at = end
    }
    // nothing waits for it but the clock [MQTT-3.1.2-24]; whatever else comes winds that itself
    if (acknowledged && inside._keepaliveInterval > 0) inside._keepaliveTimer?.refresh()
    if (at < bytes.length && !client.conn.destroyed) chunks.putBack(bytes.subarray(at))
  }

  /** Hands on a PUBLISH; false where it is none that is read here. */
  function published(first: number, bytes: Buffer, at: number, end: number): boolean {
    const qos = (first >> 1) & 3
    if (first >> 4 !== PUBLISH || qos > 1 || end - at < 2) return false
    const from = at + 2
    const to = from + (((bytes[at] as number) << 8) | (bytes[at + 1] as number))
    const payloadAt = qos === 0 ? to : to + 2
    if (payloadAt > end) return false
    const messageId = qos === 0 ? undefined : ((bytes[to] as number) << 8) | (bytes[to + 1] as number)
    // [MQTT-2.3.1-1] never 0: the parser says so
    if (messageId === 0) return false
    const topic = topics.read(bytes, from, to)
    const [retain, dup] = [(first & 1) === 1, (first & 8) === 8]
    const payload = bytes.subarray(payloadAt, end)
    parser.emit('packet', { cmd: 'publish', retain, qos, dup, length: end - at, topic, payload, messageId })
    return true
  }
}

/** Where the body of the packet at a place begins (2.2.3); NaN where that is not there yet. */
function bodyAt(bytes: Buffer, at: number): number {
  for (let i = at + 1; i <= at + 4; i++) if ((bytes[i] ?? 128) < 128) return i + 1
  return Number.NaN
}

/** How long the body of the packet at a place is, bytes; NaN where that is not there yet. */
function lengthAt(bytes: Buffer, at: number): number {
  let length = 0
  for (let i = 0; i < 4; i++) {
    const byte = bytes[at + 1 + i] ?? Number.NaN
    length += (byte & 127) * 128 ** i
    if (byte < 128) return length
  }
  return Number.NaN
}

/** What was received and not read. A packet that comes in many pieces is put together once it is whole. */
class Chunks {
  readonly #chunks: Buffer[] = []
  bytes = 0
  /** Bytes without which there is nothing to read. */
  #needed = 0

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.bytes += chunk.length
  }

  /** The beginning of a packet, which came last. */
  putBack(start: Buffer): void {
    this.#chunks.unshift(start)
    this.bytes += start.length
    const whole = bodyAt(start, 0) + lengthAt(start, 0)
    this.#needed = Number.isNaN(whole) ? start.length + 1 : whole
  }

  /** All of it; undefined where that is not enough. */
  take(): Buffer | undefined {
    if (this.bytes === 0 || this.bytes < this.#needed) return undefined
    const [only = NOTHING] = this.#chunks
    const all = this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks)
    this.#chunks.length = 0
    this.bytes = 0
    this.#needed = 0
    return all
  }
}

/** Most publishers say the next thing on the topic of the last: then it is the same string, and found at once. */
class LastTopic {
  #bytes: Buffer = NOTHING
  #text = ''

  read(bytes: Buffer, from: number, to: number): string {
    const length = to - from
    if (length !== this.#bytes.length || bytes.compare(this.#bytes, 0, length, from, to) !== 0) {
      this.#bytes = Buffer.from(bytes.subarray(from, to))
      this.#text = this.#bytes.toString()
    }
    return this.#text
  }
}
