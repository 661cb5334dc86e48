/**
 * One node a habitat. Two gateways that were given the same name would write into one history, each in good faith; so
 * the first that is heard of is the habitat's, for good, and what another says under that name is refused, with both
 * named. Who puts a new machine in the place of an old one says so: `habtwin receive --node sam=new-pi`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HabtwinError, isHabtwinError, messageOf } from '@habtwin/contract'

const FILE = 'node.txt'

/** Makes a node the one of a habitat. @param folder the habitat's. @throws HabtwinError data/unusable */
export function adoptNode(folder: string, node: string): void {
  const file = join(folder, FILE)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(file, `${node}\n`, { mode: 0o600, flush: true })
  } catch (error) {
    throw new HabtwinError('data/unusable', `${file}: ${messageOf(error)}`, { where: file, cause: error })
  }
}

/** @returns undefined where none was heard of yet. @throws HabtwinError data/unusable */
function adoptedNode(folder: string): string | undefined {
  const file = join(folder, FILE)
  try {
    return readFileSync(file, 'utf8').trim() || undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new HabtwinError('data/unusable', `${file}: ${messageOf(error)}`, { where: file, cause: error })
  }
}

export class OneNode {
  readonly #folder: string
  readonly #refused: (node: string, own: string) => void
  #own: string | undefined
  /** Journals of other nodes, as their status named them. */
  readonly #foreign = new Map<string, string>()
  /** The other node that spoke last. */
  other: string | undefined

  /**
   * @param folder the habitat's
   * @param refused told each time that another node says how it is
   */
  constructor(folder: string, refused: (node: string, own: string) => void) {
    this.#folder = folder
    this.#refused = refused
    this.#own = adoptedNode(folder)
  }

  get own(): string | undefined {
    return this.#own
  }

  /** Another node was turned away before it could say anything. */
  heard(node: string): void {
    if (node !== this.#own) this.#own = adoptedNode(this.#folder)
    this.other = node === this.#own ? undefined : node
  }

  /** True for a message of the habitat's own node, or of which nobody can tell. @param path below `hab/{habitat}/` */
  admits(path: string, payload: Buffer): boolean {
    const [kind, name = '', last] = path.split('/', 3)
    if (kind === 'status') return this.#is(name, payload)
    if (kind === 'device' && last === 'info') return this.#isOwn(parsed(payload).node)
    if (this.#foreign.size === 0) return true
    if (kind === 'journal') return !this.#foreign.has(name)
    if (kind === 'resend') return !this.#foreign.has(last ?? '')
    if (kind === 'clock' || kind === 'audit') return this.#isOwn(name)
    if (kind !== 'device' && kind !== 'alert' && kind !== 'event' && kind !== 'result') return true
    const { journal } = parsed(payload)
    return typeof journal !== 'string' || !this.#foreign.has(journal)
  }

  #is(node: string, payload: Buffer): boolean {
    if (payload.length === 0) return this.#isOwn(node)
    // another process, or somebody who says that it takes the other's place, may have written it meanwhile
    if (node !== this.#own) this.#own = adoptedNode(this.#folder) ?? this.#own
    if (this.#own === undefined) {
      this.#own = node
      this.#adopt(node)
    }
    const { journal } = parsed(payload)
    if (node === this.#own) {
      if (typeof journal === 'string') this.#foreign.delete(journal)
      if (this.other === node) this.other = undefined
      return true
    }
    if (typeof journal === 'string') this.#foreign.set(journal, node)
    this.other = node
    this.#refused(node, this.#own ?? '')
    return false
  }

  /** A disk that takes nothing now is no reason to refuse it: it is written the next time, or after a restart. */
  #adopt(node: string): void {
    try {
      adoptNode(this.#folder, node)
    } catch (error) {
      if (!isHabtwinError(error, 'data/unusable')) throw error
    }
  }

  #isOwn(node: unknown): boolean {
    return typeof node !== 'string' || this.#own === undefined || node === this.#own
  }
}

function parsed(payload: Buffer): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(payload.toString())
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  } catch {
    return {} // whoever takes it says what is wrong with it
  }
}
