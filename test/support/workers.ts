/** `habtwin worker` as real processes, and jobs of a sim that hands them out to those. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { silentLog, systemClock } from '@habtwin/runtime'
import { RedisRunner } from '@habtwin/sim-core/jobs/redis/runner'
import { type jobFolder, TestJobs } from '@habtwin/sim-core/jobs/support'
import { version as ours } from '../../cli/src/version.ts'
import { launcher } from './line.ts'
import { until } from './until.ts'

export const HABITAT = 'jobs'

export class WorkerProcess implements AsyncDisposable {
  /** Resolves when it is known to the sims. */
  readonly ready: Promise<void>
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #log = ''

  constructor(redis: string, options: string[] = [], env: NodeJS.ProcessEnv = {}) {
    const args = [launcher, 'worker', '--json', '--redis', redis, '--habitat', HABITAT, ...options]
    this.#child = spawn(process.execPath, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, HABTWIN_LOG: 'debug', ...env }, // biome-ignore format: one line
    })
    this.#closed = once(this.#child, 'close')
    const ready = Promise.withResolvers<void>()
    this.ready = ready.promise
    createInterface({ input: this.#child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      this.#log += `${line}\n`
      if (line.includes('ready for jobs')) ready.resolve()
    })
    this.#child.once('exit', () => ready.reject(new Error(`the worker ended:\n${this.#log}`)))
    ready.promise.catch(() => undefined) // whoever waits is told
  }

  /** All that it has logged. */
  get log(): string {
    return this.#log
  }

  /** Kill −9, or what is given. Resolves when it has ended, and all that it logged is there. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#child.kill(signal)
    await this.#closed
  }

  /** Stands still, as a machine does whose memory is swapped out; `SIGCONT` lets it go on. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }
}

/** Jobs of a folder, run by workers. */
export class RemoteJobs implements AsyncDisposable {
  readonly made: TestJobs
  readonly runner: RedisRunner
  readonly #stop = new AbortController()
  readonly #connected: Promise<void>

  constructor(folder: ReturnType<typeof jobFolder>, url: string, { version = ours, password = '' } = {}) {
    const given = password === '' ? {} : { password }
    this.runner = new RedisRunner({
      habitat: HABITAT,
      version,
      owner: () => this.made.store.id,
      address: () => ({ url, ...given }),
      wanted: (id) => ['queued', 'running'].includes(this.made.table.get(id)?.state ?? 'deleted'),
      clock: systemClock,
      log: silentLog(),
    })
    this.made = new TestJobs(folder, { runner: this.runner, version })
    this.#connected = this.runner.connect(this.#stop.signal)
  }

  /** Waits until there are slots. */
  async slots(count: number): Promise<void> {
    await until(() => this.runner.slots === count, `${count} slots`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.made[Symbol.asyncDispose]()
    this.#stop.abort() // at once, as sim does: nobody asks for jobs whose file is closed
    await ended
    await this.#connected
  }
}
