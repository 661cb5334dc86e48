/** What Aedes asks before it lets anything happen, answered by the rules of runtime/access.ts and the limits. */
import { HabtwinError, isHabtwinError, messageOf } from '@habtwin/contract'
import type { House, Principal } from '@habtwin/runtime/access'
import type { AedesOptions, AedesPublishPacket, Client, ConnectPacket, PublishPacket } from 'aedes'
import type { Counts, Refusal, Refusals } from './counters.ts'
import { acknowledge } from './deliver.ts'
import { NOWHERE, type Publish } from './dispatch.ts'
import { expel, reasonCodes, speaks5 } from './engine.ts'
import { fits, type Keeper } from './keeper.ts'
import { type Doors, mayBeNamed, mayTakeOver } from './login.ts'
import type { Limits } from './options.ts'
import { passedOn } from './properties.ts'
import type { Rules } from './rules.ts'
import type { Session, Sessions } from './sessions.ts'
import type { Unspoken } from './unspoken.ts'

const NOTHING = Buffer.alloc(0)
const HOUR = 3_600_000
/** Listeners that one connection may have before Node warns of a leak: twice as many. */
const CONCURRENCY = 256
/** How many times as much as for others may wait for a process of the house: what passes it by is sent to it again. */
const OWN_SHARE = 16
/** CONNACK return codes (MQTT 3.1.1, section 3.2.2.3). */
const IDENTIFIER_REJECTED = 2
const SERVER_UNAVAILABLE = 3
const BAD_USER_OR_PASSWORD = 4
const NOT_AUTHORIZED = 5
/** In a SUBACK (3.9.3). */
const FAILURE = 0x80

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
  /** Tells those who speak MQTT 5 that it is not spoken; left out where it is. */
  readonly unspoken?: Unspoken | undefined
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
  readonly #unspoken: Unspoken | undefined
  #publishes: Publish | undefined

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
    this.#unspoken = parts.unspoken
  }

  /** Publishes from now on what is let in, where the engine is not to do it. */
  publishBy(publish: Publish): void {
    this.#publishes = publish
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
      // bounded below, for every engine
      maxInflightInbound: 0,
      maxTopicLevels: limits.levels,
      queueLimit: 64,
      preConnect: (client, packet, done) => {
        const session = this.#sessions.of(client.conn)
        const id = packet.clientId ?? ''
        const five = packet.protocolVersion === 5
        if (five && session && this.#unspoken) {
          this.#refusals.add('mqtt5', { clientId: id.slice(0, limits.clientId), from: session.from })
          this.#unspoken.turnAway(session.conn, id.slice(0, limits.clientId), session.from)
          done(null, false)
          return
        }
        // [MQTT-3.1.3-8] without a session of its own, a client without a name is one too many; by 5 it is given one
        const nameless = id === '' && packet.clean === false && !five
        if (session && (nameless || id.length > limits.clientId || !isName(id))) {
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
            const wrong = answer.refused === 'wrong' && speaks5(client) ? BAD_USER_OR_PASSWORD : NOT_AUTHORIZED
            const code = answer.refused === 'busy' ? SERVER_UNAVAILABLE : wrong
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
          isName(topic) &&
          (session.filters.has(topic) || session.filters.size < limits.subscriptions) &&
          session.principal !== undefined &&
          (session.principal.role === 'service' || session.asking.spend()) &&
          this.#keeper.persistence.turns.waiting(client) < limits.subscriptions &&
          this.#rules.maySubscribe(session.principal, topic, this.#house)
        if (granted) session.filters.set(topic, subscription.qos)
        else {
          this.#refusals.add('subscribe', { ...nameOf(session, client), filter: topic.slice(0, limits.topic) })
          // as the SUBACK has it: whoever keeps what was asked for in one packet leaves this one out
          Object.assign(subscription, { qos: FAILURE })
        }
        // null is 0x80, "failure", in the SUBACK
        done(null, granted ? subscription : null)
      },
      authorizeForward: this.forward,
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
    if (client === null || session === undefined || who === undefined) {
      done(this.#refuse(session, client, packet, 'publish'))
      return
    }
    if (!this.#reserved(client, packet)) {
      done(this.#refuse(session, client, packet, 'inflight'))
      if (speaks5(client)) expel(client, reasonCodes.receiveMaximumExceeded)
      return
    }
    // what is refused has to wait for its turn as well: it costs as much
    const paced = session.pace.pass(() => {
      const reason = this.#publishRefusal(session, who, packet)
      if (reason === undefined) this.#take(client, packet, who, done)
      else done(this.#refuse(session, client, packet, reason))
    })
    if (!paced) done(this.#refuse(session, client, packet, 'publish-rate'))
  }

  /** Whether a QoS 2 message has a place until its PUBREL. A last will, which needs none, has no number. */
  #reserved({ id }: Client, { qos, messageId }: Numbered): boolean {
    return qos < 2 || messageId === undefined || this.#keeper.persistence.incoming.reserve(id, messageId)
  }

  #take(client: Client, packet: PublishPacket, who: Principal, done: (error?: Error | null) => void): void {
    this.#counts.publishedIn++
    if (who.role !== 'service' && isCommand(packet.topic)) packet.payload = signed(packet.payload, who)
    if (packet.properties !== undefined) Object.assign(packet, { properties: passedOn(packet.properties) })
    const { topic, payload } = packet
    const kept = this.#keeper.publish(packet, client)
    const accepted = this.#accept(topic, typeof payload === 'string' ? Buffer.from(payload) : payload, who)
    if (kept === undefined && accepted === undefined) {
      this.#passOn(client, packet, done)
      return
    }
    Promise.all([kept, accepted]).then(
      () => this.#passOn(client, packet, done),
      (error) => {
        this.#refusals.add(isHabtwinError(error, 'data/unusable') ? 'no-room' : 'publish', {
          topic,
          reason: messageOf(error),
        })
        // no acknowledgement says that it was not kept; at QoS 0 nobody was promised anything
        done(packet.qos > 0 ? this.#denied(client, packet, 'no-room') : null)
      },
    )
  }

  /** Acknowledges a message and publishes it; to Aedes nothing is left of it then. What is exactly once, Aedes counts. */
  #passOn(client: Client, packet: PublishPacket, done: (error?: Error | null) => void): void {
    const publish = this.#publishes
    if (publish === undefined || packet.qos > 1) {
      done(null)
      return
    }
    const { topic, payload, qos, retain } = packet
    const go = () => publish({ topic, payload, qos, retain }, client, () => done(null))
    const { messageId = 0 } = packet as Numbered
    swallow(packet)
    if (qos === 0) go()
    else acknowledge(client, messageId, go)
  }

  /**
   * MQTT 3.1.1 has no way to refuse a message: at QoS 0 it is swallowed, above that an acknowledgement would be a lie,
   * so the connection is closed (3.3.5).
   */
  #refuse(session: Session | undefined, client: Client | null, packet: PublishPacket, reason: Refusal): Error | null {
    this.#refusals.add(reason, { ...nameOf(session, client), topic: packet.topic.slice(0, this.#limits.topic) })
    if (packet.qos > 0) return this.#denied(client, packet, reason)
    swallow(packet)
    return null
  }

  /** What an acknowledgement of MQTT 5 says; by 3.1.1 the connection ends. */
  #denied(client: Client | null, { messageId }: Numbered, reason: Refusal): Error {
    if (client !== null && messageId !== undefined) this.#keeper.persistence.incoming.release(client.id, messageId)
    return new HabtwinError('request/forbidden', denials[reason] ?? 'not allowed to publish there')
  }

  #publishRefusal(session: Session, who: Principal, packet: PublishPacket): Refusal | undefined {
    const { topic } = packet
    if (!session.published.is(who, topic)) {
      if (topic.length > this.#limits.topic || !isText(topic)) return 'publish'
      if (!this.#rules.mayPublish(who, topic, this.#house)) return 'publish'
      // what a viewer may in the demo changes with its devices
      if (who.role !== 'viewer') session.published.note(who, topic)
    }
    if (!packet.retain) return undefined
    if (!this.#rules.mayRetain(who, topic, this.#house)) packet.retain = false
    else if (!this.#keeper.persistence.retained.hasRoom(packet)) return 'retained'
    return undefined
  }

  /**
   * A client that reads too slowly is passed by, so that nobody else waits for it; one that was promised each
   * message (QoS 1) has it wait in its session, and without one is disconnected, so that it knows. The house's own
   * process is waited for a little before: that is what tells the gateway to hold back. Retained messages after a
   * subscription hold up only who asked for them.
   */
  readonly forward = (client: Client, packet: AedesPublishPacket): AedesPublishPacket | null => {
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
    // what is sent after a subscription comes of no publisher: as well as it was retained, also to who asked for less
    const late = !packet.brokerId
    if (late && packet.qos > 0) {
      packet.qos = least(packet.qos, session.granted(packet.topic))
      if (this.#keeper.later(client, packet)) return null
    }
    if (!fits(client, packet)) {
      this.#refusals.add('too-large-for-client', { clientId: client.id, topic: packet.topic })
      return null
    }
    const most = this.#sessions.backlog(this.#limits) * (who.role === 'service' ? OWN_SHARE : 1)
    if (!late && conn.writableLength > most) {
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

/** Leaves nothing of a message for Aedes to publish. */
function swallow(packet: PublishPacket): void {
  packet.topic = NOWHERE
  packet.payload = NOTHING
  packet.qos = 0
  packet.retain = false
  if (packet.properties !== undefined) delete packet.properties
}

/** Why a message was not taken, for its sender. */
const denials: Partial<Record<Refusal, string>> = {
  'publish-rate': 'too many messages a second',
  retained: 'there is no room to retain it',
  inflight: 'too many messages without their PUBREL',
  'no-room': 'it could not be kept',
}

interface Numbered {
  readonly qos: number
  readonly messageId?: number | undefined
}

/** False for what cannot be text [MQTT-1.5.3-2]; what the parser could not read stands as U+FFFD [MQTT-1.5.3-1]. */
function isText(text: string): boolean {
  return !text.includes('\0') && !text.includes('\ufffd')
}

/** As `isText`, and no word that every object of the language knows: tables are keyed by it, not all of them ours. */
function isName(text: string): boolean {
  return isText(text) && !(text in Object.prototype)
}

function least(a: 0 | 1 | 2, b: 0 | 1 | 2): 0 | 1 | 2 {
  return a < b ? a : b
}

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
