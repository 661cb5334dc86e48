/**
 * What the journal of the broker says, in bytes. A record is
 *
 *   length of the rest (4) · CRC-32 of the rest (4) · kind (1) · body
 *
 * all numbers big-endian. What is said of a session is its whole state, so that a later word replaces an earlier one.
 */
import { crc32 } from 'node:zlib'
import { fromJson, type Properties, toJson } from '../properties.ts'

/** A subscription as Aedes has it; the last three are of MQTT 5. */
export interface Subscription {
  readonly topic: string
  readonly qos: number
  readonly rh?: number | undefined
  readonly rap?: boolean | undefined
  readonly nl?: boolean | undefined
  readonly subscriptionIdentifier?: number | undefined
}

/** A message, and the sessions (by number) that it waits for. Retained without payload: the retained one is gone. */
export interface MessageRecord {
  readonly kind: 'message'
  readonly seq: number
  /** ms since the epoch; 0 where the clock could not be trusted. */
  readonly t: number
  readonly qos: number
  readonly retain: boolean
  readonly topic: string
  readonly payload: Buffer
  readonly sessions: readonly number[]
  /** Of MQTT 5. */
  readonly properties?: Properties | undefined
}

/** A message waits for a session no more. */
export interface DoneRecord {
  readonly kind: 'done'
  readonly session: number
  readonly seq: number
}

export interface SessionRecord {
  readonly kind: 'session'
  readonly number: number
  readonly client: string
  /** Whose it is: nobody else gets it by taking the client's name. */
  readonly owner: string
  /** When its client went, ms since the epoch; 0 where it is there or the clock could not be trusted. */
  readonly away: number
  /** ms that it outlives its connection, where its client has said so. */
  readonly expiry?: number | undefined
  readonly subscriptions: readonly Subscription[]
}

export interface WillRecord {
  readonly kind: 'will'
  readonly client: string
  /** Left out where the client said goodbye, or the will was done. */
  readonly will?: {
    readonly topic: string
    readonly payload: string
    readonly qos: number
    readonly retain: boolean
    readonly properties?: string
  }
}

/** Which sessions there are, and whose wills: all others are gone. */
export interface RollRecord {
  readonly kind: 'roll'
  readonly sessions: readonly number[]
  readonly wills: readonly string[]
}

export type JournalRecord = MessageRecord | DoneRecord | SessionRecord | WillRecord | RollRecord

const kinds = ['message', 'done', 'session', 'will', 'roll'] as const
const HEADER = 8
/** Nothing that is written is longer: a longer one is a length that was damaged. */
const MOST = 8 * 1024 * 1024

export function encode(record: JournalRecord): Buffer {
  const body = record.kind === 'message' ? message(record) : record.kind === 'done' ? done(record) : text(record)
  body.writeUInt32BE(body.length - HEADER, 0)
  body[HEADER] = kinds.indexOf(record.kind)
  body.writeUInt32BE(crc32(body.subarray(HEADER)), 4)
  return body
}

/** Flags of a message beside its QoS: that it is retained; that its properties stand before its payload. */
const RETAIN = 4
const PROPERTIES = 8

function message({ seq, t, qos, retain, topic, payload, sessions, properties }: MessageRecord): Buffer {
  const name = Buffer.byteLength(topic)
  const more = properties === undefined ? nothing : Buffer.from(toJson(properties))
  const head = HEADER + 1 + 6 + 6 + 1 + 2 + name + 2 + 4 * sessions.length
  const body = Buffer.allocUnsafe(head + (properties === undefined ? 0 : 4 + more.length) + payload.length)
  let at = HEADER + 1
  at = body.writeUIntBE(seq, at, 6)
  at = body.writeUIntBE(t, at, 6)
  at = body.writeUInt8((properties === undefined ? 0 : PROPERTIES) | (retain ? RETAIN : 0) | qos, at)
  at = body.writeUInt16BE(name, at)
  at += body.write(topic, at)
  at = body.writeUInt16BE(sessions.length, at)
  for (const session of sessions) at = body.writeUInt32BE(session, at)
  if (properties !== undefined) {
    at = body.writeUInt32BE(more.length, at)
    at += more.copy(body, at)
  }
  body.set(payload, at)
  return body
}

const nothing = Buffer.alloc(0)

function done({ session, seq }: DoneRecord): Buffer {
  const body = Buffer.allocUnsafe(HEADER + 1 + 4 + 6)
  body.writeUIntBE(seq, body.writeUInt32BE(session, HEADER + 1), 6)
  return body
}

function text(record: JournalRecord): Buffer {
  const json = Buffer.from(JSON.stringify(record))
  return Buffer.concat([Buffer.alloc(HEADER + 1), json])
}

function decode(body: Buffer): JournalRecord {
  const kind = kinds[body[0] as number]
  if (kind === 'done') return { kind, session: body.readUInt32BE(1), seq: body.readUIntBE(5, 6) }
  if (kind !== 'message') return JSON.parse(body.toString('utf8', 1)) as JournalRecord
  const flags = body.readUInt8(13)
  const name = body.readUInt16BE(14)
  const count = body.readUInt16BE(16 + name)
  const from = 18 + name
  const own = from + 4 * count
  const more = (flags & PROPERTIES) === 0 ? undefined : body.readUInt32BE(own)
  const start = more === undefined ? own : own + 4 + more
  return {
    kind,
    seq: body.readUIntBE(1, 6),
    t: body.readUIntBE(7, 6),
    qos: flags & 3,
    retain: (flags & RETAIN) !== 0,
    topic: body.toString('utf8', 16, 16 + name),
    sessions: Array.from({ length: count }, (_, i) => body.readUInt32BE(from + 4 * i)),
    // a copy: the file's whole text is not to stay in memory for one message
    payload: Buffer.from(body.subarray(start)),
    ...(more === undefined ? {} : { properties: fromJson(body.toString('utf8', own + 4, start)) }),
  }
}

/** What can be read of a segment. */
export interface Readable {
  readonly records: readonly JournalRecord[]
  /** Bytes up to the end of the last record that can be read. */
  readonly good: number
  /** Records that cannot be read although others after them can: not a write that was cut off, but damage. */
  readonly damaged: number
}

/** Reads the records of a segment from an offset on. A record that fails its checksum is passed over. */
export function decodeAll(bytes: Buffer, from: number): Readable {
  const records: JournalRecord[] = []
  let good = from
  let damaged = 0
  let pending = 0
  for (let at = from; at + HEADER < bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    const end = at + HEADER + length
    if (length === 0 || length > MOST || end > bytes.length) break
    const body = bytes.subarray(at + HEADER, end)
    if (crc32(body) === bytes.readUInt32BE(at + 4)) {
      records.push(decode(body))
      good = end
      damaged += pending
      pending = 0
    } else pending++
    at = end
  }
  return { records, good, damaged }
}
