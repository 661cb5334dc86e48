/** What Aedes asks before it lets anything happen, answered by the rules of access.ts and the limits. */
import { HabtwinError } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import type { AedesOptions, AedesPublishPacket, Client, PublishPacket } from 'aedes'
import { type House, mayPublish, mayReceive, mayRetain, maySubscribe } from './access.ts'
import type { Counts, Refusals } from './counters.ts'
import type { Limits } from './options.ts'
import type { Session, Sessions } from './sessions.ts'

/** Where a message goes that its client may not send: nobody can subscribe to it. */
const NOWHERE = '$habtwin/refused'
const NOTHING = Buffer.alloc(0)
const HOUR = 3_600_000
/** Messages that Aedes delivers at once before the next ones wait. */
const CONCURRENCY = 256
/** CONNACK return code: the identifier is rejected (MQTT 3.1.1, section 3.2.2.3). */
const IDENTIFIER_REJECTED = 2

export interface DoormanParts {
  readonly house: House
  readonly limits: Limits
  readonly sessions: Sessions
  readonly counts: Counts
  readonly refusals: Refusals
  readonly clock: Clock
}

export class Doorman {
  readonly #house: House
  readonly #limits: Limits
  readonly #sessions: Sessions
  readonly #counts: Counts
  readonly #refusals: Refusals
  readonly #clock: Clock

  constructor(parts: DoormanParts) {
    this.#house = parts.house
    this.#limits = parts.limits
    this.#sessions = parts.sessions
    this.#counts = parts.counts
    this.#refusals = parts.refusals
    this.#clock = parts.clock
  }

  /** The options of Aedes: its hooks answer by the rules of access.ts and the limits. */
  hooks(): AedesOptions {
    const limits = this.#limits
    return {
      concurrency: CONCURRENCY,
      // nothing listens for it, and there is no second broker to be told of
      heartbeatInterval: HOUR,
      connectTimeout: limits.connectTimeout,
      drainTimeout: limits.drainTimeout,
      maxInflightInbound: 32,
      maxTopicLevels: limits.levels,
      queueLimit: 64,
      preConnect: (client, packet, done) => {
        const session = this.#sessions.of(client.conn)
        const id = packet.clientId ?? ''
        // [MQTT-3.1.3-8] without a session of its own, a client without a name is one too many
        if (session && ((id === '' && packet.clean === false) || id.length > limits.clientId)) {
          session.refuse = IDENTIFIER_REJECTED
        }
        packet.clean = true
        done(null, session !== undefined)
      },
      authenticate: (client, _user, _password, done) => {
        const session = this.#sessions.of(client.conn)
        // taking over a connection [MQTT-3.1.4-2] is for equals: a viewer may not put out the house's own
        const other = this.#sessions.byId(client.id)
        if (session === undefined || session.refuse !== 0 || (other !== undefined && other.role !== session.role)) {
          this.#refusals.add('client-id', { clientId: client.id.slice(0, limits.clientId) })
          return done(Object.assign(new Error('identifier rejected'), { returnCode: IDENTIFIER_REJECTED }), false)
        }
        this.#sessions.name(client.id, session)
        done(null, true)
      },
      authorizePublish: (client, packet, done) => done(this.#publishFault(client, packet)),
      authorizeSubscribe: (client, subscription, done) => {
        const { topic } = subscription
        const session = this.#sessions.of(client.conn)
        const granted =
          session !== undefined &&
          topic.length <= limits.topic &&
          (session.filters.has(topic) || session.filters.size < limits.subscriptions) &&
          maySubscribe(session.role, topic)
        if (granted) session.filters.add(topic)
        else this.#refusals.add('subscribe', { clientId: client.id, filter: topic.slice(0, limits.topic) })
        // null is 0x80, "failure", in the SUBACK
        done(null, granted ? subscription : null)
      },
      authorizeForward: (client, packet) => (this.#mayForward(client, packet) ? packet : null),
    }
  }

  /**
   * Refuses what a client may not publish. MQTT 3.1.1 has no way to say so: at QoS 0 the message is swallowed, above
   * that an acknowledgement would be a lie, so the connection is closed (3.3.5).
   */
  #publishFault(client: Client | null, packet: PublishPacket): Error | null {
    const session = client === null ? undefined : this.#sessions.of(client.conn)
    const reason = this.#publishRefusal(session, packet)
    if (session !== undefined && reason === undefined) {
      this.#counts.publishedIn++
      if (packet.retain && !mayRetain(session.role, packet.topic, this.#house)) packet.retain = false
      return null
    }
    const topic = packet.topic.slice(0, this.#limits.topic)
    this.#refusals.add(reason ?? 'publish', { clientId: client?.id, topic })
    if (packet.qos > 0) return new HabtwinError('request/forbidden', 'not allowed to publish there')
    packet.topic = NOWHERE
    packet.payload = NOTHING
    packet.retain = false
    return null
  }

  #publishRefusal(session: Session | undefined, { topic }: PublishPacket): 'publish' | 'publish-rate' | undefined {
    if (session === undefined || topic.length > this.#limits.topic) return 'publish'
    if (!mayPublish(session.role, topic, this.#house)) return 'publish'
    return session.role === 'service' || session.budget.spend(this.#clock.mono()) ? undefined : 'publish-rate'
  }

  /**
   * A viewer that reads too slowly is passed by, so that nobody else waits for it; one that was promised each
   * message (QoS 1) is disconnected, so that it knows. The house's own process is waited for instead: that is what
   * tells the gateway to hold back. Retained messages after a subscription hold up only who asked for them.
   */
  #mayForward(client: Client, packet: AedesPublishPacket): boolean {
    const { conn } = client
    const session = this.#sessions.of(conn)
    if (session === undefined || !mayReceive(session.role, packet.topic)) return false
    if (session.role === 'viewer' && !packet.retain && conn.writableLength > this.#limits.backlog) {
      if (packet.qos > 0) {
        this.#refusals.add('slow-client', { clientId: client.id })
        conn.destroy()
      } else this.#refusals.add('slow-message', { clientId: client.id })
      return false
    }
    this.#counts.publishedOut++
    return true
  }
}
