/** What becomes of a message on its way into a session or among the retained ones. */
import type { Properties } from '../properties.ts'
import type { Packet } from './queue.ts'
import type { Subscription } from './records.ts'
import type { Row } from './sessions.ts'

/** One of the filters that a message matches. */
export type Asking = { readonly clientId: string } & Partial<Subscription>

export function asking({ session, subscription }: Row): Subscription & { readonly clientId: string } {
  const { topic, qos, rh, rap, nl, subscriptionIdentifier } = subscription
  const more = subscriptionIdentifier === undefined ? {} : { subscriptionIdentifier }
  return { clientId: session.client, topic, qos, rh, rap, nl, ...more }
}

/** A message as it goes to whoever asked for it so. */
export function addressed(packet: Packet, { qos = 2, rap, subscriptionIdentifier }: Partial<Subscription>): Packet {
  const own = { ...packet, qos: Math.min(qos, packet.qos), retain: rap === true && packet.retain }
  if (subscriptionIdentifier === undefined) return own
  return { ...own, properties: { ...packet.properties, subscriptionIdentifier } }
}

/** Two filters of one client match: it comes once, as well as either asked for [MQTT-3.3.5-1] [MQTT-3.3.4-4]. */
export function merge(known: Packet, packet: Packet, asking: Partial<Subscription>): void {
  const also = addressed(packet, asking)
  known.qos = Math.max(known.qos, also.qos)
  known.retain ||= also.retain
  const ids = [known, also].flatMap(({ properties }) => properties?.subscriptionIdentifier ?? [])
  if (ids.length > 0) known.properties = { ...known.properties, subscriptionIdentifier: [...new Set(ids)] }
}

/** A packet of our own, without a packet identifier. */
export function copy(packet: Packet): Packet {
  const { cmd, brokerId, brokerCounter, topic, payload, qos, retain = false, dup = false, properties } = packet
  const more: { properties?: Properties } = properties === undefined ? {} : { properties }
  const own = { cmd, brokerId, brokerCounter, topic, payload: detached(payload), qos, retain, dup }
  return { ...own, messageId: undefined, ...more }
}

/** A payload that does not hold on to the whole of what was read with it. */
export function detached(payload: Buffer | string): Buffer | string {
  if (typeof payload === 'string') return payload
  return payload.buffer.byteLength > 2 * payload.length + 64 ? unpooled(payload) : payload
}

function unpooled(payload: Buffer): Buffer {
  const own = Buffer.alloc(payload.length) // `Buffer.from` would take it from a pool again
  payload.copy(own)
  return own
}

export function asBuffer(payload: Buffer | string): Buffer {
  return typeof payload === 'string' ? Buffer.from(payload) : payload
}

export const nothing = Buffer.alloc(0)
