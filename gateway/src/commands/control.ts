/** What is remembered of one writable point, over restarts: what it was set to, until when, and how often. */
import type { ControlState } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import { agrees, type Controlled } from './policies.ts'

/** What is kept. */
export interface KeptControl {
  readonly value?: string | number
  readonly by?: string
  /** ms */
  readonly since?: number
  readonly until?: number
  /** When it was set, ms, as far back as its rate looks. */
  readonly acts?: readonly number[]
}

export class Control {
  controlled: Controlled
  /** True while the gateway itself sets it. */
  busy = false
  /** Not tried again before, monotonic ms. */
  notBefore = 0
  /**
   * Since when no condition holds, monotonic ms, and infinite while one does; undefined once that was told. An alert
   * from before a restart may stand.
   */
  clearSince: number | undefined = Number.POSITIVE_INFINITY
  /** What was said of it last. */
  told = ''
  toldKind = ''
  toldAt = 0
  readonly #clock: Clock
  #kept: KeptControl
  /** When it falls back, monotonic ms: a wall clock that is put back must not make that later. */
  #deadline: number | undefined
  /** What it was read as since it was set. */
  #read: number | undefined
  #setAt: number

  constructor(controlled: Controlled, clock: Clock, kept: KeptControl = {}) {
    this.controlled = controlled
    this.#clock = clock
    this.#kept = kept
    this.#setAt = clock.mono()
    const { hold } = controlled.policy
    if (kept.until !== undefined && hold !== undefined)
      this.#deadline = clock.mono() + Math.min(hold, Math.max(0, kept.until - clock.now()))
  }

  /** Goes on under other rules; a hold that runs goes on as it was begun, unless there is none any more. */
  adopt(controlled: Controlled): void {
    this.controlled = controlled
    if (controlled.policy.hold !== undefined) return
    this.#deadline = undefined
    const { until: _until, ...kept } = this.#kept
    this.#kept = kept
  }

  get kept(): KeptControl {
    return this.#kept
  }

  get key(): string {
    return `${this.controlled.device}/${this.controlled.point}`
  }

  /** True where it stands, or may stand, at anything but its safe value. */
  get isOn(): boolean {
    const { policy } = this.controlled
    if (policy.safe === undefined) return false
    const { value } = this.#kept
    if (value !== undefined && !agrees(policy, policy.safe, value)) return true
    return this.#read !== undefined && typeof policy.safe === 'number' && !agrees(policy, policy.safe, this.#read)
  }

  get isDue(): boolean {
    return this.#deadline !== undefined && this.#clock.mono() >= this.#deadline
  }

  /** How many times it may be set before its rate is reached; undefined where it has none. */
  get left(): number | undefined {
    const { rate } = this.controlled.policy
    return rate && rate.count - this.#recent(rate.per).length
  }

  /** It is about to be set: from now on it counts as that, whatever comes of it. */
  intend(value: string | number, by: string): void {
    const { policy } = this.controlled
    const now = this.#clock.now()
    const safe = policy.safe !== undefined && agrees(policy, policy.safe, value)
    const hold = safe ? undefined : policy.hold
    this.#deadline = hold === undefined ? undefined : this.#clock.mono() + hold
    this.#kept = {
      value,
      by,
      since: now,
      ...(hold === undefined ? {} : { until: now + hold }),
      ...(policy.rate === undefined ? {} : { acts: [...this.#recent(policy.rate.per), now] }),
    }
    this.#read = undefined
    this.#setAt = this.#clock.mono()
  }

  /** A reading of the point itself. One that was asked for before the point was set says nothing. */
  read(value: number | null): void {
    if (value !== null && this.#clock.mono() > this.#setAt) this.#read = value
  }

  state(refused: string | undefined): ControlState {
    const { acts: _acts, ...kept } = this.#kept
    return { t: this.#clock.now(), ...kept, ...(refused === undefined ? {} : { refused }) }
  }

  #recent(per: number): number[] {
    const now = this.#clock.now()
    // what lies ahead was noted before the clock was put back
    return (this.#kept.acts ?? []).filter((t) => t > now - per && t <= now)
  }
}
