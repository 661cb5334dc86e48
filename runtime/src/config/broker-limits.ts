/** How much the broker takes, keys of `broker:`. The defaults are chosen for a Pi. */
import { z } from 'zod'
import { bytes, duration } from './quantity.ts'

const count = (most: number, unless: number) => z.int().min(1).max(most).default(unless)

export const brokerLimits = {
  /** Largest packet, bytes; of a CONNECT 16 kB. */
  max_packet: bytes('256 kB').default(262_144),
  max_connections: count(100_000, 200),
  max_connections_per_address: count(100_000, 100),
  /** Of one that has logged in. */
  max_connections_per_user: count(100_000, 16),
  /** ms until a client must have said who it is. */
  connect_timeout: duration('5 s').default(5_000),
  /** ms that the process that records may take to make room before it is taken for frozen. */
  drain_timeout: duration('3 s').default(3_000),
  /** Characters and levels of a topic or filter. */
  max_topic_length: count(65_535, 256),
  max_topic_levels: count(100, 16),
  /** Of one client. */
  max_subscriptions: count(10_000, 256),
  /** Messages that may be under way to a client whose session is kept. */
  max_inflight: count(10_000, 100),
  /** Messages a second from one client that has not logged in, and from one that has. Beyond it the client waits. */
  viewer_rate: z.number().positive().default(20),
  user_rate: z.number().positive().default(500),
  /** Bytes that wait to be sent to one client; beyond it live messages pass it by. */
  backlog: bytes('512 kB').default(524_288),
  /** The same of all clients together; beyond it each may have an eighth of its backlog. */
  backlogs: bytes('64 MB').default(64_000_000),
  /** Sessions that are kept, and for how long their client may stay away, ms. */
  max_sessions: count(100_000, 1_000),
  session_age: duration('14 d').default(14 * 86_400_000),
  /** What may wait for one session: messages, their bytes, and for how long, ms. The oldest goes first. */
  session_messages: count(60_000, 10_000),
  session_bytes: bytes('4 MB').default(4_000_000),
  message_age: duration('7 d').default(7 * 86_400_000),
  /** Bytes that may wait for all sessions together. */
  waiting_bytes: bytes('16 MB').default(16_000_000),
  /** Retained messages, beyond which clients may retain no more, and their bytes. */
  max_retained: count(10_000_000, 100_000),
  retained_bytes: bytes('64 MB').default(64_000_000),
}
