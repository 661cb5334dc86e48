/** The near end of the thread that reads: promises, one request under way at a time, started when it is first asked. */
import { type ErrorCode, HabtwinError } from '@habtwin/contract/errors'
import { DamagedBytes } from './faults.ts'
import type { Answer, NewBlock } from './reader.ts'
import { Readers } from './readers.ts'
import type { HistoryQuery, JournalCount } from './types.ts'

/** What the thread is asked. */
export type Request = { id: number } & Call

type Call =
  | { call: 'history'; query: HistoryQuery }
  | { call: 'count' }
  | { call: 'pack'; target: number; done: number; budget: number }

/** What it answers. */
export interface Reply {
  id: number
  result?: unknown
  error?: { message: string; code: string | undefined; errcode: number | undefined; damage: boolean; stack: string }
}

export interface PackSlice {
  blocks: NewBlock[]
  last: number
  end: boolean
}

interface Job {
  readonly request: Request
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
  readonly signal: AbortSignal | undefined
}

export class ReaderThread implements AsyncDisposable {
  readonly #queue: Job[] = []
  readonly #readers: Readers
  readonly #client: number
  #current: Job | undefined
  #lastId = 0
  #closed = false

  /**
   * @param path of store.db, which exists
   * @param readers a worker that is shared with other stores; its own where there is none
   */
  constructor(path: string, readers = new Readers()) {
    this.#readers = readers
    this.#client = readers.join(
      path,
      (reply) => this.#replied(reply),
      (error) => this.#fail(error),
    )
  }

  /** One series over a span of time. Rejects with the signal's reason when that is aborted. */
  history(query: HistoryQuery, signal?: AbortSignal): Promise<Answer> {
    return this.#ask({ call: 'history', query }, signal)
  }

  /** What is really in the file, row by row. */
  count(): Promise<JournalCount[]> {
    return this.#ask({ call: 'count' })
  }

  /** The next blocks of a packing; see `SeriesReader.pack`. */
  pack(target: number, done: number, budget: number): Promise<PackSlice> {
    return this.#ask({ call: 'pack', target, done, budget })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#fail(new HabtwinError('link/unavailable', 'The store was closed'))
    await this.#readers.leave(this.#client)
  }

  #ask<T>(call: Call, signal?: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) return reject(new HabtwinError('link/unavailable', 'The store was closed'))
      if (signal?.aborted) return reject(signal.reason)
      const request = { id: ++this.#lastId, ...call }
      const stop = () => {
        const at = this.#queue.indexOf(job)
        if (at >= 0) this.#queue.splice(at, 1)
        reject(signal?.reason)
      }
      const settle =
        <A extends unknown[]>(then: (...args: A) => void) =>
        (...args: A) => {
          signal?.removeEventListener('abort', stop)
          then(...args)
        }
      const job: Job = { request, resolve: settle((result) => resolve(result as T)), reject: settle(reject), signal }
      signal?.addEventListener('abort', stop, { once: true })
      this.#queue.push(job)
      this.#next()
    })
  }

  #next(): void {
    if (this.#current !== undefined) return
    const job = this.#queue.shift()
    if (job === undefined) return
    this.#current = job
    this.#readers.ask(this.#client, job.request)
  }

  #replied(reply: Reply): void {
    const job = this.#current
    if (job?.request.id !== reply.id) return
    this.#current = undefined
    if (reply.error === undefined) job.resolve(reply.result)
    else job.reject(asError(reply.error))
    this.#next()
  }

  /** It was closed, or the thread died: who waits for it is told, and the next request starts another. */
  #fail(error: unknown): void {
    const waiting = [...(this.#current === undefined ? [] : [this.#current]), ...this.#queue.splice(0)]
    this.#current = undefined
    for (const job of waiting) job.reject(error)
  }
}

function asError(told: NonNullable<Reply['error']>): Error {
  if (told.damage) return new DamagedBytes(told.message)
  if (told.code !== undefined) return new HabtwinError(told.code as ErrorCode, told.message)
  const error = new Error(told.message)
  error.stack = told.stack
  return told.errcode === undefined ? error : Object.assign(error, { errcode: told.errcode })
}
