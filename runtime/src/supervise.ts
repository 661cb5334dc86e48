/**
 * The only place that starts again what has failed. A fault of the outside world is tried again for ever with
 * capped, jittered back-off; anything else is a bug and ends the process with a clear last line.
 */
import { isOutsideFault } from '@habtwin/contract'
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

/** Waits between tries: doubling from `first` to `most` ms, each ± 20 % so that many do not try at once. */
export class Backoff {
  readonly #first: number
  readonly #most: number
  readonly #random: () => number
  #next: number

  constructor(first = 1_000, most = 30_000, random: () => number = Math.random) {
    this.#first = first
    this.#most = most
    this.#random = random
    this.#next = first
  }

  /** How long to wait before the next try, ms. */
  next(): number {
    const wait = this.#next
    this.#next = Math.min(this.#most, this.#next * 2)
    return wait * (0.8 + 0.4 * this.#random())
  }

  /** After a success. */
  reset(): void {
    this.#next = this.#first
  }
}

/** Everything long-lived of one process, under one signal. */
export class Supervisor implements AsyncDisposable {
  readonly #abort = new AbortController()
  readonly #tasks = new Set<Promise<void>>()
  readonly #clock: Clock
  readonly #log: Log
  readonly #onBug: (error: unknown) => void

  /** @param onBug told of the first error that is no outside fault; everything else is being stopped by then */
  constructor(clock: Clock, log: Log, onBug: (error: unknown) => void) {
    this.#clock = clock
    this.#log = log
    this.#onBug = onBug
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /**
   * Runs a task until it returns or the process stops; a task that returns is done.
   * @param run must end soon after the signal is aborted, by returning or by throwing anything
   */
  run(name: string, run: (signal: AbortSignal) => Promise<void>): void {
    const task = this.#keep(name, run).finally(() => this.#tasks.delete(task))
    this.#tasks.add(task)
  }

  async #keep(name: string, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const backoff = new Backoff()
    while (!this.signal.aborted) {
      const began = this.#clock.mono()
      try {
        await run(this.signal)
        return
      } catch (error) {
        if (this.signal.aborted) return
        if (!isOutsideFault(error)) {
          this.#log.fatal({ err: error, task: name }, `${name} stopped by an error that should not happen`)
          this.#abort.abort(error)
          this.#onBug(error)
          return
        }
        if (this.#clock.mono() - began > 60_000) backoff.reset()
        const wait = backoff.next()
        this.#log.warn({ err: error, task: name }, `${name} will be tried again in ${(wait / 1000).toFixed(1)} s`)
        await this.#clock.sleep(wait, this.signal).catch(() => undefined) // only an abort ends a sleep early
      }
    }
  }

  /** Asks every task to end and waits for all. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort(new DOMException('stopping', 'AbortError'))
    await Promise.all(this.#tasks)
  }
}

/**
 * Runs `work` at fixed moments, without drift, never twice at once, until the signal is aborted.
 * @param every ms
 */
export async function everyInterval(
  clock: Clock,
  every: number,
  signal: AbortSignal,
  work: () => void | Promise<void>,
): Promise<void> {
  let due = clock.mono() + every
  while (!signal.aborted) {
    try {
      await clock.sleep(Math.max(0, due - clock.mono()), signal)
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
    await work()
    due = Math.max(due + every, clock.mono())
  }
}
