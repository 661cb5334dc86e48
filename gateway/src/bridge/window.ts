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
/** The quickest answer is remembered for this long, ms: routes change. */
const REMEMBERED = 120_000

export class Window {
  #limit = FIRST
  #underWay = 0
  #messages = 0
  #quickest = Number.POSITIVE_INFINITY
  #quickestAt = 0

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
  }

  /**
   * A message was answered.
   * @param took ms
   * @param now monotonic ms
   */
  answered(bytes: number, took: number, now: number): void {
    const full = this.#underWay * 2 > this.#limit
    this.#underWay -= bytes
    this.#messages--
    if (took <= this.#quickest || now - this.#quickestAt > REMEMBERED) {
      this.#quickest = took
      this.#quickestAt = now
    }
    // 1 where nothing waits, negative where more waits than is wanted
    const room = Math.max(-2, (TARGET - (took - this.#quickest)) / TARGET)
    // what is not used says nothing of what there is room for
    if (room < 0 || full) this.#limit = Math.min(MOST, Math.max(LEAST, this.#limit + (room * bytes) / 2))
  }

  /** What was under way is lost with its connection. */
  reset(): void {
    this.#underWay = 0
    this.#messages = 0
    this.#limit = FIRST
  }
}
