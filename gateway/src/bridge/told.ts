/** Says how a bridge stands, on `link/{bridge}`: at once when its state changes, else once a second where anything has. */
import { type BridgeState, type Emergency, topic } from '@habtwin/contract'
import type { BridgeConfig, Clock } from '@habtwin/runtime'
import type { Journal } from '../journal/index.ts'
import type { Bridge } from './bridge.ts'

export interface TellerParts {
  readonly bridge: Bridge
  readonly config: Pick<BridgeConfig, 'to' | 'url' | 'rate' | 'per_contact'>
  readonly journal: Pick<Journal, 'entry' | 'journals'>
  readonly clock: Clock
  readonly retain: (topic: string, payload: string) => void
  /** By whom the link was cut, while it is. */
  readonly cut?: (() => Emergency | undefined) | undefined
}

const SECOND = 1_000
/** When the oldest of a backlog was said is looked up so often, ms: it lies on disk. */
const LOOKED_UP = 5_000
/** Journals whose heads are told: a gateway that is started again and again has many. */
const HEADS = 16

export class Teller {
  readonly #parts: TellerParts
  #state: BridgeState['state'] = 'down'
  #since: number
  #reason: string | undefined
  #toldAt = Number.NEGATIVE_INFINITY
  #told = ''
  #oldest: { at: number; t: number | undefined } = { at: Number.NEGATIVE_INFINITY, t: undefined }

  constructor(parts: TellerParts) {
    this.#parts = parts
    this.#since = parts.clock.now()
    parts.bridge.onChange = () => this.tick(true)
  }

  /** @param now true where something has changed that is told at once */
  tick(now = false): void {
    const { bridge, clock, retain } = this.#parts
    const state = this.#stateNow()
    const reason = this.#reasonNow(state)
    const changed = state !== this.#state || reason !== this.#reason
    if (state !== this.#state) this.#since = clock.now()
    this.#state = state
    this.#reason = reason
    if (!(changed && now) && !changed && clock.mono() - this.#toldAt < SECOND) return
    const { t, ...body } = this.state()
    const text = JSON.stringify(body)
    if (text === this.#told) return
    this.#told = text
    this.#toldAt = clock.mono()
    retain(topic.link(bridge.name), JSON.stringify({ t, ...body }))
  }

  state(): BridgeState {
    const { bridge, config, clock } = this.#parts
    const { ledger, live, sent } = bridge
    const { all, urgent, oldest } = ledger.waiting()
    const backlog = Math.max(0, all - urgent - live.waiting)
    const inFlight = ledger.away
    const words = bridge.channel.words()
    const cut = this.#parts.cut?.()
    const budget = {
      ...(config.rate === undefined ? {} : { rate: config.rate }),
      ...(config.per_contact === undefined ? {} : { contact: config.per_contact, used: bridge.budget.used }),
    }
    const since = oldest === undefined ? undefined : this.#lookUp(oldest)
    return {
      t: clock.now(),
      bridge: bridge.name,
      to: config.to,
      state: this.#state,
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
      since: this.#since,
      remote: config.url,
      ...words,
      ...(cut === undefined ? {} : { cut }),
      ...(Object.keys(budget).length === 0 ? {} : { budget }),
      lanes: {
        urgent: { waiting: urgent, sent: sent.urgent },
        live: { waiting: live.waiting, sent: sent.live, skipped: live.skipped },
        backlog: { waiting: backlog, sent: sent.backlog, ...(since === undefined ? {} : { oldest: since }) },
      },
      taken: bridge.counts.taken,
      confirmed: Math.max(0, bridge.counts.taken - all - inFlight - ledger.counts.gaps),
      gaps: ledger.counts.gaps,
      inFlight,
      heads: [...this.#parts.journal.journals].slice(-HEADS).map(({ id, next }) => ({ journal: id, next })),
    }
  }

  #stateNow(): BridgeState['state'] {
    const { channel, budget } = this.#parts.bridge
    if (!channel.up) return 'down'
    const spent = !channel.unlimited && budget.wait(channel.words().contact?.from) === Number.POSITIVE_INFINITY
    return channel.open && !spent ? 'up' : 'waiting'
  }

  #reasonNow(state: BridgeState['state']): string | undefined {
    const { channel, refused } = this.#parts.bridge
    if (refused.topics.length > 0) return `the other broker does not take ${refused.topics.slice(0, 3).join(', ')}`
    if (state === 'waiting' && channel.open) return 'the bytes of this contact are used up'
    return channel.reason
  }

  #lookUp({ journal, seq }: { readonly journal: string; readonly seq: number }): number | undefined {
    const { clock, journal: source } = this.#parts
    if (clock.mono() - this.#oldest.at < LOOKED_UP) return this.#oldest.t
    const payload = source.entry(journal, seq)?.payload
    const t = payload === undefined ? undefined : (JSON.parse(payload) as { t?: unknown }).t
    this.#oldest = { at: clock.mono(), t: typeof t === 'number' ? t : undefined }
    return this.#oldest.t
  }
}
