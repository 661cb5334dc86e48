/** Time as something that is handed in, so that a test can move it. */
import { setTimeout as sleepFor } from 'node:timers/promises'

/** No clock that is right shows a time before this version was written, ms. */
export const EARLIEST = Date.UTC(2026, 0, 1)

/** A timer that can be taken back. */
export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds since the Unix epoch, UTC. May be stepped by NTP: never measure a span with it. */
  now(): number
  /** Monotonic milliseconds, with fractions; its zero means nothing. */
  mono(): number
  /** Calls back once after `ms` of monotonic time. */
  after(ms: number, call: () => void): Timer
  /** Resolves after `ms` of monotonic time; rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Where `now` is not final: what a reading taken now has to carry, to be stamped later (`mono` since the boot, ms). */
  doubt?(): { readonly boot: string; readonly mono: number } | undefined
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  mono: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms)
    return { cancel: () => clearTimeout(timer) }
  },
  sleep: (ms, signal) => sleepFor(ms, undefined, { signal }),
}

/** A clock that stands still until a test moves it. */
export class TestClock implements Clock {
  #now: number
  #mono = 0
  #order = 0
  #timers: { at: number; order: number; call: () => void }[] = []

  /** @param now where it begins, ms since the epoch */
  constructor(now: number = Date.UTC(2026, 10, 20, 12)) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  mono(): number {
    return this.#mono
  }

  after(ms: number, call: () => void): Timer {
    const timer = { at: this.#mono + Math.max(0, ms), order: this.#order++, call }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
      },
    }
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const stop = () => {
        timer.cancel()
        reject(signal.reason)
      }
      const timer = this.after(ms, () => {
        signal.removeEventListener('abort', stop)
        resolve()
      })
      signal.addEventListener('abort', stop, { once: true })
    })
  }

  /** Moves both wall and monotonic time, firing in order what comes due and letting promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#mono + ms
    await settle()
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0]
      if (due === undefined) break
      this.#timers = this.#timers.filter((timer) => timer !== due)
      this.#now += due.at - this.#mono
      this.#mono = due.at
      due.call()
      await settle()
    }
    this.#now += end - this.#mono
    this.#mono = end
    await settle()
  }

  /** Steps the wall clock alone, as NTP does. */
  step(ms: number): void {
    this.#now += ms
  }

  /** Moves monotonic time alone, firing nothing: for what polls the clock and sets no timers. */
  skip(ms: number): void {
    this.#mono += ms
  }

  /** How many timers wait: none may be left when a thing was closed. */
  get pending(): number {
    return this.#timers.length
  }
}

/** Lets everything that is ready to run, run: promises and the event loop's own callbacks. */
async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise<void>((resolve) => setImmediate(resolve))
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
