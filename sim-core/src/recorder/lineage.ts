/**
 * Which stores this folder has had. A gateway obeys only marks of a store that it knows; one that was begun in
 * place of a damaged one is believed because it names it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HabtwinError, messageOf } from '@habtwin/contract'

const MOST = 100

export class Lineage {
  readonly #file: string
  #ids: string[]

  /** @param folder the store's folder, which exists */
  constructor(folder: string) {
    this.#file = join(folder, 'store-ids.txt')
    this.#ids = read(this.#file)
  }

  /**
   * The stores before this one, newest first; remembers it where it is new.
   * @throws HabtwinError data/unusable
   */
  before(id: string): readonly string[] {
    if (this.#ids[0] !== id) {
      this.#ids = [id, ...this.#ids.filter((other) => other !== id)].slice(0, MOST)
      try {
        writeFileSync(this.#file, `${this.#ids.join('\n')}\n`, { mode: 0o600, flush: true })
      } catch (error) {
        throw new HabtwinError('data/unusable', `${this.#file}: ${messageOf(error)}`, { cause: error })
      }
    }
    return this.#ids.slice(1)
  }
}

function read(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new HabtwinError('data/unusable', `${file}: ${messageOf(error)}`, { cause: error })
  }
}
