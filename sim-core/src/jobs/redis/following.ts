/**
 * One job that workers execute, as sim follows it:
 *
 *   attach ─► poll ─► save ─► sink (SQLite) ─► ack ─► poll … ─► end
 *     ▲        └─ Redis does not know what sim knows ─┐
 *     └───────────────────────────────────────────────┘
 *
 * Sim's table is the truth. Redis holds no more than what sim has not committed yet, and is begun anew where it differs.
 * The end, too, is there until sim has committed it: the runner removes it once the job is not wanted any more.
 */
import { type ErrorCode, HabtwinError, messageOf } from '@habtwin/contract/errors'
import type { Clock } from '@habtwin/runtime/clock'
import type { Log } from '@habtwin/runtime/log'
import { type End, Leaving, type Sink, type Work } from '../runner.ts'
import type { Exchange, Outcome } from './exchange.ts'

/** ms that a worker has to end a job that was cancelled; then it is gone on without what it may still have. */
const PATIENCE = 5_000
/** ms after which what Redis refused is asked again. */
const AGAIN = 1_000

export interface FollowingOptions {
  readonly exchange: Exchange
  /** Has a worker take up the job, if none has. */
  readonly enqueue: (id: string) => Promise<unknown>
  /** False while Redis is away. */
  readonly reachable: () => boolean
  /** Names the store that the job is kept in. */
  readonly owner: string
  readonly version: string
  readonly clock: Clock
  readonly log: Log
}

export class Following {
  readonly #options: FollowingOptions
  readonly #work: Work
  readonly #sink: Sink
  /** Aborted when nothing may be told to the sink any more. */
  readonly #over = new AbortController()
  /** What sim has committed last. */
  #saved: Uint8Array | undefined
  #turn = ''
  #committing: Promise<unknown> = Promise.resolve()
  #news = Promise.withResolvers<void>()
  #heardAt: number
  /** True where Redis may hold something that nobody needs any more. */
  litter = false

  constructor(options: FollowingOptions, work: Work, sink: Sink) {
    this.#options = options
    this.#work = work
    this.#sink = sink
    this.#saved = work.saved
    this.#heardAt = options.clock.mono()
  }

  /** Something may have come. */
  wake(): void {
    this.#news.resolve()
  }

  progress(step: number): void {
    this.#heardAt = this.#options.clock.mono()
    if (!this.#over.signal.aborted) this.#sink.progress(step)
  }

  /** ms since anything was heard of it. */
  get silence(): number {
    return this.#options.clock.mono() - this.#heardAt
  }

  async run(signal: AbortSignal): Promise<End> {
    const asked = Promise.withResolvers<undefined>()
    const ask = () => asked.resolve(undefined)
    signal.addEventListener('abort', ask, { once: true })
    if (signal.aborted) ask()
    const ended = this.#follow()
    ended.catch(() => undefined) // told below, unless it is over
    try {
      const end = await Promise.race([ended, asked.promise])
      if (end !== undefined) return end
      if (!(signal.reason instanceof Leaving)) return await this.#cancel(ended)
      throw new HabtwinError('link/unavailable', 'sim ends; the job goes on without it')
    } finally {
      signal.removeEventListener('abort', ask)
      this.#over.abort()
      await this.#committing
    }
  }

  async #follow(): Promise<End> {
    for (;;) {
      await this.#attach()
      const outcome = await this.#drain()
      if (outcome === undefined) continue
      this.litter = true
      if ('end' in outcome) return outcome.end
      throw asError(outcome.error)
    }
  }

  async #attach(): Promise<void> {
    const { exchange, enqueue, owner, version } = this.#options
    const { id, input } = this.#work
    const there = await this.#ask(() => exchange.attach(id, version, this.#saved))
    if (!there) await this.#ask(() => exchange.create(id, owner, version, input, this.#saved))
    await this.#ask(() => enqueue(id))
  }

  /** Takes what comes. @returns how it ended; undefined where Redis has lost the thread */
  async #drain(): Promise<Outcome | undefined> {
    const { exchange, owner, version, clock } = this.#options
    const { id } = this.#work
    for (;;) {
      this.#news = Promise.withResolvers()
      const found = await this.#ask(() => exchange.poll(id, version, this.#saved))
      if (found === undefined) return undefined
      this.#started(`${found.run} ${found.turn}`, found.turn !== '0')
      const { news } = found
      if (news === undefined) {
        await this.#news.promise
        continue
      }
      this.#heardAt = clock.mono()
      if ('outcome' in news) return news.outcome
      const { save, seq } = news
      await this.#commit(() => this.#sink.save(save))
      this.#saved = save.state
      await this.#ask(() => exchange.ack(id, owner, seq, save.state))
    }
  }

  #started(turn: string, taken: boolean): void {
    if (!taken || turn === this.#turn) return
    this.#turn = turn
    this.#sink.started()
  }

  async #commit(save: () => Promise<void>): Promise<void> {
    const committing = save()
    this.#committing = committing.catch((error: unknown) => {
      // deleted meanwhile: the worker is told so
      if (error instanceof HabtwinError && error.code === 'request/not-found') this.litter = true
    })
    await committing
    this.#over.signal.throwIfAborted()
  }

  /** Asks the worker to stop, and takes what it still has. */
  async #cancel(ended: Promise<End>): Promise<End> {
    this.litter = true
    const { exchange, reachable, clock } = this.#options
    if (!reachable()) return { stopped: true }
    const waited = Promise.withResolvers<undefined>()
    const timer = clock.after(PATIENCE, () => waited.resolve(undefined))
    exchange.stop(this.#work.id).then(
      (held) => held || waited.resolve(undefined),
      () => waited.resolve(undefined),
    )
    try {
      return (await Promise.race([ended, waited.promise])) ?? { stopped: true }
    } finally {
      timer.cancel()
    }
  }

  /** Asks until there is an answer: a connection that is away comes back, a Redis that refuses may be mended. */
  async #ask<T>(ask: () => Promise<T>): Promise<T> {
    const { clock, log } = this.#options
    for (;;) {
      try {
        const answer = await ask()
        this.#over.signal.throwIfAborted()
        return answer
      } catch (error) {
        this.#over.signal.throwIfAborted()
        log.warn({ job: this.#work.id, reason: messageOf(error) }, 'Redis refuses; it will be asked again')
        await clock.sleep(AGAIN, this.#over.signal)
      }
    }
  }
}

function asError({ code, message, stack }: { code: string | undefined; message: string; stack?: string }): Error {
  if (code !== undefined) return new HabtwinError(code as ErrorCode, message)
  return Object.assign(new Error(message), stack === undefined ? {} : { stack })
}
