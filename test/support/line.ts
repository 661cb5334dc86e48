/** The whole line as real processes: `habtwin up` on a configuration and a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freePort } from './servers.ts'

export const launcher = fileURLToPath(new URL('../../cli/bin/habtwin.js', import.meta.url))
const demo = fileURLToPath(new URL('../../deploy/examples/demo.yaml', import.meta.url))

/** Listeners on free ports, to be put at the head of a configuration. A part that is started again takes others. */
export const freePorts = `broker: { mqtt: 0, websocket: 0 }
http: { panel: 0, gateway: 0 }
`

/** The same on ports that were free a moment ago, and that stay when a part is started again. */
export async function steadyPorts(): Promise<string> {
  const [mqtt, websocket, panel, gateway] = [await freePort(), await freePort(), await freePort(), await freePort()]
  return `broker: { mqtt: ${mqtt}, websocket: ${websocket} }\nhttp: { panel: ${panel}, gateway: ${gateway} }\n`
}

/**
 * The demo habitat, to be put behind the listeners.
 * @param remember how much past it begins with; two days where it is left out, which the twin goes through first
 */
export function demoHabitat(remember?: string): string {
  const text = readFileSync(demo, 'utf8')
  return remember === undefined ? text : text.replace('speed: 1 }', `speed: 1, remember: ${remember} }`)
}

/** A folder that is gone at the end of the scope. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'habtwin-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export type Part = 'gateway' | 'sim'

/** Where the line listens: `host:port` each. */
export interface Addresses {
  readonly mqtt: string
  readonly websocket: string
  readonly panel: string
  readonly gateway: string
}

/** What came of a command that ended. */
export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

/** The environment without what would be taken for configuration. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HABTWIN_')))
}

/** Runs `habtwin` with arguments until it ends. */
export async function habtwin(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [launcher, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: plainEnvironment(),
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (text: Buffer) => {
    out += text
  })
  child.stderr.on('data', (text: Buffer) => {
    err += text
  })
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { status, signal, out, err }
}

/** True while a process is there and not yet a zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false // gone
  }
}

export class Line implements AsyncDisposable {
  readonly folder: string
  /** Where it listens, once both processes have said so. Later starts of a part do not change it. */
  readonly ready: Promise<Addresses>
  /** How `habtwin up` ended, once it has. */
  readonly ended: Promise<{ readonly status: number | null; readonly signal: NodeJS.Signals | null }>
  readonly #child: ChildProcess
  #log = ''

  /**
   * Starts it.
   * @param folder for the configuration and the data; outlives the line
   * @param config YAML
   */
  constructor(folder: string, config: string, env: NodeJS.ProcessEnv = {}) {
    this.folder = folder
    writeFileSync(this.file, config)
    const args = [launcher, 'up', '--json', '--config', this.file, '--data', this.data]
    this.#child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // what a kill must not take is kept there, also where this is run in a container
      env: { ...plainEnvironment(), XDG_RUNTIME_DIR: folder, ...env },
    })
    this.ended = once(this.#child, 'exit').then(([status, signal]) => ({ status, signal }))
    const ready = Promise.withResolvers<Addresses>()
    this.ready = ready.promise
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (text) => {
      this.#log += `${text}\n`
      const said = JSON.parse(text) as { ready?: Addresses }
      if (said.ready) ready.resolve(said.ready)
    })
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#log += text
    })
    this.ended.then(() => ready.reject(new Error(`habtwin up ended:\n${this.#log}`)))
    ready.promise.catch(() => undefined) // whoever waits is told
  }

  get file(): string {
    return join(this.folder, 'habitat.yaml')
  }

  get data(): string {
    return join(this.folder, 'data')
  }

  /** All that it has printed. */
  get log(): string {
    return this.#log
  }

  /** The process of a part, found among the children of `up` by its title. */
  pid(part: Part): number | undefined {
    const { pid } = this.#child
    try {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
      return children
        .map(Number)
        .find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(`habtwin ${part}`))
    } catch {
      return undefined // one of them ended while it was looked at
    }
  }

  /** Sends a signal to a part; without one kill −9, as out of memory or a pulled plug would. */
  kill(part: Part, signal: NodeJS.Signals = 'SIGKILL'): boolean {
    const pid = this.pid(part)
    if (pid !== undefined) process.kill(pid, signal)
    return pid !== undefined
  }

  /** Sends a signal to `habtwin up` itself. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Ends it as a service manager would. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM')
    await this.ended
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}
