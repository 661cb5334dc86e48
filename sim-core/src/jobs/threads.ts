/**
 * The threads that jobs run in: started when they are first needed, ended when there is nothing to do, so that a
 * process without jobs is as small as one that never had any.
 *
 * Not piscina: a job is a conversation (progress and results come while it runs, results are waited for, a stop must
 * bring what there is), and a thread that runs one answers questions in between. Of a pool made for calls that are asked
 * once and answered once there would remain a list of threads.
 *
 *   call ─► {id, call, data} ─► thread ─► {id, note}* ─► {id, result | error}
 *           {id, stop}                     {id, save} ─► kept ─► {id, kept}
 */
import { Worker } from 'node:worker_threads'
import { type ErrorCode, HabtwinError, messageOf } from '@habtwin/contract/errors'
import type { IntakeTask } from './intake.ts'
import type { Accepted, End, Save, Work } from './runner.ts'
import type { ReduceTask, SlabDone, SlabTask } from './slab.ts'

/** What a thread can be asked, and what it answers. */
export interface Calls {
  /** Loads what is needed to read scenarios. */
  warm: { data: undefined; result: undefined }
  accept: { data: IntakeTask; result: Accepted }
  run: { data: Work; result: End }
  slab: { data: SlabTask; result: SlabDone | undefined }
  reduce: { data: ReduceTask; result: Uint8Array[][] | undefined }
}
export type Call = keyof Calls

/** To a thread. */
export type Asked =
  | { [C in Call]: { id: number; call: C; data: Calls[C]['data'] } }[Call]
  | { id: number; stop: true }
  | { id: number; kept: true; error?: string }

/** From a thread. */
export type Told =
  | { id: number; started: true }
  | { id: number; progress: number }
  | { id: number; save: Save }
  | { id: number; result: unknown }
  | { id: number; error: { code: string | undefined; message: string; stack: string | undefined } }

/** What is heard of a call while it goes on. */
export interface Hearing {
  readonly started?: () => void
  readonly progress?: (steps: number) => void
  readonly save?: (save: Save) => Promise<void>
  /** Asks it to stop: it answers soon, with what it has. */
  readonly signal?: AbortSignal
}

interface Pending {
  readonly hearing: Hearing
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

interface Thread {
  readonly worker: Worker
  readonly pending: Map<number, Pending>
  idle: NodeJS.Timeout | undefined
}

export interface ThreadOptions {
  readonly most: number
  /** ms after which a thread without work ends. */
  readonly idle?: number
  /** Largest heap of a thread, MB: what a scenario may take before it is given up, and the process with it is not. */
  readonly heap?: number
}

// distributions hold the same file with its types stripped
const script = new URL(import.meta.url.endsWith('.ts') ? './jobs.worker.ts' : './jobs.worker.js', import.meta.url)

export class Threads implements AsyncDisposable {
  readonly #options: ThreadOptions
  readonly #threads = new Set<Thread>()
  #lastId = 0
  #closed = false

  constructor(options: ThreadOptions) {
    this.#options = options
  }

  /** The most that there are at once. */
  get most(): number {
    return this.#options.most
  }

  /** Those that are there now. */
  get size(): number {
    return this.#threads.size
  }

  /**
   * Asks a thread, the one that has least to do. A call is not queued: it takes turns with others of its thread.
   * @param given buffers in `data` that are handed over
   * @throws what the call throws; HabtwinError job/crashed where the thread died of it
   */
  call<C extends Call>(
    call: C,
    data: Calls[C]['data'],
    hearing: Hearing = {},
    given: ArrayBuffer[] = [],
  ): Promise<Calls[C]['result']> {
    if (this.#closed) return Promise.reject(new HabtwinError('link/unavailable', 'The jobs were closed'))
    const thread = this.#least()
    const id = ++this.#lastId
    const asked = Promise.withResolvers<unknown>()
    const stop = () => thread.worker.postMessage({ id, stop: true } satisfies Asked)
    thread.pending.set(id, { hearing, resolve: asked.resolve, reject: asked.reject })
    clearTimeout(thread.idle)
    thread.worker.ref()
    thread.worker.postMessage({ id, call, data } as Asked, given)
    hearing.signal?.addEventListener('abort', stop, { once: true })
    if (hearing.signal?.aborted) stop()
    const ended = asked.promise.finally(() => {
      hearing.signal?.removeEventListener('abort', stop)
      thread.pending.delete(id)
      this.#rest(thread)
    })
    return ended as Promise<Calls[C]['result']>
  }

  /** Ends all threads; what is under way is refused. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    const threads = [...this.#threads]
    for (const thread of threads) this.#lose(thread, new HabtwinError('link/unavailable', 'The jobs were closed'))
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
  }

  #least(): Thread {
    const [least] = [...this.#threads].sort((a, b) => a.pending.size - b.pending.size)
    if (least !== undefined && (least.pending.size === 0 || this.#threads.size >= this.#options.most)) return least
    const thread = this.#start()
    this.#threads.add(thread)
    return thread
  }

  #start(): Thread {
    const worker = new Worker(script, {
      name: 'jobs',
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heap ?? 512, maxYoungGenerationSizeMb: 16 },
    })
    const thread: Thread = { worker, pending: new Map(), idle: undefined }
    worker.on('message', (told: Told) => this.#told(thread, told))
    worker.on('error', (error) => this.#lose(thread, crashed(error)))
    worker.on('exit', (code) => this.#lose(thread, crashed(new Error(`it ended with ${code}`))))
    return thread
  }

  #told(thread: Thread, told: Told): void {
    const pending = thread.pending.get(told.id)
    if (pending === undefined) return
    const { hearing, resolve, reject } = pending
    if ('result' in told) resolve(told.result)
    else if ('error' in told) reject(asError(told.error))
    else if ('progress' in told) hearing.progress?.(told.progress)
    else if ('started' in told) hearing.started?.()
    else {
      const answer = (error?: unknown) => {
        const kept: Asked = { id: told.id, kept: true, ...(error === undefined ? {} : { error: messageOf(error) }) }
        thread.worker.postMessage(kept)
        if (error !== undefined) reject(error)
      }
      const kept = hearing.save?.(told.save) ?? Promise.resolve()
      kept.then(() => answer(), answer)
    }
  }

  /** Without work it may end; it is no reason for the process to stay. */
  #rest(thread: Thread): void {
    if (thread.pending.size > 0 || !this.#threads.has(thread)) return
    thread.worker.unref()
    thread.idle = setTimeout(() => {
      this.#threads.delete(thread)
      void thread.worker.terminate()
    }, this.#options.idle ?? 30_000)
    thread.idle.unref()
  }

  /** A thread died: who waits for it is told, and the next call starts another. */
  #lose(thread: Thread, error: unknown): void {
    this.#threads.delete(thread)
    clearTimeout(thread.idle)
    for (const { reject } of thread.pending.values()) reject(error)
    thread.pending.clear()
  }
}

function crashed(cause: unknown): HabtwinError {
  const memory = (cause as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY'
  const why = memory ? 'it needs more memory than a worker may take' : messageOf(cause)
  return new HabtwinError('job/crashed', `The worker ended: ${why}`, { cause })
}

function asError({ code, message, stack }: { code: string | undefined; message: string; stack: string | undefined }) {
  if (code !== undefined) return new HabtwinError(code as ErrorCode, message)
  return Object.assign(new Error(message), stack === undefined ? {} : { stack })
}
