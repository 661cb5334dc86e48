/** `habtwin up` without a configuration, as a visitor runs it: habitat, sim and mission control. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Addresses, launcher, plainEnvironment } from './line.ts'

export interface DemoAddresses extends Addresses {
  readonly 'mission-control'?: string
}

/** Each listener on a free port. */
const ports = {
  ...{
    HABTWIN_BROKER__MQTT: '0',
    HABTWIN_BROKER__WEBSOCKET: '0',
    HABTWIN_HTTP__PANEL: '0',
    HABTWIN_HTTP__GATEWAY: '0',
  },
  ...{ HABTWIN_MISSION_CONTROL__HTTP__PANEL: '0', HABTWIN_MISSION_CONTROL__BROKER__MQTT: '0' },
}

export class Demo implements AsyncDisposable {
  readonly data: string
  readonly ready: Promise<DemoAddresses>
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #log = ''

  /** @param folder for the data; outlives it */
  constructor(folder: string, env: NodeJS.ProcessEnv = {}, ...options: string[]) {
    this.data = join(folder, 'data')
    this.#child = spawn(process.execPath, [launcher, 'up', '--json', '--data', this.data, ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...plainEnvironment(), XDG_RUNTIME_DIR: folder, ...ports, ...env },
    })
    this.#ended = once(this.#child, 'exit')
    const ready = Promise.withResolvers<DemoAddresses>()
    this.ready = ready.promise
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (text) => {
      this.#log += `${text}\n`
      const said = JSON.parse(text) as { ready?: DemoAddresses }
      if (said.ready) ready.resolve(said.ready)
    })
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#log += text
    })
    this.#ended.then(() => ready.reject(new Error(`habtwin up ended:\n${this.#log}`)))
    ready.promise.catch(() => undefined) // whoever waits is told
  }

  /** All that it has printed. */
  get log(): string {
    return this.#log
  }

  /** The process of a part; undefined where it is not there. */
  pid(part: 'gateway' | 'sim' | 'receive'): number | undefined {
    const { pid } = this.#child
    try {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
      return children.find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(`habtwin ${part}`))
    } catch {
      return undefined // one of them ended while it was looked at
    }
  }

  /** kill −9. */
  kill(part: 'gateway' | 'sim' | 'receive'): void {
    const pid = this.pid(part)
    if (pid === undefined) throw new Error(`there is no ${part}`)
    process.kill(pid, 'SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM')
    await this.#ended
  }
}
