/** `habtwin receive` as real processes, any number of them on one folder. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { HabitatRow } from '@habtwin/contract/habitats'
import { launcher, plainEnvironment } from './line.ts'

/** Where a process that has the desk listens. */
export interface DeskAddresses {
  readonly panel: string
  readonly mqtt?: string
}

export class Receiver implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  /** Resolves when this process has the desk. */
  readonly ready: Promise<DeskAddresses>
  #log = ''

  /**
   * @param folder for the configuration; the data lie below it, for all that are started there
   * @param data name of their folder
   */
  constructor(folder: string, config: string, env: NodeJS.ProcessEnv = {}, data = 'data') {
    const file = join(folder, 'receive.yaml')
    writeFileSync(file, config)
    const args = [launcher, 'receive', '--json', '--config', file, '--data', join(folder, data)]
    this.#child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...plainEnvironment(), ...env },
    })
    this.#ended = once(this.#child, 'exit')
    const ready = Promise.withResolvers<DeskAddresses>()
    this.ready = ready.promise
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (text) => {
      this.#log += `${text}\n`
      const said = JSON.parse(text) as { ready?: DeskAddresses }
      if (said.ready) ready.resolve(said.ready)
    })
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#log += text
    })
    this.#ended.then(() => ready.reject(new Error(`habtwin receive ended:\n${this.#log}`)))
    ready.promise.catch(() => undefined) // whoever waits is told
  }

  get log(): string {
    return this.#log
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** kill −9, as out of memory would. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM')
    await this.#ended
  }
}

/** The rows of a receiver; empty while nobody answers. */
export async function rowsOf({ panel }: DeskAddresses): Promise<HabitatRow[]> {
  try {
    const answer = await fetch(`http://${panel}/api/habitats`)
    return answer.ok ? await answer.json() : []
  } catch {
    return [] // it is being taken over
  }
}
