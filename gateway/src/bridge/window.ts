/**
 * How much may be under way at once, so that a link of any width is full and no queue builds up before it: what waits in
 * a modem cannot be overtaken by an alert. After LEDBAT (RFC 6817): the window follows the time that messages wait on
 * the way, which is how much longer an answer takes than the quickest of late.
 */

/** Bytes: at the beginning, at least, at most. */
const FIRST = 16_384
const LEAST = 2_048
const MOST = 1_048_576
/** How long a message may wait on the way, ms. */
const TARGET = 100
/** How quick an answer can be is asked for anew after so many ms, and no sooner than after so many answers' time. */
const REMEMBERED = 20_000
const ANSWERS = 20
/**
 * What waits is told by the quickest answer within this time and the one before, ms (RFC 6817, 2.4.2): on a machine with
 * too much to do single answers are late although nothing waits on the way.
 */
const FILTER = 200

export class Window {
  #limit = FIRST
  #underWay = 0
  #messages = 0
  /** Of the next answers so many are to what was sent while the window was used. */
  #used = 0
  #quickest = Number.POSITIVE_INFINITY
  #quickestAt = 0
  /** The quickest answers of late, ms, and since when the first of them, monotonic ms. */
  #late = { now: Number.POSITIVE_INFINITY, before: Number.POSITIVE_INFINITY, since: 0 }
  /** Nothing was seen to wait yet: the window doubles with each round. */
  #opening = true
  /** While it is asked for anew how quick an answer can be: next to nothing is under way. */
  #asking: { readonly limit: number; from: number | undefined } | undefined

  /** Bytes that were sent and not answered. */
  get underWay(): number {
    return this.#underWay
  }

  get messages(): number {
    return this.#messages
  }

  get limit(): number {
    return this.#limit
  }

  /** The quickest answer of late, ms; 0 before the first. */
  get roundTrip(): number {
    return Number.isFinite(this.#quickest) ? this.#quickest : 0
  }

  /** @param least at least so many bytes are let go, whatever was measured */
  hasRoom(least = 0): boolean {
    return this.#underWay < Math.max(this.#limit, least)
  }

  sent(bytes: number): void {
    this.#underWay += bytes
    this.#messages++
    if (this.#underWay * 2 > this.#limit) this.#used = this.#messages
  }

  /**
   * A message was answered.
   * @param took ms
   * @param now monotonic ms
   */
  answered(bytes: number, took: number, now: number): void {
    const used = this.#used > 0
    if (used) this.#used--
    this.#underWay -= bytes
    this.#messages--
    if (this.#asking) {
      this.#ask(this.#asking, took, now)
      return
    }
    if (took <= this.#quickest) {
      this.#quickest = took
      this.#quickestAt = now
    } else if (now - this.#quickestAt > Math.max(REMEMBERED, ANSWERS * this.#quickest)) {
      // routes change; and what it would be told while messages wait were the way with their waiting
      this.#asking = { limit: this.#limit, from: undefined }
      this.#limit = LEAST
      return
    }
    // 1 where nothing waits, negative where more waits than is wanted
    const room = Math.max(-2, (TARGET - (this.#filtered(took, now) - this.#quickest)) / TARGET)
    if (room < 0.5) this.#opening = false
    // what is not used says nothing of what there is room for
    if (room < 0 || used)
      this.#limit = Math.min(MOST, Math.max(LEAST, this.#limit + room * bytes * (this.#opening ? 1 : 0.5)))
  }

  /** The quickest answer of late, ms. */
  #filtered(took: number, now: number): number {
    const late = this.#late
    if (now - late.since > FILTER) {
      late.before = now - late.since > 2 * FILTER ? Number.POSITIVE_INFINITY : late.now
      late.now = Number.POSITIVE_INFINITY
      late.since = now
    }
    late.now = Math.min(late.now, took)
    return Math.min(late.now, late.before)
  }

  /** What is sent from when next to nothing is under way tells. */
  #ask(asking: { readonly limit: number; from: number | undefined }, took: number, now: number): void {
    if (asking.from === undefined) {
      if (this.#underWay <= LEAST) asking.from = now
    } else if (now - took >= asking.from) {
      this.#quickest = took
      this.#quickestAt = now
      this.#limit = asking.limit
      this.#asking = undefined
    }
  }

  /** What was under way is lost with its connection, and the next may take another way. */
  reset(): void {
    this.#underWay = 0
    this.#messages = 0
    this.#used = 0
    this.#limit = FIRST
    this.#quickest = Number.POSITIVE_INFINITY
    this.#late = { now: Number.POSITIVE_INFINITY, before: Number.POSITIVE_INFINITY, since: 0 }
    this.#opening = true
    this.#asking = undefined
  }
}
