/**
 * The link of a mission, on top of the one that there is:
 *
 *   bridge ─ send ──► no contact: closed (it waits in its lanes)
 *                └──► under way for the delay ──────────────────────► direct ─► other broker
 *   bridge ◄ receive ── under way for the delay, then until contact ◄──┘
 *
 * What is in real time passes by at once, both ways. A message that is under way when a contact ends arrives all the same;
 * one that is due while the network is down goes as soon as it is back, without another delay. When the process is
 * killed, what was under way outwards is still unconfirmed in the journal and is sent again; commands that were under way
 * to here are on disk. Delays are measured by a clock that nobody sets, contacts are told by the wall clock.
 */
import { type Emergency, HabtwinError, isHabtwinError, isRealTime, type LinkPlan } from '@habtwin/contract'
import { contactAt, delayAt, lastContact, nextContact } from '@habtwin/contract/contact'
import type { Clock, Log, Timer } from '@habtwin/runtime'
import type { Channel, ChannelEvents, ChannelWords, Done, Message } from '../channel.ts'
import { Inbound } from './inbound.ts'
import { type Held, UnderWay } from './under-way.ts'

export interface SimulatedParts {
  /** The link that there really is. */
  readonly inner: Channel
  readonly clock: Clock
  readonly log: Pick<Log, 'warn'>
  readonly plan: LinkPlan
  /** Set while the simulation is off. */
  readonly emergency: () => Emergency | undefined
  /** Keeps what is under way to here over a restart. */
  readonly state: { load(): string | undefined; save(text: string): void }
  /** Bytes that may be under way; beyond that the channel is closed until some of it has arrived. */
  readonly memory?: number
}

const MEMORY = 16_000_000
/** How often it is looked whether the wall clock was put, ms. */
const LOOK = 5_000
/** The delay is told in steps of so much, ms. */
const GRAIN = 100
/** Messages that are given to the network and not taken over yet. */
const WINDOW = 256

export class SimulatedChannel implements Channel {
  readonly keeps = true
  readonly #parts: SimulatedParts
  readonly #away = new UnderWay()
  /** Due, and handed to the network; back here in order where that fails. */
  #due: (Held & { sending: boolean })[] = []
  readonly #inbound: Inbound
  #events: ChannelEvents | undefined
  #timer: Timer | undefined
  #last = 0
  /** No more goes in until half of it has arrived: to begin anew costs the bridge something. */
  #full = false
  #told = ''
  #ended = false

  constructor(parts: SimulatedParts) {
    this.#parts = parts
    const { clock, log, state } = parts
    this.#inbound = new Inbound({
      ...{ clock, log, state },
      plan: () => this.#plan,
      deliver: (message) => this.#events?.onReceive(message),
    })
  }

  get up(): boolean {
    return this.#parts.inner.up
  }

  get open(): boolean {
    const { inner, clock } = this.#parts
    const plan = this.#plan
    if (!inner.open || plan === undefined) return inner.open
    return contactAt(plan.contacts, clock.now()) !== undefined && !this.#full
  }

  get delay(): number {
    const { inner, clock } = this.#parts
    return inner.delay + delayAt(this.#plan ?? {}, 'crew', clock.now())
  }

  get reason(): string | undefined {
    return this.#parts.inner.reason
  }

  get unlimited(): boolean {
    return this.#parts.emergency() !== undefined || this.#parts.inner.unlimited
  }

  /** Messages on their way there, and to here. */
  get underWay(): { out: number; in: number } {
    return { out: this.#away.count + this.#due.length, in: this.#inbound.count }
  }

  words(): ChannelWords {
    const { plan, clock, emergency } = this.#parts
    const now = clock.now()
    const off = emergency()
    const contact = plan.contacts && lastContact(plan.contacts, now)
    const next = nextContact(plan.contacts, now)
    return {
      // the light time changes with every moment, which is no news
      delay: Math.round(this.delay / GRAIN) * GRAIN,
      // a budget alone pretends nothing
      simulated: plan.delay !== undefined || plan.contacts !== undefined,
      plan,
      ...(off === undefined ? {} : { emergency: off }),
      ...(contact && Number.isFinite(contact.to) ? { contact: { open: now < contact.to, ...contact } } : {}),
      ...(next && Number.isFinite(next.from) ? { next } : {}),
    }
  }

  start(events: ChannelEvents): void {
    this.#events = events
    this.#inbound.start()
    this.#parts.inner.start({
      onChange: () => {
        this.#pump()
        events.onChange()
      },
      onReceive: (message) => {
        if (isRealTime(message.topic)) return events.onReceive(message)
        this.#inbound.push(message)
        this.#pump()
      },
    })
    this.#pump()
  }

  /** The emergency switch was used: what is under way arrives now, or the delay begins again. */
  switched(): void {
    this.#pump()
    this.#events?.onChange()
  }

  send(message: Message, done: Done): void {
    const { inner, clock } = this.#parts
    const plan = this.#plan
    // behind what is still on its way nothing goes by
    const isFree = plan === undefined && this.#away.count === 0 && this.#due.length === 0
    if (isFree || isRealTime(message.topic)) {
      inner.send(message, done)
      return
    }
    if (!this.up) {
      queueMicrotask(() => done(new HabtwinError('link/unavailable', 'the other broker is not connected')))
      return
    }
    const now = clock.mono()
    this.#last = Math.max(this.#last, now + (plan === undefined ? 0 : delayAt(plan, 'crew', clock.now())))
    this.#away.push({ message, done, at: this.#last }, now)
    this.#weigh()
    if (this.#away.count === 1 || plan === undefined) this.#pump()
  }

  renew(why: string): void {
    this.#parts.inner.renew(why)
  }

  hold(why: string | undefined): void {
    this.#parts.inner.hold(why)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true
    this.#timer?.cancel()
    await this.#parts.inner[Symbol.asyncDispose]()
  }

  /** What the simulation does now; undefined in an emergency. */
  get #plan(): LinkPlan | undefined {
    return this.#parts.emergency() === undefined ? this.#parts.plan : undefined
  }

  /** Lets go of what is due, both ways, and looks again when something may be. */
  #pump(): void {
    if (this.#ended) return
    const { clock } = this.#parts
    const now = clock.mono()
    const off = this.#plan === undefined
    if (off) this.#last = now
    for (let held = this.#away.first(); held !== undefined && (off || held.at <= now); held = this.#away.first()) {
      if (this.#due.length >= WINDOW) break
      this.#away.shift()
      this.#due.push({ ...held, sending: false })
    }
    this.#weigh()
    this.#release()
    this.#inbound.pump()
    const told = `${this.open} ${nextContact(this.#parts.plan.contacts, clock.now())?.from}`
    if (told !== this.#told) {
      this.#told = told
      this.#events?.onChange()
    }
    this.#sleep()
  }

  #weigh(): void {
    const { memory = MEMORY } = this.#parts
    if (this.#away.bytes >= memory) this.#full = true
    else if (this.#away.bytes <= memory / 2) this.#full = false
  }

  #release(): void {
    const { inner } = this.#parts
    for (const held of [...this.#due]) {
      if (!inner.up) return
      if (held.sending) continue
      held.sending = true
      inner.send(held.message, (error) => {
        held.sending = false
        // it goes again when the network is back: it has been on its way for long enough
        if (isHabtwinError(error, 'link/unavailable') && !this.#ended) return
        this.#due = this.#due.filter((one) => one !== held)
        held.done(error)
        if (this.#due.length === 0 || this.#due.length === WINDOW / 2) this.#pump()
      })
    }
  }

  /** How long until a contact begins or ends, ms. */
  #changes(): number {
    const { contacts } = this.#parts.plan
    if (contacts === undefined) return Number.POSITIVE_INFINITY
    const now = this.#parts.clock.now()
    const ends = lastContact(contacts, now).to
    const begins = nextContact(contacts, now)?.from ?? Number.POSITIVE_INFINITY
    return Math.min(ends > now ? ends - now : Number.POSITIVE_INFINITY, begins - now)
  }

  #sleep(): void {
    const { clock } = this.#parts
    this.#timer?.cancel()
    const full = this.#due.length >= WINDOW
    const dues = [full ? undefined : this.#away.first()?.at, this.#inbound.due].filter((at) => at !== undefined)
    const now = clock.mono()
    const soonest = Math.min(LOOK, this.#changes(), ...dues.map((at) => (at > now ? at - now : LOOK)))
    this.#timer = clock.after(soonest, () => this.#pump())
  }
}
