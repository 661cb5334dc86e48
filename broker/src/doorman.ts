/** What Aedes asks before it lets anything happen, answered by the rules of runtime/access.ts and the limits. */
import { HabtwinError, isHabtwinError, messageOf } from '@habtwin/contract'
import type { House, Principal } from '@habtwin/runtime/access'
import type { AedesOptions, AedesPublishPacket, Client, ConnectPacket, PublishPacket } from 'aedes'
import type { Counts, Refusal, Refusals } from './counters.ts'
import type { Keeper } from './keeper.ts'
import { type Doors, mayBeNamed, mayTakeOver } from './login.ts'
import type { Limits } from './options.ts'
import type { Rules } from './rules.ts'
import type { Session, Sessions } from './sessions.ts'

/** Where a message goes that its client may not send: nobody can subscribe to it. */
const NOWHERE = '$habtwin/refused'
const NOTHING = Buffer.alloc(0)
const HOUR = 3_600_000
/** Listeners that one connection may have before Node warns of a leak: twice as many. */
const CONCURRENCY = 256
/** How many times as much as for others may wait for a process of the house: what passes it by is sent to it again. */
const OWN_SHARE = 16
/** CONNACK return codes (MQTT 3.1.1, section 3.2.2.3). */
const IDENTIFIER_REJECTED = 2
const SERVER_UNAVAILABLE = 3
const NOT_AUTHORIZED = 5

type Connected = (error: (Error & { returnCode: number }) | null, success: boolean | null) => void

/** Takes what must be kept elsewhere before it is acknowledged; undefined where a message is nothing to it. */
export type Accept = (topic: string, payload: Buffer, who: Principal) => Promise<void> | undefined

export interface DoormanParts {
  readonly house: House
  readonly rules: Rules
  readonly keeper: Keeper
  readonly accept: Accept
  readonly limits: Limits
  readonly sessions: Sessions
  readonly counts: Counts
  readonly refusals: Refusals
  /** Who may log in; left out where nobody can. */
  readonly doors?: Doors | undefined
}

export class Doorman {
  readonly #house: House
  readonly #rules: Rules
  readonly #keeper: Keeper
  readonly #accept: Accept
  readonly #limits: Limits
  readonly #sessions: Sessions
  readonly #counts: Counts
  readonly #refusals: Refusals
  readonly #doors: Doors | undefined

  constructor(parts: DoormanParts) {
    this.#house = parts.house
    this.#rules = parts.rules
    this.#keeper = parts.keeper
    this.#accept = parts.accept
    this.#limits = parts.limits
    this.#sessions = parts.sessions
    this.#counts = parts.counts
    this.#refusals = parts.refusals
    this.#doors = parts.doors
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
        if (session) session.connect = packet
        done(null, session !== undefined)
      },
      authenticate: (client, user, password, done) => {
        const session = this.#sessions.of(client.conn)
        if (session === undefined || session.refuse !== 0)
          return this.#turnAway('client-id', IDENTIFIER_REJECTED, client, undefined, done as Connected)
        // a name without a password is no login: some clients always send one
        if (this.#doors === undefined || password === undefined || session.unnamed?.role === 'service')
          return this.#enter(client, session, session.unnamed, user, done as Connected)
        const login = this.#doors.login(user ?? '', password.toString(), session.from)
        login.then(
          (answer) => {
            if ('principal' in answer) return this.#enter(client, session, answer.principal, user, done as Connected)
            const code = answer.refused === 'busy' ? SERVER_UNAVAILABLE : NOT_AUTHORIZED
            // what is no user's name may be a password that was typed into the wrong field
            const name = answer.known ? user : undefined
            this.#turnAway(reasons[answer.refused], code, client, name, done as Connected)
          },
          done as (error: Error) => void,
        )
      },
      authorizePublish: (client, packet, done) => this.#publish(client, packet, done),
      authorizeSubscribe: (client, subscription, done) => {
        const { topic } = subscription
        const session = this.#sessions.of(client.conn)
        const granted =
          session !== undefined &&
          topic.length <= limits.topic &&
          (session.filters.has(topic) || session.filters.size < limits.subscriptions) &&
          session.principal !== undefined &&
          (session.principal.role === 'service' || session.asking.spend()) &&
          this.#rules.maySubscribe(session.principal, topic, this.#house)
        if (granted) session.filters.set(topic, subscription.qos)
        else this.#refusals.add('subscribe', { ...nameOf(session, client), filter: topic.slice(0, limits.topic) })
        // null is 0x80, "failure", in the SUBACK
        done(null, granted ? subscription : null)
      },
      authorizeForward: (client, packet) => this.#forwarded(client, packet),
    }
  }

  /** Lets somebody in who is known by now, under the client id that was asked for. */
  #enter(
    client: Client,
    session: Session,
    who: Principal | undefined,
    user: string | undefined,
    done: Connected,
  ): void {
    if (session.conn.destroyed) return // Aedes has forgotten it meanwhile
    const refused = this.#objection(client, session, who, user)
    if (who === undefined || refused !== undefined) {
      const { reason, code } = refused ?? { reason: 'login-missing', code: NOT_AUTHORIZED }
      this.#turnAway(reason, code, client, who && user, done)
      return
    }
    session.principal = who
    session.pace.is(this.#rateOf(who))
    this.#sessions.name(client.id, session)
    done(null, true)
  }

  /** Why somebody who is known may not come in all the same. */
  #objection(
    client: Client,
    session: Session,
    who: Principal | undefined,
    user: string | undefined,
  ): Objection | undefined {
    if (who === undefined) return undefined
    // a certificate for one user, and the name of another
    if (who.via === 'certificate' && user !== undefined && user !== who.name)
      return { reason: 'login', code: NOT_AUTHORIZED }
    const other = this.#sessions.byId(client.id)
    if (!mayBeNamed(who, client.id, this.#doors) || (other?.principal && !mayTakeOver(who, other.principal)))
      return { reason: 'client-id', code: IDENTIFIER_REJECTED }
    if (other === undefined && this.#sessions.countOf(who) >= this.#limits.perUser)
      return { reason: 'connections-per-user', code: SERVER_UNAVAILABLE }
    const reason = this.#keeper.enter(client, session.connect ?? unwritten, who)
    if (reason === undefined) return undefined
    return { reason, code: reason === 'sessions' ? SERVER_UNAVAILABLE : IDENTIFIER_REJECTED }
  }

  #turnAway(reason: Refusal, returnCode: number, client: Client, user: string | undefined, done: Connected): void {
    const from = this.#sessions.of(client.conn)?.from
    this.#refusals.add(reason, { clientId: client.id.slice(0, this.#limits.clientId), user, from })
    done(Object.assign(new Error('refused'), { returnCode }), false)
  }

  /** Messages a second that somebody may publish. */
  #rateOf(who: Principal): number {
    if (!this.#rules.isPaced(who)) return Number.POSITIVE_INFINITY
    return who.role === 'viewer' || who.role === 'public' ? this.#limits.publishRate : this.#limits.userRate
  }

  /** Lets a message in when its sender may and its turn has come, and once it is kept where it must be. */
  #publish(client: Client | null, packet: PublishPacket, done: (error?: Error | null) => void): void {
    const session = client === null ? undefined : this.#sessions.of(client.conn)
    const who = session?.principal
    const reason = this.#publishRefusal(who, packet)
    if (session === undefined || who === undefined || reason !== undefined) {
      done(this.#refuse(session, client, packet, reason ?? 'publish'))
      return
    }
    const paced = session.pace.pass(() => {
      this.#counts.publishedIn++
      if (who.role !== 'service' && isCommand(packet.topic)) packet.payload = signed(packet.payload, who)
      this.#keep(packet, who, done)
    })
    if (!paced) done(this.#refuse(session, client, packet, 'publish-rate'))
  }

  #keep(packet: PublishPacket, who: Principal, done: (error?: Error | null) => void): void {
    const { topic, payload } = packet
    const kept = this.#keeper.publish(packet)
    const accepted = this.#accept(topic, typeof payload === 'string' ? Buffer.from(payload) : payload, who)
    if (kept === undefined && accepted === undefined) {
      done(null)
      return
    }
    Promise.all([kept, accepted]).then(
      () => done(null),
      (error) => {
        this.#refusals.add(isHabtwinError(error, 'data/unusable') ? 'no-room' : 'publish', {
          topic,
          reason: messageOf(error),
        })
        // no acknowledgement says that it was not kept; at QoS 0 nobody was promised anything
        done(packet.qos > 0 ? error : null)
      },
    )
  }

  /**
   * MQTT 3.1.1 has no way to refuse a message: at QoS 0 it is swallowed, above that an acknowledgement would be a lie,
   * so the connection is closed (3.3.5).
   */
  #refuse(session: Session | undefined, client: Client | null, packet: PublishPacket, reason: Refusal): Error | null {
    this.#refusals.add(reason, { ...nameOf(session, client), topic: packet.topic.slice(0, this.#limits.topic) })
    if (packet.qos > 0) return new HabtwinError('request/forbidden', 'not allowed to publish there')
    packet.topic = NOWHERE
    packet.payload = NOTHING
    packet.retain = false
    return null
  }

  #publishRefusal(who: Principal | undefined, packet: PublishPacket): Refusal | undefined {
    const { topic } = packet
    if (who === undefined || topic.length > this.#limits.topic) return 'publish'
    if (!this.#rules.mayPublish(who, topic, this.#house)) return 'publish'
    if (!packet.retain) return undefined
    if (!this.#rules.mayRetain(who, topic, this.#house)) packet.retain = false
    else if (!this.#keeper.persistence.retains(topic, packet.payload)) return 'retained'
    return undefined
  }

  /**
   * A client that reads too slowly is passed by, so that nobody else waits for it; one that was promised each
   * message (QoS 1) has it wait in its session, and without one is disconnected, so that it knows. The house's own
   * process is waited for a little before: that is what tells the gateway to hold back. Retained messages after a
   * subscription hold up only who asked for them.
   */
  #forwarded(client: Client, packet: AedesPublishPacket): AedesPublishPacket | null {
    const { conn } = client
    if (this.#keeper.courier.sending) {
      this.#counts.publishedOut++
      return packet
    }
    const session = this.#sessions.of(conn)
    const who = session?.principal
    if (session === undefined || who === undefined) return null
    if (!this.#rules.mayReceive(who, packet.topic, this.#house)) return null
    if (packet.qos > 0 && !this.#keeper.forwards(client, packet)) return null
    const most = this.#sessions.backlog(this.#limits) * (who.role === 'service' ? OWN_SHARE : 1)
    if (!packet.retain && conn.writableLength > most) {
      // the packet still has the QoS of who sent it
      if (packet.qos > 0 && client.clean && session.granted(packet.topic) > 0) {
        this.#refusals.add('slow-client', { clientId: client.id })
        conn.destroy()
      } else this.#refusals.add('slow-message', { clientId: client.id })
      return null
    }
    this.#counts.publishedOut++
    // [MQTT-3.8.4-6]: Aedes sends as well as the message came, also to who asked for less
    if (packet.qos === 2) packet.qos = session.granted(packet.topic)
    return packet
  }
}

interface Objection {
  readonly reason: Refusal
  /** Return code of the CONNACK. */
  readonly code: number
}

/** What a client has said that has said nothing. */
const unwritten = { clean: true } as ConnectPacket

const reasons = { wrong: 'login', locked: 'login-locked', busy: 'login-busy' } as const

/** Who it is, for the log. */
function nameOf(session: Session | undefined, client: Client | null) {
  return { clientId: client?.id, user: session?.principal?.name, role: session?.principal?.role }
}

/** True for `hab/{habitat}/command/…`, and not for the result of a command to `command`. */
function isCommand(topic: string): boolean {
  return topic.startsWith('/command/', topic.indexOf('/', 'hab/'.length))
}

/**
 * A command says who gave it: not what its sender writes there, but who that is. Of somebody who has not logged in
 * nobody knows, and what they say of themselves is left. What is no command is left to whoever refuses it.
 */
function signed(payload: Buffer | string, { name, role }: Principal): Buffer | string {
  try {
    const said: unknown = JSON.parse(payload.toString())
    if (typeof said !== 'object' || said === null || Array.isArray(said)) return payload
    const { role: _claimed, ...command } = said as { role?: unknown }
    return JSON.stringify(role === 'viewer' ? command : { ...command, by: name, role })
  } catch {
    return payload
  }
}
