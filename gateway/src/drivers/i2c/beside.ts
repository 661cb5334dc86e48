/** Something a chip needs at fixed times, beside its readings: measured on a grid, so that it does not drift. */
import { isHabtwinError } from '@habtwin/contract'
import type { Clock, Timer } from '@habtwin/runtime/clock'

export class Beside implements AsyncDisposable {
  readonly #clock: Clock
  readonly #act: (signal: AbortSignal) => Promise<void>
  readonly #abort = new AbortController()
  #timer: Timer | undefined
  #running: Promise<void> = Promise.resolve()
  #failure: unknown

  constructor(clock: Clock, act: (signal: AbortSignal) => Promise<void>) {
    this.#clock = clock
    this.#act = act
  }

  /** Acts each `period` ms from now on. */
  every(period: number): void {
    const anchor = this.#clock.mono()
    const next = () => {
      const slot = Math.floor((this.#clock.mono() - anchor + 0.5) / period) + 1
      this.#after(anchor + slot * period - this.#clock.mono(), next)
    }
    next()
  }

  /** Acts once, in that many ms. */
  once(ms: number): void {
    this.#after(ms, () => {})
  }

  /** Throws what the last attempt ended in, if it failed. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.cancel()
    this.#abort.abort()
    await this.#running
  }

  #after(ms: number, next: () => void): void {
    if (this.#abort.signal.aborted) return
    this.#timer?.cancel()
    this.#timer = this.#clock.after(Math.max(0, ms), () => {
      this.#running = this.#run().then(next)
    })
  }

  async #run(): Promise<void> {
    try {
      await this.#act(this.#abort.signal)
      this.#failure = undefined
    } catch (error) {
      if (this.#abort.signal.aborted) return
      // a bug is told by the next reading as well: it must end the process, not vanish here
      this.#failure = error
      if (!isHabtwinError(error)) this.#abort.abort()
    }
  }
}
