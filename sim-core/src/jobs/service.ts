/**
 * Jobs as others see them: submitted, watched, cancelled, fetched.
 *
 *   submit ─► accept (thread) ─► table ─► queue ─► runner ─► table ─► results
 *                                                   │ progress
 *                                                   └─► who watches
 */
import { createHash, randomBytes } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import type { Job, JobRequest } from '@habtwin/contract'
import { HabtwinError, isHabtwinError, isOutsideFault, messageOf } from '@habtwin/contract/errors'
import type { Clock } from '@habtwin/runtime/clock'
import type { Log } from '@habtwin/runtime/log'
import { Backoff, everyInterval } from '@habtwin/runtime/supervise'
import type { LiveScenario } from '../scenario/live/live.ts'
import { wantedColumns } from './columns.ts'
import type { Earlier, JobLimits } from './intake.ts'
import { FairQueue } from './queue.ts'
import type { ResultsOf } from './results.ts'
import { type End, Leaving, type Runner, type Sink } from './runner.ts'
import type { JobFilter, JobTable } from './table.ts'
import type { Threads } from './threads.ts'

export interface JobOptions {
  readonly table: JobTable
  readonly runner: Runner
  /** Where requests are checked. */
  readonly threads: Pick<Threads, 'call'>
  readonly clock: Clock
  /** By which jobs grow old enough to be deleted, ms; the clock where it is left out. */
  readonly grown?: () => number
  readonly log: Log
  readonly version: string
  readonly limits: JobLimits & {
    /** Jobs that may wait. */
    readonly queue: number
    /** Finished jobs older than this go, ms. */
    readonly keep: number
    /** The oldest finished jobs go when results take more, bytes. */
    readonly size: number
  }
  /** Folder of the library that SIMOC configurations refer to. */
  readonly library: string | undefined
  /**
   * The habitat as it stands; where it is left out there is none.
   * @throws HabtwinError twin/no-model, link/unavailable
   */
  readonly live?: () => Promise<LiveScenario>
}

/** What is heard of a job. */
export type JobEvent =
  | { readonly kind: 'state'; readonly job: Job }
  | { readonly kind: 'progress'; readonly step: number; readonly steps: number; readonly progress: number }
  | { readonly kind: 'results'; readonly rows: number }

/** A job that is under way here. */
interface Live {
  readonly abort: AbortController
  /** Resolves when nothing more comes of it. */
  readonly ended: Promise<void>
  readonly steps: number
  step: number
  cancelled: boolean
}

const MINUTES_10 = 600_000
/** Letters of a job's name. */
const MOST_LABEL = 200

export class Jobs {
  readonly #options: JobOptions
  readonly #queue = new FairQueue()
  readonly #live = new Map<string, Live>()
  readonly #listeners = new Map<string, Set<(event: JobEvent) => void>>()
  /** Submissions with a key that are being looked at: the second of two that come at once waits for the first. */
  readonly #keyed = new Map<string, Promise<unknown>>()
  readonly #backoff = new Backoff()
  /** Jobs whose thread died once: that may have been for another that it ran. */
  readonly #crashed = new Set<string>()
  readonly counts = { done: 0, failed: 0, cancelled: 0 }
  #accepting = 0
  #open = false
  #resting = false

  constructor(options: JobOptions) {
    this.#options = options
    options.runner.onSlots = () => this.#pump()
  }

  get queued(): number {
    return this.#queue.size
  }

  get running(): number {
    return this.#live.size
  }

  /** Those who watch some job. */
  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0)
  }

  /** Bytes of all results. */
  get bytes(): number {
    return this.#options.table.bytes()
  }

  /**
   * Takes up what was not done when the process ended, and runs jobs until the signal is aborted. Then those that run
   * are saved as they are, to be gone on with at the next start.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { table, clock } = this.#options
    for (const job of table.waiting()) {
      if (this.#queue.has(job.id) || this.#live.has(job.id)) continue
      this.#queue.add({ id: job.id, by: job.by, project: job.project })
    }
    this.#open = true
    this.#pump()
    try {
      await this.#retire()
      await everyInterval(clock, MINUTES_10, signal, () => this.#retire())
    } finally {
      this.#open = false
      const live = [...this.#live.values()]
      for (const { abort } of live) abort.abort(new Leaving('sim ends'))
      await Promise.all(live.map(({ ended }) => ended))
    }
  }

  /** Somebody looks around and may soon submit something: a thread is started, so that it need not wait for that. */
  async warm(): Promise<void> {
    await this.#options.threads.call('warm', undefined)
  }

  /**
   * Checks a request and queues it.
   * @param key names the request for ever: sent again with it, it is the same job
   * @returns whether it was there already
   * @throws HabtwinError scenario/invalid, scenario/library, job/too-large, job/conflict, job/queue-full, data/unusable,
   *   twin/no-model, link/unavailable: of the live habitat
   */
  async submit(request: JobRequest, by: string, key?: string): Promise<{ job: Job; again: boolean }> {
    if (key === undefined) return { job: await this.#submit(request, by, undefined), again: false }
    const name = `${by}\n${key}`
    for (let other = this.#keyed.get(name); other !== undefined; other = this.#keyed.get(name)) {
      await other.catch(() => undefined) // told to whoever sent it
    }
    const known = this.#options.table.byKey(by, key)
    if (known !== undefined) {
      if (known.digest !== digestOf(request)) {
        throw new HabtwinError(
          'job/conflict',
          `The key "${key}" is that of job ${known.id}, which asks for another thing`,
        )
      }
      return { job: this.get(known.id), again: true }
    }
    const made = this.#submit(request, by, key).finally(() => this.#keyed.delete(name))
    this.#keyed.set(name, made)
    return { job: await made, again: false }
  }

  /** @throws HabtwinError request/not-found */
  get(id: string): Job {
    const job = this.#options.table.get(id)
    if (job === undefined) throw new HabtwinError('request/not-found', `There is no job ${id}`)
    const live = this.#live.get(id)
    return live === undefined ? job : { ...job, step: live.step, progress: share(live.step, live.steps) }
  }

  list(filter: JobFilter): Job[] {
    return this.#options.table.list(filter).map((job) => {
      const live = this.#live.get(job.id)
      return live === undefined ? job : { ...job, step: live.step, progress: share(live.step, live.steps) }
    })
  }

  /** What was submitted. @throws HabtwinError request/not-found */
  request(id: string): JobRequest {
    this.get(id)
    return this.#options.table.request(id) as JobRequest
  }

  /**
   * The results of a job, as far as there are any.
   * @param patterns of columns; all where there are none
   * @throws HabtwinError request/not-found, request/invalid for a pattern that fits nothing
   */
  results(id: string, patterns: readonly string[], from: number): ResultsOf {
    const { table } = this.#options
    const { rows } = this.get(id)
    const { ensemble } = table.input(id)
    const wanted = wantedColumns(table.columns(id), patterns)
    return { id, stored: table, wanted, ensemble, from, rows, causes: table.causes(id) }
  }

  /**
   * Ends a job and keeps what there is of it. One that has ended stays as it is.
   * @returns whether that did anything
   * @throws HabtwinError request/not-found
   */
  async cancel(id: string): Promise<{ job: Job; cancelled: boolean }> {
    const { state } = this.get(id)
    if (state !== 'queued' && state !== 'running') return { job: this.get(id), cancelled: false }
    const live = this.#live.get(id)
    if (live === undefined) {
      this.#queue.remove(id)
      this.#options.table.ended(id, 'cancelled', this.#options.clock.now(), undefined)
      this.counts.cancelled++
      this.#tellState(id)
      return { job: this.get(id), cancelled: true }
    }
    live.cancelled = true
    live.abort.abort()
    await live.ended
    const job = this.get(id)
    return { job, cancelled: job.state === 'cancelled' }
  }

  /** Deletes a job and its results; one that runs is cancelled first. @throws HabtwinError request/not-found */
  async remove(id: string): Promise<void> {
    await this.cancel(id)
    this.#options.table.hide(id)
    this.#listeners.delete(id)
    await this.#sweep()
  }

  /** Calls back with whatever becomes of a job. @returns ends that */
  watch(id: string, listener: (event: JobEvent) => void): Disposable {
    const listeners = this.#listeners.get(id) ?? new Set()
    this.#listeners.set(id, listeners)
    listeners.add(listener)
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener)
        if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id)
      },
    }
  }

  async #submit(request: JobRequest, by: string, key: string | undefined): Promise<Job> {
    const { table, threads, clock, version, limits, library } = this.#options
    if (this.#queue.size + this.#accepting >= limits.queue) {
      throw new HabtwinError('job/queue-full', `${limits.queue} jobs wait already`)
    }
    const earlier = this.#earlier(request)
    this.#accepting++
    try {
      const whole = await this.#whole(request)
      const accepted = await threads.call('accept', { request: whole, earlier, library, limits })
      const known = whole === request ? accepted : { ...accepted, scenario: 'live' }
      const id = randomBytes(8).toString('hex')
      const digest = digestOf(request)
      table.add({ id, request: whole, accepted: known, by, version, created: clock.now(), key, digest })
      this.#queue.add({ id, by, project: request.project })
      this.#pump()
      return this.get(id)
    } finally {
      this.#accepting--
    }
  }

  /** A request of the live habitat with the habitat in it: what is kept gives the same job at any time. */
  async #whole(request: JobRequest): Promise<JobRequest> {
    const { from, ...rest } = request
    if (from === undefined || 'job' in from) return request
    const refuse = (what: string) => new HabtwinError('scenario/invalid', `scenario: ${what}`, { where: 'scenario' })
    if (request.scenario !== undefined) throw refuse('the live habitat is given already, in `from`')
    const { live } = this.#options
    if (live === undefined) throw new HabtwinError('twin/no-model', 'There is no live twin here')
    const { form, when } = await live()
    return { ...rest, scenario: form, label: labelled(request.label, when) }
  }

  #earlier({ from }: JobRequest): Earlier | undefined {
    if (from === undefined || 'live' in from) return undefined
    const { table } = this.#options
    const refuse = (what: string) => new HabtwinError('scenario/invalid', `from.job: ${what}`, { where: 'from.job' })
    const job = table.get(from.job)
    if (job === undefined) throw refuse(`there is no job ${from.job}`)
    if (job.state === 'queued' || job.state === 'running')
      throw refuse(`job ${job.id} has not ended; it is ${job.state}`)
    const input = table.input(job.id)
    if (input.ensemble !== undefined) throw refuse(`job ${job.id} has many runs, and no one state at its end`)
    const saved = table.saved(job.id)
    if (saved === undefined) throw refuse(`job ${job.id} has ended before its first step`)
    return { input, saved, scenario: job.scenario }
  }

  /** Begins as many jobs as the runner takes. */
  #pump(): void {
    const { runner } = this.#options
    while (this.#open && !this.#resting && this.#live.size < runner.slots) {
      const id = this.#queue.next()
      if (id === undefined) return
      this.#begin(id)
    }
  }

  #begin(id: string): void {
    const ended = Promise.withResolvers<void>()
    const job = this.#options.table.get(id)
    if (job === undefined) return
    const { step, steps, by, project } = job
    const live: Live = { abort: new AbortController(), ended: ended.promise, step, steps, cancelled: false }
    this.#live.set(id, live)
    void this.#execute(id, live)
      .catch((error: unknown) => {
        // the disk is full, whoever runs it cannot be reached, its thread died: it waits, and is tried again
        this.#options.log.warn({ err: error, job: id }, 'a job could not go on; it will be tried again')
        this.#queue.add({ id, by, project })
        this.#rest()
      })
      .finally(() => {
        if (!this.#queue.has(id)) this.#crashed.delete(id)
        this.#live.delete(id)
        ended.resolve()
        this.#pump()
      })
  }

  /** Nothing is begun for a while. */
  #rest(): void {
    this.#resting = true
    this.#options.clock.after(this.#backoff.next(), () => {
      this.#resting = false
      this.#pump()
    })
  }

  /** Runs a job and writes down how it ended. Throws what is to be tried again. */
  async #execute(id: string, live: Live): Promise<void> {
    const { table, runner, clock, version, log } = this.#options
    try {
      const end = await runner.run(table.take(id, version), this.#sink(id, live), live.abort.signal)
      if (end.stopped && !live.cancelled) return // the process ends; it is gone on with at the next start
      this.#end(id, end.stopped ? 'cancelled' : 'done', end)
      this.#backoff.reset()
    } catch (error) {
      if (isHabtwinError(error, 'request/not-found')) return // it was deleted meanwhile
      if (live.cancelled) return this.#end(id, 'cancelled', undefined)
      if (!this.#open && isHabtwinError(error, 'link/unavailable')) return
      if (isOutsideFault(error)) throw error
      if (isHabtwinError(error, 'job/crashed') && !this.#crashed.has(id)) {
        this.#crashed.add(id)
        throw error
      }
      const code = isHabtwinError(error) ? error.code : 'bug/unexpected'
      log.error({ err: error, job: id }, 'a job failed')
      table.failed(id, clock.now(), { code, detail: messageOf(error) })
      this.counts.failed++
      this.#tellState(id)
    }
  }

  #end(id: string, state: 'done' | 'cancelled', end: End | undefined): void {
    this.#options.table.ended(id, state, this.#options.clock.now(), end)
    this.counts[state]++
    this.#tellState(id)
  }

  #sink(id: string, live: Live): Sink {
    const { table, clock } = this.#options
    return {
      started: () => {
        table.started(id, clock.now())
        this.#tellState(id)
      },
      progress: (step) => this.#progress(id, live, step),
      save: async (save) => {
        const rows = table.save(id, save)
        this.#progress(id, live, save.step)
        if (save.pieces.length > 0) this.#tell(id, { kind: 'results', rows })
        await table.settle()
      },
    }
  }

  #progress(id: string, live: Live, step: number): void {
    // what is run again after an interruption is no progress
    if (step <= live.step) return
    live.step = step
    this.#tell(id, { kind: 'progress', step, steps: live.steps, progress: share(step, live.steps) })
  }

  #tellState(id: string): void {
    if (this.#listeners.has(id)) this.#tell(id, { kind: 'state', job: this.get(id) })
  }

  #tell(id: string, event: JobEvent): void {
    for (const listener of this.#listeners.get(id) ?? []) listener(event)
  }

  /** Deletes finished jobs beyond age and size. */
  async #retire(): Promise<void> {
    const { table, clock, grown = () => clock.now(), limits, log } = this.#options
    const overdue = table.overdue(grown() - limits.keep, limits.size)
    for (const id of overdue) table.hide(id)
    if (overdue.length > 0) log.info({ jobs: overdue.length }, 'the oldest finished jobs were deleted to make room')
    await this.#sweep()
  }

  /** In steps that leave others their turn. */
  async #sweep(): Promise<void> {
    while (this.#options.table.sweep()) await turn()
  }
}

function share(step: number, steps: number): number {
  return steps === 0 ? 1 : Math.min(1, step / steps)
}

/** From when the habitat is, beside what somebody calls the job. */
function labelled(label: string | undefined, when: string): string {
  const alone = `As it stood, ${when}`
  return label === undefined ? alone : `${label.slice(0, MOST_LABEL - when.length - 7)}, from ${when}`
}

/** The same for the same request, however its keys are ordered. */
function digestOf(request: JobRequest): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(request)))
    .digest('hex')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}
