/** Where a configuration comes from, so that it can be read again while its processes run. */
import { readFileSync } from 'node:fs'
import { messageOf } from '@habtwin/contract'
import type { WrittenConfig } from './diff.ts'
import { ConfigError, makeFault } from './faults.ts'
import { parseConfig } from './load.ts'
import type { DriverKeys } from './schema.ts'

export class ConfigSource {
  readonly file: string
  readonly #drivers: readonly DriverKeys[]
  readonly #env: NodeJS.ProcessEnv

  constructor(file: string, drivers: readonly DriverKeys[], env: NodeJS.ProcessEnv = process.env) {
    this.file = file
    this.#drivers = drivers
    this.#env = env
  }

  /** The file as it is now. Throws a ConfigError with every fault. */
  read(): WrittenConfig {
    let text: string
    try {
      text = readFileSync(this.file, 'utf8')
    } catch (error) {
      throw new ConfigError(this.file, [makeFault('config/unreadable', '', messageOf(error))])
    }
    return this.parse(text)
  }

  parse(text: string): WrittenConfig {
    return { text, config: parseConfig(text, this.file, this.#drivers, this.#env) }
  }
}
