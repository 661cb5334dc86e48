/**
 * The worker behind readers of stores: one a store, or one for many. A worker costs some megabytes before it has read
 * anything, and of the stores of a mission control hardly any is asked at the same time as another.
 */
import { Worker } from 'node:worker_threads'
import type { Reply, Request } from './thread.ts'

/** To the worker. Without a request: this client reads no more. */
export interface Asked {
  readonly client: number
  readonly path: string
  readonly request?: Request
}

/** From the worker. */
export interface Answered {
  readonly client: number
  readonly reply: Reply
}

interface Client {
  readonly path: string
  readonly replied: (reply: Reply) => void
  readonly lost: (error: unknown) => void
  asking: boolean
}

// distributions hold the same file with its types stripped
const script = new URL(import.meta.url.endsWith('.ts') ? './reader.worker.ts' : './reader.worker.js', import.meta.url)

/** One worker, started when it is first asked, and again when it died. It keeps the process alive only while it works. */
export class Readers implements AsyncDisposable {
  readonly #clients = new Map<number, Client>()
  #worker: Worker | undefined
  #last = 0

  /**
   * One who asks, one question at a time.
   * @param path of store.db
   * @param lost told where the worker died over its question
   */
  join(path: string, replied: Client['replied'], lost: Client['lost']): number {
    this.#clients.set(++this.#last, { path, replied, lost, asking: false })
    return this.#last
  }

  ask(id: number, request: Request): void {
    const client = this.#clients.get(id)
    if (client === undefined) return
    client.asking = true
    this.#worker ??= this.#start()
    this.#worker.ref()
    this.#worker.postMessage({ client: id, path: client.path, request } satisfies Asked)
  }

  /** This one asks no more; what it has open is closed. Where nobody is left the worker ends. */
  async leave(id: number): Promise<void> {
    const client = this.#clients.get(id)
    if (client === undefined) return
    this.#clients.delete(id)
    if (this.#clients.size === 0) return this[Symbol.asyncDispose]()
    this.#worker?.postMessage({ client: id, path: client.path } satisfies Asked)
    this.#rest()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(script, {
      name: 'store-reader',
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 },
    })
    worker.on('message', ({ client: id, reply }: Answered) => {
      const client = this.#clients.get(id)
      if (client === undefined || worker !== this.#worker) return
      client.asking = false
      client.replied(reply)
      this.#rest()
    })
    worker.on('error', (error) => this.#lose(worker, error))
    worker.on('exit', (code) => this.#lose(worker, new Error(`the thread that reads the store ended with ${code}`)))
    return worker
  }

  #rest(): void {
    if (![...this.#clients.values()].some(({ asking }) => asking)) this.#worker?.unref()
  }

  /** The worker died: who waits for it is told, and the next question starts another. */
  #lose(worker: Worker, error: unknown): void {
    if (worker !== this.#worker) return
    this.#worker = undefined
    for (const client of this.#clients.values()) {
      if (!client.asking) continue
      client.asking = false
      client.lost(error)
    }
  }
}
