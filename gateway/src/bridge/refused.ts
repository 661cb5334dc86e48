/**
 * Topics that the other broker does not take. MQTT 3.1.1 has no word for it (3.3.5): the broker closes the connection, or
 * acknowledges and forgets. Where connections end soon after something was sent, messages go one at a time, so that it
 * shows which of them it is; that topic is set aside for a while, and the rest goes on. A connection that ends while
 * nothing was under way but what was taken of late says nothing of topics: the link is bad.
 */

/** A connection that ends sooner than this after it began is a short one, ms. */
const SHORT = 5_000
/** So many short ones in a row, and messages go one at a time. */
const SUSPICIOUS = 3
/** So many ends in a row while the same topic was alone under way, and it is that. */
const CONVICTED = 3
/** How long a topic is set aside, or is known to be taken, ms: rights change. */
const ASIDE = 600_000
/** Waits before the first message of a connection, while messages go one at a time, ms. */
const WAIT = 1_000
const WAIT_MOST = 30_000
/** Topics that are remembered to have been taken. */
const MOST = 20_000

export class Refused {
  /** Until when a topic is set aside, monotonic ms. */
  readonly #aside = new Map<string, number>()
  /** When topics were taken last, monotonic ms. */
  readonly #taken = new Map<string, number>()
  /** Topics under way of which it is not known that they are taken. */
  readonly #untried = new Set<string>()
  #short = 0
  #began = 0
  #notBefore = 0
  #alone: string | undefined
  #suspect = { topic: '', ends: 0 }
  /** Topics that were set aside so far. */
  count = 0

  get topics(): readonly string[] {
    return [...this.#aside.keys()]
  }

  has(topic: string): boolean {
    return this.#aside.has(topic)
  }

  /** A connection has begun. @param now monotonic ms */
  begin(now: number): void {
    this.#began = now
    this.#alone = undefined
    this.#untried.clear()
    this.#notBefore = this.#probing ? now + Math.min(WAIT_MOST, WAIT * 2 ** (this.#short - SUSPICIOUS)) : 0
  }

  /** Whether another message may be sent, with so many under way. @param now monotonic ms */
  maySend(now: number, underWay: number): boolean {
    if (!this.#probing) return true
    if (now - this.#began > SHORT + (this.#notBefore - this.#began)) {
      this.#short = 0
      return true
    }
    return underWay === 0 && now >= this.#notBefore
  }

  /** @param now monotonic ms */
  sending(topic: string, now: number): void {
    this.#alone = this.#probing ? topic : undefined
    if (!this.#takes(topic, now)) this.#untried.add(topic)
  }

  /** @param now monotonic ms */
  taken(topic: string, now: number): void {
    this.#alone = undefined
    this.#untried.delete(topic)
    if (this.#taken.size < MOST || this.#taken.has(topic)) this.#taken.set(topic, now)
  }

  /** The connection has ended. @param now monotonic ms @returns a topic that is set aside from now on */
  lost(now: number): string | undefined {
    const topic = this.#alone
    this.#alone = undefined
    if (now - Math.max(this.#began, this.#notBefore) > SHORT) {
      this.#short = 0
      return undefined
    }
    if (this.#untried.size === 0) return undefined
    this.#short++
    if (topic === undefined || this.#takes(topic, now)) return undefined
    this.#suspect = { topic, ends: this.#suspect.topic === topic ? this.#suspect.ends + 1 : 1 }
    if (this.#suspect.ends < CONVICTED) return undefined
    this.#aside.set(topic, now + ASIDE)
    this.#short = SUSPICIOUS
    this.count++
    return topic
  }

  /** Topics are tried again after a while. @param now monotonic ms @returns whether any is */
  tick(now: number): boolean {
    let any = false
    for (const [topic, until] of this.#aside) {
      if (until > now) continue
      this.#aside.delete(topic)
      any = true
    }
    return any
  }

  #takes(topic: string, now: number): boolean {
    return now - (this.#taken.get(topic) ?? Number.NEGATIVE_INFINITY) < ASIDE
  }

  get #probing(): boolean {
    return this.#short >= SUSPICIOUS
  }
}
