/** The near end of the thread that reads: promises, one request under way at a time, started when it is first asked. */
import { Worker } from 'node:worker_threads'
import { type ErrorCode, HabtwinError } from '@habtwin/contract/errors'
import { DamagedBytes } from './faults.ts'
import type { Answer, NewBlock } from './reader.ts'
import type { HistoryQuery } from './types.ts'

/** What the thread is asked. */
export type Request = { id: number } & (
  | { call: 'history'; query: HistoryQuery }
  | { call: 'pack'; target: number; done: number; budget: number }
)

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

// distributions hold the same file with its types stripped
const script = new URL(import.meta.url.endsWith('.ts') ? './reader.worker.ts' : './reader.worker.js', import.meta.url)

export class ReaderThread implements AsyncDisposable {
  readonly #path: string
  readonly #queue: Job[] = []
  #worker: Worker | undefined
  #current: Job | undefined
  #lastId = 0
  #closed = false

  /** @param path of store.db, which exists */
  constructor(path: string) {
    this.#path = path
  }

  /** One series over a span of time. Rejects with the signal's reason when that is aborted. */
  history(query: HistoryQuery, signal?: AbortSignal): Promise<Answer> {
    return this.#ask({ call: 'history', query }, signal)
  }

  /** The next blocks of a packing; see `SeriesReader.pack`. */
  pack(target: number, done: number, budget: number): Promise<PackSlice> {
    return this.#ask({ call: 'pack', target, done, budget })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    const worker = this.#worker
    this.#fail(new HabtwinError('link/unavailable', 'The store was closed'))
    await worker?.terminate()
  }

  #ask<T>(
    call: { call: 'history'; query: HistoryQuery } | { call: 'pack'; target: number; done: number; budget: number },
    signal?: AbortSignal,
  ): Promise<T> {
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
    if (job === undefined) {
      this.#worker?.unref()
      return
    }
    this.#current = job
    this.#worker ??= this.#start()
    this.#worker.ref()
    this.#worker.postMessage(job.request)
  }

  #start(): Worker {
    const worker = new Worker(script, {
      workerData: this.#path,
      name: 'store-reader',
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 },
    })
    worker.on('message', (reply: Reply) => {
      const job = this.#current
      if (worker !== this.#worker || job?.request.id !== reply.id) return
      this.#current = undefined
      if (reply.error === undefined) job.resolve(reply.result)
      else job.reject(asError(reply.error))
      this.#next()
    })
    worker.on('error', (error) => this.#lose(worker, error))
    worker.on('exit', (code) => this.#lose(worker, new Error(`the thread that reads the store ended with ${code}`)))
    return worker
  }

  /** The thread died: who waits for it is told, and the next request starts another. */
  #lose(worker: Worker, error: unknown): void {
    if (worker === this.#worker) this.#fail(error)
  }

  #fail(error: unknown): void {
    this.#worker = undefined
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
