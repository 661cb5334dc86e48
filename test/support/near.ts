/** The near side of a bridge, as a process that may be killed and begun again on the same folder. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { BridgeState } from '@habtwin/contract'

const worker = fileURLToPath(new URL('./near.worker.ts', import.meta.url))

export interface NearState {
  readonly id: string
  readonly next: number
  readonly bytes: { readonly memory: number; readonly disk: number }
  readonly lost: number
  readonly spilled: number
  readonly bridges: Readonly<Record<string, BridgeState>>
  readonly rss: number
}

export class Near implements AsyncDisposable {
  readonly #folder: string
  readonly #config: string
  readonly #env: NodeJS.ProcessEnv
  #child: ChildProcess | undefined
  #lines: Interface | undefined
  /** Those who wait for an answer, in the order in which they asked. */
  #asked: PromiseWithResolvers<unknown>[] = []
  /** Ids of its journals, one a start. */
  readonly journals: string[] = []

  private constructor(folder: string, config: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder
    this.#config = config
    this.#env = { ...process.env, XDG_RUNTIME_DIR: folder, ...env }
  }

  /** @param config YAML @param folder for its data and, as if that were in memory, for what a kill must not take */
  static async start(folder: string, config: string, env: NodeJS.ProcessEnv = {}): Promise<Near> {
    const near = new Near(folder, config, env)
    await near.start()
    return near
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [worker, this.#folder, this.#config], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: this.#env,
    })
    child.stdin?.on('error', () => undefined) // it was killed
    this.#child = child
    this.#lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
    const [line] = (await Promise.race([
      once(this.#lines, 'line'),
      once(child, 'exit').then(() => Promise.reject(new Error('it ended'))),
    ])) as [string]
    this.journals.push(JSON.parse(line) as string)
    const asked: PromiseWithResolvers<unknown>[] = []
    this.#asked = asked
    this.#lines.on('line', (text) => asked.shift()?.resolve(JSON.parse(text)))
    child.once('exit', () => {
      for (const one of asked) one.reject(new Error('it ended'))
    })
  }

  /**
   * Readings of so many devices, in turn.
   * @param from the value of the first, from which they count up; else each device has its own
   */
  take(
    count: number,
    { devices = 4, live = true, from }: { devices?: number; live?: boolean; from?: number } = {},
  ): Promise<unknown> {
    return this.#tell({ do: 'take', count, devices, live, from })
  }

  flow(count: number, every: number, devices = 4): Promise<unknown> {
    return this.#tell({ do: 'flow', count, every, devices })
  }

  append(topic: string, body: object): Promise<unknown> {
    return this.#tell({ do: 'append', topic, body })
  }

  retain(topic: string, payload: string): Promise<unknown> {
    return this.#tell({ do: 'retain', topic, payload })
  }

  commands(): Promise<string[]> {
    return this.#tell({ do: 'commands' }) as Promise<string[]>
  }

  state(): Promise<NearState> {
    return this.#tell({ do: 'state' }) as Promise<NearState>
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Kill −9. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  /** Ends in good order. */
  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.stdin?.write(`${JSON.stringify({ do: 'stop' })}\n`)
    await ended
  }

  async #tell(told: object): Promise<unknown> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) throw new Error('it does not run')
    const answer = Promise.withResolvers<unknown>()
    this.#asked.push(answer)
    child.stdin?.write(`${JSON.stringify(told)}\n`)
    return await answer.promise
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }
}
