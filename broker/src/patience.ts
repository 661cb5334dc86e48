/**
 * Whoever publishes waits for all subscribers to have taken a message, but for so long at most: one that is stuck keeps
 * a publisher back a little, which is how it is told to hold back, and does not keep everybody else from what comes next.
 */
import type { Clock, Timer } from '@habtwin/runtime/clock'

type Done = (error?: Error) => void

interface Waiting {
  /** Monotonic ms. */
  readonly since: number
  done: Done | undefined
}

export class Patience {
  readonly #clock: Clock
  readonly #most: number
  /** Oldest first. */
  #waiting: Waiting[] = []
  #head = 0
  #timer: Timer | undefined

  /** @param most ms */
  constructor(clock: Clock, most: number) {
    this.#clock = clock
    this.#most = most
  }

  /** What is to be called in the place of `done`, which is called once: by it, or when the time is over. */
  limit(done: Done): Done {
    const one: Waiting = { since: this.#clock.mono(), done }
    this.#waiting.push(one)
    this.#timer ??= this.#clock.after(this.#most, () => this.#look())
    return (error) => {
      const { done } = one
      one.done = undefined
      done?.(error)
      if (this.#waiting.length > 1_024) this.#forget()
    }
  }

  end(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #look(): void {
    this.#timer = undefined
    const now = this.#clock.mono()
    for (let one = this.#waiting[this.#head]; one !== undefined && now - one.since >= this.#most; ) {
      const { done } = one
      one.done = undefined
      one = this.#waiting[++this.#head]
      done?.()
    }
    this.#forget()
    const next = this.#waiting[this.#head]
    if (next !== undefined) this.#timer ??= this.#clock.after(this.#most - (now - next.since), () => this.#look())
  }

  /** Those that are over are let go of, from the oldest on. */
  #forget(): void {
    while (this.#head < this.#waiting.length && this.#waiting[this.#head]?.done === undefined) this.#head++
    if (this.#head === this.#waiting.length) this.#waiting = []
    else if (this.#head > 512) this.#waiting.splice(0, this.#head)
    else return
    this.#head = 0
  }
}
