/**
 * Deliveries in one piece. Aedes copies a message twice for each subscriber, lets a turn of the event loop go by for
 * each, and writes it in six small pieces. Here it is made into bytes once (MQTT 3.1.1, section 3.3), for all who get
 * the same, and written at once. What needs more than that (a session that is kept, QoS 2) goes by Aedes as before.
 */
import type { AedesPublishPacket, Client } from 'aedes'
import type { Turn } from './turn.ts'

type Deliver = (packet: AedesPublishPacket, done: () => void) => void

/** What is used of the inside of a client of Aedes 1.2. */
interface Inside {
  deliver0: Deliver
  deliverQoS: Deliver
  readonly duplicates: Record<string, number>
  readonly subscriptions: Readonly<Record<string, { readonly qos?: number } | undefined>>
  readonly connecting: boolean
  readonly errored: boolean
  _nextId: number
  /** Calls back with an error where the client goes before there is room. */
  waitForDrain(done: (error?: Error) => void): void
}

interface Message extends AedesPublishPacket {
  readonly clientId?: string
  readonly nl?: boolean
}

/** Asked before each delivery; null where there is to be none. */
export type Forward = (client: Client, packet: AedesPublishPacket) => AedesPublishPacket | null

/** Makes a client of Aedes 1.2, which has just come in, get its messages in one piece. */
export function deliverWhole(client: Client, forward: Forward, turn: Turn): void {
  const inside = client as unknown as Inside
  const { deliver0, deliverQoS } = inside
  const send = (packet: AedesPublishPacket, most: 0 | 1, done: () => void): void => {
    const whole = isOwn(client, packet) || isKnown(inside, packet) ? null : forward(client, packet)
    if (whole === null) {
      turn.after(done)
      return
    }
    // [MQTT-3.8.4-6] what was asked for by just this topic; what by a wildcard, the doorman knows
    const asked = inside.subscriptions[packet.topic]?.qos ?? most
    const bytes = Math.min(most, whole.qos, asked) === 0 ? frame(whole) : numbered(whole, nextId(inside))
    client.conn.cork() // let go with all else that this turn brings: see coalesce.ts
    if (client.conn.write(bytes) || inside.errored) turn.after(done)
    else inside.waitForDrain(() => done()) // it went meanwhile: that is nobody else's error
  }
  const isOpen = () => client.connected || inside.connecting
  inside.deliver0 = (packet, done) => {
    if (isOpen()) send(packet, 0, done)
    else deliver0(packet, done)
  }
  inside.deliverQoS = (packet, done) => {
    if (client.clean && packet.qos < 2 && isOpen()) send(packet, packet.qos as 0 | 1, done)
    else deliverQoS(packet, done)
  }
}

/** Sends a PUBACK (3.4), and goes on once there is room for it. */
export function acknowledge(client: Client, id: number, go: () => void): void {
  const inside = client as unknown as Inside
  client.conn.cork()
  if (client.conn.write(Buffer.from([PUBACK, 2, id >>> 8, id & 255])) || inside.errored) go()
  else inside.waitForDrain(() => go())
}

function isOwn(client: Client, { clientId, nl }: Message): boolean {
  return nl === true && clientId === client.id
}

/** Two filters of a client match a message: it comes once. Messages of one broker are numbered upward. */
function isKnown({ duplicates }: Inside, { brokerId, brokerCounter }: AedesPublishPacket): boolean {
  if (!brokerId) return false
  if ((duplicates[brokerId] ?? 0) >= brokerCounter) return true
  duplicates[brokerId] = brokerCounter
  return false
}

function nextId(inside: Inside): number {
  const id = inside._nextId
  inside._nextId = id >= 65_535 ? 1 : id + 1
  return id
}

const PUBLISH = 0x30
const PUBACK = 0x40
const DUP = 8
const AT_LEAST_ONCE = 2
const RETAIN = 1

/** The last message that was made into bytes: subscribers come one after the other. */
const last = { topic: '', payload: '' as Buffer | string, retain: false, bytes: Buffer.alloc(0) }

/** A PUBLISH at QoS 0. */
function frame({ topic, payload, retain }: AedesPublishPacket): Buffer {
  if (last.payload === payload && last.topic === topic && last.retain === retain) return last.bytes
  const bytes = publishFrame(topic, payload, retain ? PUBLISH | RETAIN : PUBLISH, undefined)
  Object.assign(last, { topic, payload, retain, bytes })
  return bytes
}

/** A PUBLISH at QoS 1. */
function numbered({ topic, payload, retain, dup }: AedesPublishPacket, id: number): Buffer {
  return publishFrame(topic, payload, PUBLISH | AT_LEAST_ONCE | (retain ? RETAIN : 0) | (dup ? DUP : 0), id)
}

/** @param first the fixed header's first byte @param id packet identifier, undefined at QoS 0 */
export function publishFrame(topic: string, payload: Buffer | string, first: number, id: number | undefined): Buffer {
  const topicBytes = Buffer.byteLength(topic)
  const payloadBytes = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length
  const length = 2 + topicBytes + (id === undefined ? 0 : 2) + payloadBytes
  const lengthBytes = length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4
  const bytes = Buffer.allocUnsafe(1 + lengthBytes + length)
  bytes[0] = first
  let at = 1
  for (let left = length; at <= lengthBytes; left >>>= 7) bytes[at++] = left < 128 ? left : (left & 127) | 128
  bytes[at++] = topicBytes >>> 8
  bytes[at++] = topicBytes & 255
  at += bytes.write(topic, at)
  if (id !== undefined) {
    bytes[at++] = id >>> 8
    bytes[at++] = id & 255
  }
  if (typeof payload === 'string') bytes.write(payload, at)
  else bytes.set(payload, at)
  return bytes
}
