/** What is kept of a client that comes back: whose it is, what it asked for, and what waits for it. */
import type { Clock } from '@habtwin/runtime/clock'
import { Queue } from './queue.ts'
import type { SessionRecord, Subscription } from './records.ts'

export class KeptSession {
  readonly number: number
  readonly client: string
  /** Whose it is: nobody else gets it by taking the client's name. */
  readonly owner: string
  readonly subscriptions = new Map<string, Subscription>()
  readonly queue = new Queue()
  /** False where it ends with the connection, and is in memory only. */
  lasting = true
  /** ms that it outlives its connection, where its client has said so. */
  expiry: number | undefined
  /** Whether there is a filter that is not to bring it what it says itself. */
  noLocal = false
  /** Since when its client has been gone, monotonic ms; undefined while it is there. */
  away: number | undefined

  constructor({ number, client, owner }: Pick<SessionRecord, 'number' | 'client' | 'owner'>) {
    this.number = number
    this.client = client
    this.owner = owner
  }

  record(clock: Clock): SessionRecord {
    const { number, client, owner, expiry } = this
    const away = this.away === undefined ? 0 : wallOf(clock, this.away)
    const subscriptions = [...this.subscriptions.values()]
    return { kind: 'session', number, client, owner, away, ...(expiry === undefined ? {} : { expiry }), subscriptions }
  }
}

/** A moment of this process as wall time, to be read by the next one; 0 where the clock cannot be trusted. */
export function wallOf(clock: Clock, mono: number): number {
  return clock.doubt?.() === undefined ? Math.max(0, Math.round(clock.now() - (clock.mono() - mono))) : 0
}

/** A moment of an earlier process as one of this; now where either clock cannot be trusted. */
export function monoOf(clock: Clock, wall: number): number {
  if (wall === 0 || clock.doubt?.() !== undefined) return clock.mono()
  return clock.mono() - Math.max(0, clock.now() - wall)
}
