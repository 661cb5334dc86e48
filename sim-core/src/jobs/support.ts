/** For tests: a small habitat whose figures depend on the seed, and jobs over a file of their own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Job } from '@habtwin/contract'
import { type Clock, systemClock } from '@habtwin/runtime/clock'
import type { Log } from '@habtwin/runtime/log'
import { silentLog } from '@habtwin/runtime/log'
import { Store } from '../store/index.ts'
import { hasEnded } from './follow.ts'
import { LocalRunner } from './local.ts'
import { type Format, type More, write } from './results.ts'
import { type JobOptions, Jobs } from './service.ts'
import { JobTable } from './table.ts'
import { type ThreadOptions, Threads } from './threads.ts'

/** What SIMOC's currency_desc.json would hold. */
export const currencies = {
  water: { potable: { unit: 'kg', label: 'Water' }, waste: { unit: 'kg', label: 'Waste water' } },
}

const drinker = (value: number) => ({
  agent_class: 'inhabitants',
  amount: 2,
  flows: {
    in: { potable: { value, connections: ['tank'], deprive: { value: 5000, unit: 'hour' } } },
    out: { waste: { value, connections: ['bin'], requires: ['potable'] } },
  },
})

/** Three who drink from one tank that runs dry: who comes first, which the seed decides, gets more. */
export function habitat(change: object = {}) {
  return {
    label: 'Small habitat',
    seed: 5,
    termination: [{ condition: 'time', value: 100, unit: 'day' }],
    priorities: ['structures', 'inhabitants'],
    agents: {
      tank: { agent_class: 'storage', capacity: { potable: 1000 }, storage: { potable: 100 }, flows: {} },
      bin: { agent_class: 'storage', capacity: { waste: 1e9 }, flows: {} },
      spring: { agent_class: 'structures', flows: { out: { potable: { value: 7, connections: ['tank'] } } } },
      ann: drinker(1.25),
      bob: drinker(1.5),
      cid: drinker(2.125),
    },
    ...change,
  }
}

/** A folder with a store and the library of the habitat's currencies, gone at the end of the scope. */
export function jobFolder(): Disposable & { readonly path: string; readonly library: string } {
  const path = mkdtempSync(join(tmpdir(), 'habtwin-jobs-'))
  writeFileSync(join(path, 'agent_desc.json'), '{}')
  writeFileSync(join(path, 'currency_desc.json'), JSON.stringify(currencies))
  return { path, library: path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

interface Setting extends Partial<Pick<JobOptions, 'version' | 'runner' | 'live'>>, Partial<ThreadOptions> {
  readonly limits?: Partial<JobOptions['limits']>
  readonly clock?: Clock
  readonly log?: Log
}

/** Jobs over the store of a folder, as sim has them. */
export class TestJobs implements AsyncDisposable {
  readonly jobs: Jobs
  readonly store: Store
  readonly table: JobTable
  readonly threads: Threads
  readonly #stop = new AbortController()
  readonly #running: Promise<void>

  constructor({ path, library }: { path: string; library: string | undefined }, setting: Setting = {}) {
    const { clock = systemClock, log = silentLog(), version = '1', most = 2, limits } = setting
    this.table = new JobTable(path, log)
    this.store = Store.open({ folder: path, beside: this.table })
    this.threads = new Threads({ ...setting, most })
    this.jobs = new Jobs({
      table: this.table,
      runner: setting.runner ?? new LocalRunner(this.threads),
      threads: this.threads,
      clock,
      log,
      version,
      limits: { values: 1e8, steps: 1e8, queue: 1000, keep: 1e12, size: 1e9, ...limits },
      library,
      ...(setting.live ? { live: setting.live } : {}),
    })
    this.#running = this.jobs.run(this.#stop.signal)
  }

  /** Ends as sim does at SIGTERM. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running.catch(() => undefined) // a clock's sleep is ended by the signal
    await this.threads[Symbol.asyncDispose]()
    this.table[Symbol.dispose]()
    await this.store[Symbol.asyncDispose]()
  }

  /** A job once it has ended. */
  ended(id: string): Promise<Job> {
    return this.until(id, hasEnded)
  }

  /** A job as soon as something holds of it. */
  async until(id: string, holds: (job: Job) => boolean): Promise<Job> {
    const seen = Promise.withResolvers<Job>()
    const look = () => {
      const job = this.jobs.get(id)
      if (holds(job)) seen.resolve(job)
    }
    using _watching = this.jobs.watch(id, look)
    look()
    return await seen.promise
  }

  /** The results of a job as text. */
  async results(id: string, format: Format = 'json', columns: string[] = [], from = 0, more?: More): Promise<string> {
    let text = ''
    for await (const piece of write(this.jobs.results(id, columns, from), format, more)) text += piece
    return text
  }
}
