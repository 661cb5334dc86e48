/** What sim and the workers say to each other through Redis. The steps themselves are in `scripts.ts`. */
import { createHash, randomUUID } from 'node:crypto'
import { deserialize, serialize } from 'node:v8'
import type { Redis } from 'ioredis'
import type { End, JobInput, Save } from '../runner.ts'
import { prefixOf } from './address.ts'
import { scripts } from './scripts.ts'

/** ms after which what nobody asks for any more is forgotten by Redis; sim hands it over again if it comes back. */
const TTL = 7 * 86_400_000
/** ms after which a worker that was not heard counts as gone. */
const SILENT = 7_000

/** How a job ended at a worker. */
export type Outcome =
  | { readonly end: End }
  | { readonly error: { readonly code: string | undefined; readonly message: string; readonly stack?: string } }

/** What has come of a job, in its order. */
export type News = { readonly seq: number; readonly save: Save } | { readonly seq: number; readonly outcome: Outcome }

/** Which taking-up of a job somebody speaks of. */
export interface Turn {
  readonly run: string
  readonly turn: string
}

export interface Taken extends Turn {
  /** Times that it was taken up since something was committed. */
  readonly tries: number
  readonly seq: number
  readonly keptSeq: number
  readonly stop: boolean
  readonly input: JobInput
  readonly saved: Uint8Array | undefined
}

/** A worker, as it makes itself known. */
export interface WorkerCard {
  readonly name: string
  readonly version: string
  readonly slots: number
}

/** What a worker says of a job: something new is there; how far it is. */
export type Up =
  | { readonly kind: 'news'; readonly id: string }
  | { readonly kind: 'progress'; readonly id: string; readonly step: number }
  | { readonly kind: 'workers' }

/** What sim says of a job: it is to stop; it is gone; it is committed up to a save. */
export type Down =
  | { readonly kind: 'stop' | 'gone'; readonly id: string }
  | { readonly kind: 'kept'; readonly id: string; readonly seq: number }

type Argument = string | number | Uint8Array
/** The scripts; those whose answer holds bytes are asked by the name with `Buffer`. */
type Call = keyof typeof scripts | 'hbPollBuffer' | 'hbTakeBuffer'

/** Names a state; where there is none, the beginning of the job. */
export function digestOf(state: Uint8Array | undefined): string {
  return state === undefined ? 'beginning' : createHash('sha256').update(state).digest('base64')
}

export class Exchange {
  readonly #redis: Redis
  readonly #prefix: string
  readonly up: string
  readonly down: string

  constructor(redis: Redis, habitat: string) {
    for (const [name, { keys, lua }] of Object.entries(scripts)) redis.defineCommand(name, { numberOfKeys: keys, lua })
    this.#redis = redis
    this.#prefix = prefixOf(habitat)
    this.up = this.#key('up')
    this.down = this.#key('down')
  }

  // sim

  /** @returns true where Redis has the job and goes on from that state */
  async attach(id: string, version: string, saved: Uint8Array | undefined): Promise<boolean> {
    return (await this.#ask('hbAttach', [this.#job(id), this.#saves(id)], version, digestOf(saved))) === 1
  }

  /** Hands a job over; whatever was known of it before is forgotten. */
  async create(
    id: string,
    owner: string,
    version: string,
    input: JobInput,
    saved: Uint8Array | undefined,
  ): Promise<void> {
    const work = serialize({ input, saved })
    const keys = [this.#job(id), this.#saves(id), this.#own(owner)]
    await this.#ask('hbCreate', keys, id, version, randomUUID(), digestOf(saved), work, TTL)
  }

  /** @returns undefined where the job is not known there as it stands here */
  async poll(
    id: string,
    version: string,
    saved: Uint8Array | undefined,
  ): Promise<(Turn & { news: News | undefined }) | undefined> {
    const found = await this.#ask('hbPollBuffer', [this.#job(id), this.#saves(id)], version, digestOf(saved))
    if (found === null) return undefined
    const [run, turn, seq, payload, kind] = found as Buffer[]
    const known = { run: String(run), turn: String(turn) }
    if (payload === undefined) return { ...known, news: undefined }
    const content = deserialize(payload)
    const news: News =
      String(kind) === 'end'
        ? { seq: Number(seq), outcome: content as Outcome }
        : { seq: Number(seq), save: content as Save }
    return { ...known, news }
  }

  /** Says that a save, and all before it, is committed. Where Redis has forgotten that save, the next `poll` tells. */
  async ack(id: string, owner: string, seq: number, saved: Uint8Array): Promise<void> {
    const keys = [this.#job(id), this.#saves(id), this.#own(owner)]
    await this.#ask('hbAck', keys, id, seq, digestOf(saved), TTL, this.down)
  }

  /** @returns false where no worker has it */
  async stop(id: string): Promise<boolean> {
    return (await this.#ask('hbStop', [this.#job(id)], id, this.down)) === 1
  }

  async remove(id: string, owner: string): Promise<void> {
    await this.#ask('hbRemove', [this.#job(id), this.#saves(id), this.#own(owner)], id, this.down)
  }

  /** Jobs that a store has handed over. */
  jobsOf(owner: string): Promise<string[]> {
    return this.#redis.smembers(this.#own(owner))
  }

  /** Makes a sim known. @returns versions that no sim has any more: what the one of this store had before */
  async register(owner: string, version: string): Promise<string[]> {
    const before = await this.#redis.hget(this.#key('sims'), owner)
    await this.#redis.hset(this.#key('sims'), owner, version)
    const now = await this.#redis.hvals(this.#key('sims'))
    return before === null || now.includes(before) ? [] : [before]
  }

  async workers(): Promise<WorkerCard[]> {
    const cards = (await this.#ask('hbHeard', [this.#key('workers')], SILENT)) as string[]
    return cards.map((card) => JSON.parse(card) as WorkerCard)
  }

  // workers

  /** @returns undefined where the job has ended or is gone */
  async take(id: string): Promise<Taken | undefined> {
    const found = await this.#ask('hbTakeBuffer', [this.#job(id)], id, this.up, randomUUID())
    if (found === null) return undefined
    const [run, turn, tries, seq, keptSeq, stop, state, work] = found as (Buffer | null)[]
    const { input, saved } = deserialize(work as Buffer) as Pick<Taken, 'input' | 'saved'>
    return {
      run: String(run),
      turn: String(turn),
      tries: Number(tries),
      seq: Number(seq),
      keptSeq: Number(keptSeq),
      stop: stop !== null,
      input,
      saved: state ?? saved,
    }
  }

  /** @returns bytes that it takes; undefined where another goes on with the job, or it is gone */
  async append(id: string, { run, turn }: Turn, seq: number, content: Save | Outcome): Promise<number | undefined> {
    const payload = serialize(content)
    const said =
      'state' in content ? ['save', payload, digestOf(content.state), content.state] : ['end', payload, '', '']
    const done = await this.#ask(
      'hbAppend',
      [this.#job(id), this.#saves(id)],
      id,
      this.up,
      run,
      turn,
      seq,
      ...said,
      TTL,
    )
    return done === 1 ? payload.length : undefined
  }

  /** How a job stands for whoever has taken it up; undefined where another has, or it is gone. */
  async look(id: string, { run, turn }: Turn): Promise<{ keptSeq: number; stop: boolean } | undefined> {
    const [found, at, keptSeq, stop] = await this.#redis.hmget(this.#job(id), 'run', 'turn', 'keptSeq', 'stop')
    return found === run && at === turn ? { keptSeq: Number(keptSeq), stop: stop !== null } : undefined
  }

  /** True where somebody has handed the job over, and it has not ended. */
  async exists(id: string): Promise<boolean> {
    const [run, ended] = await this.#redis.hmget(this.#job(id), 'run', 'ended')
    return run !== null && ended === null
  }

  /** Tells how far a job is. Lost where nobody listens. */
  async progress(id: string, step: number): Promise<void> {
    await this.#redis.publish(this.up, `progress ${id} ${step}`)
  }

  /** Makes a worker known for some seconds. @returns versions of the sims */
  async beat(card: WorkerCard): Promise<string[]> {
    return (await this.#ask(
      'hbBeat',
      [this.#key('workers'), this.#key('sims')],
      JSON.stringify(card),
      SILENT,
    )) as string[]
  }

  async leave(card: WorkerCard): Promise<void> {
    await this.#redis.zrem(this.#key('workers'), JSON.stringify(card))
    await this.changed()
  }

  /** Tells the sims that workers came or went. */
  async changed(): Promise<void> {
    await this.#redis.publish(this.up, 'workers')
  }

  #ask(call: Call, keys: readonly string[], ...given: readonly Argument[]): Promise<unknown> {
    // other views than buffers would be sent as text
    const sent = given.map((one) =>
      one instanceof Uint8Array ? Buffer.from(one.buffer, one.byteOffset, one.length) : one,
    )
    const calls = this.#redis as unknown as Record<Call, (...all: (string | number | Buffer)[]) => Promise<unknown>>
    return calls[call](...keys, ...sent)
  }

  #key(name: string): string {
    return `${this.#prefix}:${name}`
  }

  #job(id: string): string {
    return this.#key(`job:${id}`)
  }

  #saves(id: string): string {
    return this.#key(`job:${id}:saves`)
  }

  #own(owner: string): string {
    return this.#key(`own:${owner}`)
  }
}

export function readUp(message: string): Up {
  const [kind, id = '', step] = message.split(' ')
  if (kind === 'progress') return { kind, id, step: Number(step) }
  return kind === 'news' ? { kind, id } : { kind: 'workers' }
}

export function readDown(message: string): Down {
  const [kind, id = '', seq] = message.split(' ')
  if (kind === 'kept') return { kind, id, seq: Number(seq) }
  return { kind: kind === 'stop' ? 'stop' : 'gone', id }
}
