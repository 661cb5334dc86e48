/**
 * How fast one client may publish: an allowance that fills up again as time goes by. Beyond it a message waits, and
 * with it the connection, which is not read meanwhile; what would have to wait too long is refused.
 */
import type { Clock, Timer } from '@habtwin/runtime/clock'

/** ms: so much of the allowance may be spent at once, and so long a message may wait. */
const SPAN = 10_000
const PATIENCE = 5_000

export class Pace {
  readonly #clock: Clock
  #perMs: number
  #left: number
  #at: number
  readonly #waiting: (() => void)[] = []
  #timer: Timer | undefined

  /** @param perSecond on average; Infinity for no bound */
  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock
    this.#perMs = perSecond / 1_000
    this.#left = this.#perMs * SPAN
    this.#at = clock.mono()
  }

  /** Another rate from now on, messages a second. */
  is(perSecond: number): void {
    this.#perMs = perSecond / 1_000
    this.#left = this.#perMs * SPAN
  }

  /**
   * Calls `go` when it may: at once, or later, in order.
   * @returns false where that would be too late; it is not called then
   */
  pass(go: () => void): boolean {
    if (this.#perMs === Number.POSITIVE_INFINITY) {
      go()
      return true
    }
    this.#fill()
    if (this.#waiting.length === 0 && this.#left >= 1) {
      this.#left--
      go()
      return true
    }
    if (this.#waiting.length >= this.#perMs * PATIENCE) return false
    this.#waiting.push(go)
    this.#wait()
    return true
  }

  /** Whether something may be done now, which then counts. */
  spend(): boolean {
    this.#fill()
    if (this.#left < 1) return false
    this.#left--
    return true
  }

  /** Lets go of those that wait: their client has gone. */
  end(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#waiting.length = 0
  }

  #fill(): void {
    const now = this.#clock.mono()
    this.#left = Math.min(this.#perMs * SPAN, this.#left + (now - this.#at) * this.#perMs)
    this.#at = now
  }

  #wait(): void {
    this.#timer ??= this.#clock.after(Math.ceil((1 - this.#left) / this.#perMs), () => {
      this.#timer = undefined
      this.#fill()
      while (this.#left >= 1) {
        const go = this.#waiting.shift()
        if (go === undefined) return
        this.#left--
        go()
      }
      if (this.#waiting.length > 0) this.#wait()
    })
  }
}
