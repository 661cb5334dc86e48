/**
 * The twin as the process sees it: in a thread of its own, so that looking ahead holds up neither readings nor screens.
 *
 *   reading ─► Gatherer ─(10 ms)─► thread ─► said
 */
import { Worker } from 'node:worker_threads'
import type { Alert, Event, Reading, WhatifAnswer, WhatifRequest } from '@habtwin/contract'
import { HabtwinError } from '@habtwin/contract/errors'
import type { Figures } from '../figures.ts'
import type { TwinHistory, TwinOutput } from '../index.ts'
import { Gatherer } from './gather.ts'
import type { Asked, Given, Restored, Told } from './words.ts'

/** Readings are handed over so long after the first of them, ms. */
const GATHER = 10
/** Each holds up the twin for a while. */
const MOST_WHATIFS = 4

export interface TwinThreadOptions extends Given {
  /** Takes what the twin says. */
  readonly said: (output: TwinOutput) => void
  /** Told of the error that ended the thread: ours. */
  readonly failed: (error: unknown) => void
}

interface Waiting {
  readonly resolve: (result: never) => void
  readonly reject: (error: unknown) => void
}

// distributions hold the same file with its types stripped
const script = new URL(import.meta.url.endsWith('.ts') ? './twin.worker.ts' : './twin.worker.js', import.meta.url)

export class TwinThread implements AsyncDisposable {
  readonly #options: TwinThreadOptions
  readonly #gatherer = new Gatherer()
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #gathering: NodeJS.Timeout | undefined
  #lastId = 0
  #asking = 0
  #closed = false

  constructor(options: TwinThreadOptions) {
    this.#options = options
  }

  /** Begins; what came before waits until then. */
  start(): void {
    const { config, version } = this.#options
    const worker = new Worker(script, {
      name: 'twin',
      workerData: { config, version } satisfies Given,
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 },
    })
    this.#worker = worker
    worker.on('message', (told: Told) => this.#told(told))
    worker.on('error', (error) => this.#lost(error))
    worker.on('exit', (code) => this.#lost(new Error(`the thread of the twin ended with ${code}`)))
    this.#handOver()
  }

  reading(device: string, zone: string, reading: Reading): void {
    this.#gatherer.add(device, zone, reading)
    this.#gather()
  }

  refused(device: string, zone: string, reading: Reading, why: string): void {
    this.#gatherer.refuse(device, zone, reading, why)
    this.#gather()
  }

  event(event: Event): void {
    this.#worker?.postMessage({ event } satisfies Asked)
  }

  /**
   * The twin goes through what is complete.
   * @param now the habitat's time, ms
   * @param guard alerts of the guard that stand
   */
  tick(now: number, guard: readonly Alert[]): void {
    this.#handOver()
    this.#worker?.postMessage({ now, guard } satisfies Asked)
  }

  /** What the store keeps of a point. */
  history(history: TwinHistory): void {
    this.#worker?.postMessage({ history } satisfies Asked)
  }

  /** All of the past was handed over. @param made up to when (ms) estimates are stored, by zone/quantity */
  resume(made: ReadonlyMap<string, number>): void {
    this.#worker?.postMessage({ made } satisfies Asked)
  }

  /** Goes on from a snapshot, where that can be. */
  restore(snapshot: Uint8Array): Promise<Restored> {
    return this.#ask((id) => ({ id, restore: snapshot }))
  }

  /** All that the twin has learned; undefined as long as it has not begun. What it said before was told by then. */
  snapshot(): Promise<Uint8Array | undefined> {
    return this.#ask((id) => ({ id, snapshot: true }))
  }

  /** @throws HabtwinError twin/no-model; twin/busy where others are answered already */
  async whatif(request: WhatifRequest): Promise<WhatifAnswer> {
    if (this.#asking >= MOST_WHATIFS) throw new HabtwinError('twin/busy', `${this.#asking} what-ifs are under way`)
    this.#asking++
    try {
      return await this.#ask((id) => ({ id, whatif: request }))
    } finally {
      this.#asking--
    }
  }

  /** How the habitat stands. @throws HabtwinError twin/no-model; link/unavailable: it has not begun yet, or was ended */
  figures(): Promise<Figures> {
    return this.#ask((id) => ({ id, figures: true }))
  }

  /** Somebody has seen an alert. @returns whether it is one of the twin's that stands */
  acknowledge(alert: string, by: string): Promise<boolean> {
    return this.#ask((id) => ({ id, acknowledge: alert, by }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearTimeout(this.#gathering)
    const worker = this.#worker
    this.#fail(new HabtwinError('link/unavailable', 'The twin was ended'))
    await worker?.terminate()
  }

  #ask<T>(asked: (id: number) => Asked): Promise<T> {
    const worker = this.#worker
    if (worker === undefined) return Promise.reject(new HabtwinError('link/unavailable', 'The twin has not begun yet'))
    const id = ++this.#lastId
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      worker.postMessage(asked(id))
    })
  }

  #gather(): void {
    if (this.#worker === undefined) return
    this.#gathering ??= setTimeout(() => this.#handOver(), GATHER)
  }

  #handOver(): void {
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    if (this.#worker === undefined || this.#gatherer.empty) return
    this.#worker.postMessage({ sums: this.#gatherer.take() } satisfies Asked)
  }

  #told(told: Told): void {
    if ('said' in told) {
      this.#options.said(told.said)
      return
    }
    const waiting = this.#waiting.get(told.id)
    this.#waiting.delete(told.id)
    if ('result' in told) {
      waiting?.resolve(told.result as never)
      return
    }
    const { code, message, stack } = told.error
    waiting?.reject(code === undefined ? Object.assign(new Error(message), { stack }) : new HabtwinError(code, message))
  }

  #lost(error: unknown): void {
    if (this.#closed) return
    this.#fail(error)
    this.#options.failed(error)
  }

  #fail(error: unknown): void {
    this.#worker = undefined
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
