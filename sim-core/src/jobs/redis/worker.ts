/** What `habtwin worker` does: takes jobs from Redis and executes them in its threads, until it is asked to end. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { HabtwinError, isHabtwinError, messageOf } from '@habtwin/contract/errors'
import { aborted, type Clock } from '@habtwin/runtime/clock'
import type { Log } from '@habtwin/runtime/log'
import { everyInterval } from '@habtwin/runtime/supervise'
import type { Job, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { LocalRunner } from '../local.ts'
import type { End, Work } from '../runner.ts'
import { Threads } from '../threads.ts'
import { connectRedis, jobQueuedAs, prefixOf, queueOf, type RedisAddress } from './address.ts'
import { Exchange, type Outcome, readDown, type Taken, type WorkerCard } from './exchange.ts'
import { Held } from './held.ts'

export interface WorkerOptions {
  readonly habitat: string
  readonly address: RedisAddress
  readonly version: string
  /** Jobs at once, a thread each. */
  readonly slots: number
  readonly clock: Clock
  readonly log: Log
  /** Told once, when it is known to the sims. */
  readonly onReady?: () => void
}

/** ms between signs of life, and looks at what may have been missed. */
const BEAT = 1_000
/** ms that a job is another worker's after this process was last heard: the network or the machine may stand still. */
const LOCK = 6_000
/** ms that jobs have to be saved when the process is asked to end. */
const DRAIN = 4_000
/** ms after which what Redis refused is asked again. */
const AGAIN = 1_000
/** Times that a job is taken up without getting anywhere: one that ends the process each time is not tried for ever. */
const TRIES = 5

/** Works until the signal is aborted; what it has is given back then, to be gone on with elsewhere. */
export async function runWorker(options: WorkerOptions, signal: AbortSignal): Promise<void> {
  await using threads = new Threads({ most: options.slots })
  const { address, habitat, version, slots, clock, log } = options
  const [redis, heard] = [await connectRedis(address), await connectRedis(address)]
  tell(redis, address.url, log)
  heard.on('error', () => undefined)
  const exchange = new Exchange(redis, habitat)
  const desk = new Desk(options, exchange, threads)
  heard.on('message', (_channel: string, message: string) => desk.hear(message))
  heard.subscribe(exchange.down).catch(() => undefined) // is subscribed to at each connection
  const card: WorkerCard = { name: `${hostname()}-${randomBytes(4).toString('hex')}`, version, slots }
  const { Worker: Taker } = await import('bullmq')
  const taker = new Taker(queueOf(version), (job, token) => desk.process(job, token), {
    connection: redis,
    prefix: prefixOf(habitat),
    concurrency: slots,
    lockDuration: LOCK,
    lockRenewTime: LOCK / 3,
    stalledInterval: LOCK / 3,
    maxStalledCount: Number.MAX_SAFE_INTEGER, // it is counted in `tries`
    drainDelay: 5,
  })
  taker.on('error', (error) => log.debug({ reason: error.message }, 'the queue refuses'))
  taker.on('stalled', (name) => {
    log.info({ job: jobQueuedAs(name) }, 'nothing was heard of the worker of a job: it is free for others')
  })
  try {
    const beating = desk.beat(card, heard).then(() => everyInterval(clock, BEAT, signal, () => desk.beat(card, heard)))
    await Promise.race([beating, aborted(signal)]) // it does not wait for a Redis that is away
  } finally {
    await leave(taker, desk, exchange, card, clock)
    redis.disconnect()
    heard.disconnect()
  }
}

/** Gives back what there is. */
async function leave(taker: Worker, desk: Desk, exchange: Exchange, card: WorkerCard, clock: Clock): Promise<void> {
  const closed = taker.close() // takes no other job, and waits for what there is
  desk.leave()
  const left = closed.then(() => exchange.leave(card))
  const late = new AbortController()
  await Promise.race([left, clock.sleep(DRAIN, late.signal)]).catch(() => undefined) // Redis is away: it finds out
  late.abort()
}

function tell(redis: Redis, url: string, log: Log): void {
  let up: boolean | undefined
  redis.on('ready', () => {
    up = true
    log.info({ redis: url }, 'connected to Redis')
  })
  redis.on('error', (error) => {
    if (up !== false) log.warn({ redis: url, reason: error.message }, 'Redis is away; it is tried again')
    up = false
  })
}

/** What this process has taken up. */
class Desk {
  readonly #options: WorkerOptions
  readonly #exchange: Exchange
  readonly #runner: LocalRunner
  readonly #held = new Map<string, Held>()
  readonly #leaving = new AbortController()
  #ready = false
  #strange = false

  constructor(options: WorkerOptions, exchange: Exchange, threads: Threads) {
    this.#options = options
    this.#exchange = exchange
    this.#runner = new LocalRunner(threads)
  }

  hear(message: string): void {
    const said = readDown(message)
    const held = this.#held.get(said.id)
    if (said.kind === 'kept') held?.kept(said.seq)
    else if (said.kind === 'stop') held?.stop()
    else held?.lose()
  }

  async beat(card: WorkerCard, heard: Redis): Promise<void> {
    const { onReady, log, version } = this.#options
    try {
      const versions = await this.#exchange.beat(card)
      const strange = versions.length > 0 && !versions.includes(version)
      if (strange && !this.#strange) {
        log.warn({ version, sim: versions }, 'sim is of another version: this worker gets no jobs, and waits for one')
      }
      this.#strange = strange
      if (!this.#ready) {
        this.#ready = true
        await this.#exchange.changed()
        onReady?.()
      }
      await Promise.all([...this.#held.values()].map((held) => held.look()).concat(heard.ping().then(() => undefined)))
    } catch (error) {
      if (!this.#leaving.signal.aborted) log.warn({ reason: messageOf(error) }, 'Redis refuses')
    }
  }

  leave(): void {
    this.#leaving.abort()
    for (const held of this.#held.values()) held.leave()
  }

  /** Executes a job of the queue. When it returns, the queue is rid of it. */
  async process(job: Job, token: string | undefined): Promise<void> {
    const id = jobQueuedAs(job.id)
    const taken = await this.#ask(() => this.#exchange.take(id))
    if (taken === undefined) return // it has ended, or is gone
    this.#held.get(id)?.lose() // the queue took it from us and gave it back
    const ask = <T>(what: () => Promise<T>) => this.#ask(what)
    const held = new Held(id, taken, { exchange: this.#exchange, log: this.#options.log, ask })
    this.#held.set(id, held)
    if (this.#leaving.signal.aborted) held.leave()
    try {
      const outcome = await this.#execute(taken, held)
      if (outcome !== undefined) return await held.end(outcome)
    } catch (error) {
      if (!held.lost && !held.leaving) throw error
    } finally {
      if (this.#held.get(id) === held) this.#held.delete(id)
    }
    if (await this.#ask(() => this.#exchange.exists(id))) await giveBack(job, token)
  }

  /** @returns undefined where another goes on with it */
  async #execute(taken: Taken, held: Held): Promise<Outcome | undefined> {
    const { log } = this.#options
    const { input, saved, tries } = taken
    if (tries > TRIES) {
      const message = `The worker ended ${TRIES} times while it ran, without a step forward`
      return { error: { code: 'job/crashed', message } }
    }
    log.debug({ job: held.id, tries, after: taken.seq }, 'a job was taken up')
    const work: Work = { id: held.id, input, saved }
    let end: End
    try {
      end = await this.#runner.run(work, held, held.signal)
    } catch (error) {
      if (held.lost || held.leaving || this.#leaving.signal.aborted) return undefined
      log.warn({ err: error, job: held.id }, 'a job failed')
      return { error: { ...described(error), message: messageOf(error) } }
    }
    return held.lost || (end.stopped && held.leaving) ? undefined : { end }
  }

  /** Asks until there is an answer: a connection that is away comes back, a Redis that refuses may be mended. */
  async #ask<T>(ask: () => Promise<T>): Promise<T> {
    const { clock, log } = this.#options
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        if (this.#leaving.signal.aborted) throw new HabtwinError('link/unavailable', messageOf(error), { cause: error })
        log.warn({ reason: messageOf(error) }, 'Redis refuses; it will be asked again')
        await clock.sleep(AGAIN, this.#leaving.signal).catch(() => undefined) // once more before it ends
      }
    }
  }
}

/** The queue hands it to another at once. Throws what tells the queue so. */
async function giveBack(job: Job, token: string | undefined): Promise<never> {
  const { WaitingError } = await import('bullmq')
  await job.moveToWait(token)
  throw new WaitingError()
}

function described(error: unknown): { code: string | undefined; stack?: string } {
  const stack = error instanceof Error ? error.stack : undefined
  return { code: isHabtwinError(error) ? error.code : undefined, ...(stack === undefined ? {} : { stack }) }
}
