/**
 * Moves what was committed from SQLite's log into the file itself, in a thread: results come by the megabyte, and that
 * waits for the disk, on flash for a good part of a second. Commits of others go on meanwhile (a passive checkpoint).
 *
 * The thread's connection is open only while it works, and never while the file is moved aside: a connection that is
 * closed after that would delete the log of the file that took its place. Two words of shared memory see to it:
 * OPEN is 1 while there is a connection, BARRED is 1 while there may be none.
 */
import { Worker } from 'node:worker_threads'

export const OPEN = 0
export const BARRED = 1

/** ms after which the thread ends when there is nothing to do. */
const IDLE = 30_000
/** ms that a connection may take to close: far more than a checkpoint does. */
const PATIENCE = 10_000

/** What the thread is told once. */
export interface CheckpointData {
  readonly path: string
  readonly words: Int32Array
}

// distributions hold the same file with its types stripped
const script = new URL(
  import.meta.url.endsWith('.ts') ? './checkpoint.worker.ts' : './checkpoint.worker.js',
  import.meta.url,
)

export class Checkpoints implements Disposable {
  readonly #data: CheckpointData
  #worker: Worker | undefined
  #running: PromiseWithResolvers<void> | undefined
  #idle: NodeJS.Timeout | undefined

  constructor(path: string) {
    this.#data = { path, words: new Int32Array(new SharedArrayBuffer(8)) }
  }

  /** Resolves when the checkpoint that is under way is over, or has failed: then another will do it. */
  get running(): Promise<void> | undefined {
    return this.#running?.promise
  }

  /** Begins one. */
  run(): void {
    clearTimeout(this.#idle)
    this.#running = Promise.withResolvers<void>()
    this.#worker ??= this.#start()
    this.#worker.ref()
    this.#worker.postMessage('checkpoint')
  }

  /** Waits until no connection is open; none is opened until `allow`. */
  bar(): void {
    const { words } = this.#data
    Atomics.store(words, BARRED, 1)
    if (Atomics.load(words, OPEN) === 1) Atomics.wait(words, OPEN, 1, PATIENCE)
  }

  allow(): void {
    Atomics.store(this.#data.words, BARRED, 0)
  }

  [Symbol.dispose](): void {
    this.bar()
    clearTimeout(this.#idle)
    void this.#worker?.terminate()
    this.#done()
  }

  #start(): Worker {
    const worker = new Worker(script, { workerData: this.#data, name: 'jobs-checkpoint' })
    worker.on('message', () => {
      this.#done()
      worker.unref()
      this.#idle = setTimeout(() => void worker.terminate(), IDLE)
      this.#idle.unref()
    })
    worker.on('error', () => this.#done())
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
      this.#done()
    })
    return worker
  }

  #done(): void {
    this.#running?.resolve()
    this.#running = undefined
  }
}
