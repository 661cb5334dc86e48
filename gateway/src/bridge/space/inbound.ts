/**
 * What mission control sent and what is not here yet. The other broker has let go of a command when it handed it over, so
 * commands are on disk until they are here: nobody would send them again.
 */
import { type LinkPlan, messageOf } from '@habtwin/contract'
import { contactAt, delayAt } from '@habtwin/contract/contact'
import type { Clock, Log } from '@habtwin/runtime'
import { z } from 'zod'
import type { Message } from '../channel.ts'

export interface InboundParts {
  readonly clock: Clock
  readonly log: Pick<Log, 'warn'>
  /** Undefined while nothing is simulated. */
  readonly plan: () => LinkPlan | undefined
  readonly state: { load(): string | undefined; save(text: string): void }
  readonly deliver: (message: Message) => void
}

interface Coming {
  readonly message: Message
  /** When it is here, monotonic ms. */
  readonly at: number
  /** The same by the wall clock, ms, for after a restart. */
  readonly t: number
  readonly kept: boolean
}

/** Commands that are kept on disk, and messages that are under way, at most. */
const KEPT = 100
const MOST = 5_000
/** Of what says anew how things stand, one a second is enough, ms. */
const GRAIN = 1_000

const keptShape = z.array(z.object({ topic: z.string(), payload: z.string(), t: z.number() }))

export class Inbound {
  readonly #parts: InboundParts
  #coming: Coming[] = []
  readonly counts = { dropped: 0 }

  constructor(parts: InboundParts) {
    this.#parts = parts
  }

  /** Takes up what was under way when the last process ended. A clock that was put meanwhile holds nothing longer. */
  start(): void {
    const { state, clock, plan } = this.#parts
    const kept = keptShape.safeParse(parsed(state.load())).data ?? []
    const now = clock.now()
    const longest = delayAt(plan() ?? {}, 'mission-control', now)
    this.#coming = kept.map(({ topic, payload, t }) => {
      const left = Math.min(longest, Math.max(0, t - now))
      return {
        message: { topic, payload: Buffer.from(payload), retain: false },
        at: clock.mono() + left,
        t,
        kept: true,
      }
    })
  }

  get count(): number {
    return this.#coming.length
  }

  /** When the next is due, monotonic ms; it may have to wait for a contact then. */
  get due(): number | undefined {
    return this.#coming[0]?.at
  }

  push(message: Message): void {
    const { clock, plan, log } = this.#parts
    const delay = delayAt(plan() ?? {}, 'mission-control', clock.now())
    const at = Math.max(clock.mono() + delay, this.#coming.at(-1)?.at ?? 0)
    const isMark = message.topic.startsWith('mark/')
    if (isMark) {
      const i = this.#coming.findLastIndex((one) => one.message.topic === message.topic)
      const before = this.#coming[i]
      if (before && at - before.at < GRAIN) {
        this.#coming[i] = { ...before, message }
        return
      }
    }
    if (this.#coming.length >= MOST) {
      this.counts.dropped++
      if (this.counts.dropped === 1) log.warn({ topic: message.topic }, `more than ${MOST} messages are under way to here: the newest are dropped`) // biome-ignore format: one thought
      return
    }
    const kept = !isMark && this.#coming.filter((one) => one.kept).length < KEPT
    this.#coming.push({ message, at, t: clock.now() + (at - clock.mono()), kept })
    if (kept) this.#save()
  }

  /** Hands over what is here and finds contact, in order. */
  pump(): void {
    const { clock, plan, deliver } = this.#parts
    const simulated = plan()
    if (simulated !== undefined && contactAt(simulated.contacts, clock.now()) === undefined) return
    const now = clock.mono()
    const here = simulated === undefined ? this.#coming.length : this.#coming.findIndex(({ at }) => at > now)
    const arrived = this.#coming.splice(0, here === -1 ? this.#coming.length : here)
    if (arrived.length === 0) return
    for (const { message } of arrived) deliver(message)
    // after they were taken: one that comes again after a crash is known by its id
    if (arrived.some(({ kept }) => kept)) this.#save()
  }

  #save(): void {
    const rows = this.#coming.flatMap(({ message: { topic, payload }, t, kept }) =>
      kept ? [{ topic, payload: payload.toString(), t }] : [],
    )
    try {
      this.#parts.state.save(JSON.stringify(rows))
    } catch (error) {
      this.#parts.log.warn({ err: error }, `commands under way to here are in memory only: ${messageOf(error)}`)
    }
  }
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '[]')
  } catch {
    return [] // not ours, or of another version: nothing is under way
  }
}
