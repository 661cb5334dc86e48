/**
 * The runner for where one machine is not enough: workers on any number of machines, found through Redis.
 *
 *   sim ── BullMQ: which job ──► worker        who takes it, and who goes on with it when that one dies
 *    ▲ ── job:{id}: model, state ──►           from where
 *    └─── job:{id}:saves ◄── saves             committed by sim one by one, then gone from Redis
 */

import { HabtwinError, messageOf } from '@habtwin/contract/errors'
import type { Clock } from '@habtwin/runtime/clock'
import type { Log } from '@habtwin/runtime/log'
import { everyInterval } from '@habtwin/runtime/supervise'
import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import type { End, Runner, Sink, Work } from '../runner.ts'
import { connectRedis, prefixOf, queuedAs, queueOf, type RedisAddress } from './address.ts'
import { Exchange, readUp, type WorkerCard } from './exchange.ts'
import { Following } from './following.ts'

/** ms between looks at who is there. */
const LOOK = 1_000
/** ms of silence after which a job is put into the queue again, where it lies most often. */
const SILENCE = 5_000

export interface RedisRunnerOptions {
  readonly habitat: string
  readonly version: string
  /** Names the store that the jobs are kept in, so that others that share the Redis are left alone. */
  readonly owner: () => string
  /** Asked for at each start: the password's file may be written only after sim began. */
  readonly address: () => RedisAddress
  /** True for jobs that are still to be run. */
  readonly wanted: (id: string) => boolean
  readonly clock: Clock
  readonly log: Log
}

/** A connection and what is spoken over it. */
interface Line {
  readonly redis: Redis
  readonly exchange: Exchange
  readonly queue: Queue
}

export interface RedisStatus {
  readonly up: boolean
  /** Why it is not up. */
  readonly reason: string
  readonly workers: number
  /** Workers of another version, which get nothing to do. */
  readonly strangers: number
}

export class RedisRunner implements Runner {
  onSlots: (() => void) | undefined
  readonly #options: RedisRunnerOptions
  readonly #following = new Map<string, Following>()
  /** Jobs of which something may be left in Redis. */
  readonly #litter = new Set<string>()
  #line: Line | undefined
  #cards: readonly WorkerCard[] = []
  #up = false
  #reason = 'not connected yet'
  #slots = 0

  constructor(options: RedisRunnerOptions) {
    this.#options = options
  }

  /** Of all workers that were heard lately; none while Redis is away. */
  get slots(): number {
    return this.#up ? this.#slots : 0
  }

  get status(): RedisStatus {
    const { length } = this.#ours()
    return { up: this.#up, reason: this.#reason, workers: length, strangers: this.#cards.length - length }
  }

  async run(work: Work, sink: Sink, signal: AbortSignal): Promise<End> {
    if (this.#line === undefined) throw new HabtwinError('link/unavailable', 'Redis is not connected')
    const { version, owner, clock, log } = this.#options
    const { exchange, queue } = this.#line
    const enqueue = (id: string) => queue.add('run', {}, { jobId: queuedAs(id) })
    const reachable = () => this.#up
    const options = { exchange, enqueue, reachable, owner: owner(), version, clock, log }
    const following = new Following(options, work, sink)
    this.#litter.delete(work.id)
    this.#following.set(work.id, following)
    try {
      return await following.run(signal)
    } finally {
      this.#following.delete(work.id)
      if (following.litter) this.#litter.add(work.id)
    }
  }

  /**
   * Holds the connection until the signal is aborted. While Redis is away, it waits.
   * @throws HabtwinError secret/unreadable
   */
  async connect(signal: AbortSignal): Promise<void> {
    const { habitat, version, address, clock, log } = this.#options
    const given = address()
    const { Queue } = await import('bullmq')
    const [redis, heard] = [await connectRedis(given), await connectRedis(given)]
    const close = () => {
      redis.disconnect()
      heard.disconnect()
    }
    signal.addEventListener('abort', close, { once: true })
    if (signal.aborted) close()
    const exchange = new Exchange(redis, habitat)
    const queue = new Queue(queueOf(version), {
      connection: redis,
      prefix: prefixOf(habitat),
      streams: { events: { maxLen: 10 } },
      defaultJobOptions: {
        removeOnComplete: true,
        removeOnFail: true,
        // what fails here is a worker's link, not the job
        attempts: Number.MAX_SAFE_INTEGER,
        backoff: { type: 'fixed', delay: LOOK },
      },
    })
    queue.on('error', () => undefined) // the connection tells as well
    const line: Line = { redis, exchange, queue }
    this.#watch(line, given.url)
    heard.on('error', () => undefined)
    heard.on('message', (_channel: string, message: string) => this.#heard(message))
    heard.on('ready', () => this.#wake()) // what was said meanwhile was not heard
    heard.subscribe(exchange.up).catch(() => undefined) // is subscribed to at each connection
    this.#line = line
    try {
      await everyInterval(clock, LOOK, signal, async () => {
        try {
          await Promise.all([heard.ping(), this.#look(line)])
        } catch (error) {
          if (!signal.aborted && this.#up) log.warn({ reason: messageOf(error) }, 'Redis refuses')
          if (!signal.aborted) this.#reason = messageOf(error)
        }
      })
    } finally {
      signal.removeEventListener('abort', close)
      close()
      this.#line = undefined
      this.#up = false
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #watch(line: Line, where: string): void {
    const { log } = this.#options
    const { redis } = line
    redis.on('error', (error: Error) => {
      this.#reason = error.message
      if (!this.#up) log.debug({ reason: error.message }, 'Redis is away')
    })
    redis.on('ready', () => {
      this.#up = true
      log.info({ redis: where }, 'connected to Redis')
      this.#tidy(line).then(
        () => this.#look(line),
        (error: unknown) => log.warn({ reason: messageOf(error) }, 'Redis could not be tidied up'),
      )
      this.#wake()
    })
    redis.on('close', () => {
      if (this.#up) log.warn({ redis: where }, 'Redis is away; jobs wait for it')
      this.#up = false
    })
  }

  #heard(message: string): void {
    const said = readUp(message)
    if (said.kind === 'news') this.#following.get(said.id)?.wake()
    else if (said.kind === 'progress') this.#following.get(said.id)?.progress(said.step)
    else if (this.#line) this.#look(this.#line).catch(() => undefined) // it is looked again soon
  }

  /** Who is there, and what may have been missed. */
  async #look({ exchange, queue }: Line): Promise<void> {
    const { log } = this.#options
    const before = this.status
    this.#cards = await exchange.workers()
    const { workers, strangers } = this.status
    const slots = this.#ours().reduce((sum, card) => sum + card.slots, 0)
    if (workers !== before.workers) log.info({ workers, slots }, 'workers')
    if (strangers > before.strangers) {
      const versions = this.#cards.map(({ version }) => version)
      log.warn({ versions, ours: this.#options.version }, 'workers of another version get no jobs')
    }
    if (slots !== this.#slots) {
      this.#slots = slots
      this.onSlots?.()
    }
    this.#wake()
    for (const [id, following] of this.#following) {
      if (following.silence > SILENCE) await queue.add('run', {}, { jobId: queuedAs(id) })
    }
    await this.#clear(exchange, queue)
  }

  /** Removes what ended here while Redis was away, and the queue of an earlier version. */
  async #tidy({ exchange, redis }: Line): Promise<void> {
    const { habitat, owner, version, wanted } = this.#options
    for (const old of await exchange.register(owner(), version)) {
      const { Queue } = await import('bullmq')
      const queue = new Queue(queueOf(old), { connection: redis, prefix: prefixOf(habitat), skipMetasUpdate: true })
      queue.on('error', () => undefined)
      await queue.obliterate({ force: true })
    }
    for (const id of await exchange.jobsOf(owner())) {
      if (!this.#following.has(id) && !wanted(id)) this.#litter.add(id)
    }
  }

  async #clear(exchange: Exchange, queue: Queue): Promise<void> {
    for (const id of this.#litter) {
      // how it ended may not be committed yet, and is asked for again if that fails
      if (this.#following.has(id) || this.#options.wanted(id)) continue
      await exchange.remove(id, this.#options.owner())
      // a worker that has it drops it by itself; one that is dead holds it until its lock is over
      if ((await queue.remove(queuedAs(id))) === 1) this.#litter.delete(id)
    }
  }

  #wake(): void {
    for (const following of this.#following.values()) following.wake()
  }

  #ours(): WorkerCard[] {
    return this.#cards.filter(({ version }) => version === this.#options.version)
  }
}
