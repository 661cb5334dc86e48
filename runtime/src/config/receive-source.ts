/** A receiver's configuration that changes while it runs: where it comes from, and who has to begin anew for what. */
import { readFileSync } from 'node:fs'
import { messageOf } from '@habtwin/contract'
import { type Change, changesBetween, type Written } from './diff.ts'
import { ConfigError, makeFault } from './faults.ts'
import { parseTree } from './load.ts'
import { type ReceiveConfig, receiveSchema } from './receive.ts'

export type WrittenReceive = Written<ReceiveConfig>

/** Nobody, the habitats that it touches, the panel, or the receiver as a whole. */
export type ReceiveNeeds = 'nothing' | 'habitats' | 'panel' | 'receiver'

export type ReceiveChange = Change<ReceiveNeeds>

/** Every change from one configuration of a receiver to another. */
export function receiveChanges(before: WrittenReceive, after: WrittenReceive): ReceiveChange[] {
  return changesBetween(before, after, needsOf)
}

/** Why a changed file is not believed while habitats are received: it was most likely cut short. */
export function unlikelyReceive(_: WrittenReceive, after: WrittenReceive): string | undefined {
  return after.text.trim() === '' ? 'the file is empty' : undefined
}

function needsOf([section, name]: readonly string[]): ReceiveNeeds {
  switch (section) {
    case 'receive':
      // the section as a whole: those are touched that are called otherwise then
      return name === undefined || name === 'consumer' || name === 'consumers' ? 'habitats' : 'nothing'
    case 'store':
    case 'influx':
      return 'habitats'
    case 'http':
    case 'jobs':
      return 'panel'
    default:
      return 'receiver'
  }
}

/** The file of a receiver, to be read now and again. */
export class ReceiveSource {
  readonly file: string
  readonly #env: NodeJS.ProcessEnv

  constructor(file: string, env: NodeJS.ProcessEnv = process.env) {
    this.file = file
    this.#env = env
  }

  /** The file as it is now. Throws a ConfigError with every fault. */
  read(): WrittenReceive {
    let text: string
    try {
      text = readFileSync(this.file, 'utf8')
    } catch (error) {
      throw new ConfigError(this.file, [makeFault('config/unreadable', '', messageOf(error))])
    }
    return this.parse(text)
  }

  parse(text: string): WrittenReceive {
    return { text, config: parseTree(receiveSchema, text, this.file, this.#env) }
  }
}

/**
 * Reads and checks the configuration of a receiver; without a file everything is as it is unless told.
 * @throws ConfigError with every fault, in the order of the file
 */
export function loadReceiveConfig(file: string | undefined, env: NodeJS.ProcessEnv = process.env): ReceiveConfig {
  return file === undefined ? parseTree(receiveSchema, '', 'no file', env) : new ReceiveSource(file, env).read().config
}
