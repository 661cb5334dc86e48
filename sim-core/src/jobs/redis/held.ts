/**
 * One job that a worker has taken up: what it says goes to Redis, no more of it than sim keeps pace with.
 *
 * Another may have taken the job up since, where this process stood still for long: then nothing of it is taken any
 * more, and it ends quietly.
 */
import type { Log } from '@habtwin/runtime/log'
import { Leaving, type Save, type Sink } from '../runner.ts'
import type { Exchange, Outcome, Taken } from './exchange.ts'

/** Saves that may lie in Redis for one job, and their bytes; one may always. */
const MOST = 4
const MOST_BYTES = 16e6
/** ms between words on progress. */
const TELL = 100

/** Another goes on with the job, or it is gone. */
class Lost extends Error {}

export interface HeldOptions {
  readonly exchange: Exchange
  readonly log: Log
  /** Asks until Redis answers. */
  readonly ask: <T>(ask: () => Promise<T>) => Promise<T>
}

export class Held implements Sink {
  readonly id: string
  readonly #taken: Taken
  readonly #options: HeldOptions
  readonly #abort = new AbortController()
  /** Bytes of what sim has not committed, by number. */
  readonly #waiting = new Map<number, number>()
  #room = Promise.withResolvers<void>()
  #lost = false
  #seq: number
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(id: string, taken: Taken, options: HeldOptions) {
    this.id = id
    this.#taken = taken
    this.#options = options
    this.#seq = taken.seq
    for (let seq = taken.keptSeq + 1; seq <= taken.seq; seq++) this.#waiting.set(seq, 0)
    if (taken.stop) this.stop()
  }

  /** Aborted when the job is to stop here, for whatever reason. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** True where nobody waits for more of it from here. */
  get lost(): boolean {
    return this.#lost
  }

  /** True where it is to be gone on with elsewhere. */
  get leaving(): boolean {
    return this.signal.reason instanceof Leaving
  }

  stop(): void {
    this.#end(new Error('cancelled'))
  }

  leave(): void {
    this.#end(new Leaving())
  }

  lose(): void {
    if (!this.#lost) this.#options.log.info({ job: this.id }, 'the job is gone, or gone on with elsewhere')
    this.#lost = true
    this.#end(new Lost('the job is not ours any more'))
  }

  /** Sim has committed all up to a save. */
  kept(seq: number): void {
    for (const known of this.#waiting.keys()) if (known <= seq) this.#waiting.delete(known)
    this.#room.resolve()
  }

  /** Looks whether something was missed. */
  async look(): Promise<void> {
    const found = await this.#options.exchange.look(this.id, this.#taken)
    if (found === undefined) return this.lose()
    this.kept(found.keptSeq)
    if (found.stop) this.stop()
  }

  started(): void {
    // sim sees it by the turn
  }

  progress(step: number): void {
    const now = performance.now()
    if (now - this.#toldAt < TELL) return
    this.#toldAt = now
    this.#options.exchange.progress(this.id, step).catch(() => undefined) // of no weight
  }

  /** Resolves when it lies in Redis, and there is room for another. */
  async save(save: Save): Promise<void> {
    const seq = this.#seq + 1
    const bytes = await this.#append(seq, save)
    this.#waiting.set(seq, bytes)
    while (!this.#hasRoom()) {
      this.#room = Promise.withResolvers()
      await this.#room.promise
      if (this.lost) throw new Lost('the job is not ours any more')
      if (this.signal.aborted) return // what there is by then is saved in any case
    }
  }

  /** Says how it ended. */
  async end(outcome: Outcome): Promise<void> {
    await this.#append(this.#seq + 1, outcome)
  }

  async #append(seq: number, content: Save | Outcome): Promise<number> {
    const { exchange, ask } = this.#options
    const bytes = await ask(() => exchange.append(this.id, this.#taken, seq, content))
    if (bytes === undefined) {
      this.lose()
      throw new Lost('the job is not ours any more')
    }
    this.#seq = seq
    return bytes
  }

  #end(why: Error): void {
    this.#abort.abort(why)
    this.#room.resolve()
  }

  #hasRoom(): boolean {
    const bytes = [...this.#waiting.values()].reduce((sum, one) => sum + one, 0)
    return this.#waiting.size === 0 || (this.#waiting.size < MOST && bytes < MOST_BYTES)
  }
}
