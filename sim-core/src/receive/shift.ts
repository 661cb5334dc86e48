/**
 * What became known here, in the order in which it did: whoever comes on shift asks what changed since the last one.
 * That is not the order in which it happened there: what an outage held back is news when it comes.
 *
 * A line of JSON each, in two files that take turns, so that the oldest goes and the disk is bounded. A line is written
 * at once and not flushed: it outlives the process, and after a power cut the gateway sends again what was not stored.
 */
import { appendFileSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Change } from '@habtwin/contract/habitats'

/** Bytes of one file. */
const MOST = 2_000_000

/** A change, and what tells that it is the same one when it comes again after a kill. */
export interface Noted extends Change {
  readonly key?: string
}

export class ShiftLog {
  readonly #files: readonly [now: string, before: string]
  #size = 0

  /** @param folder the habitat's, which exists */
  constructor(folder: string) {
    this.#files = [join(folder, 'changes.ndjson'), join(folder, 'changes.1.ndjson')]
    try {
      this.#size = statSync(this.#files[0]).size
    } catch {
      // there is none yet
    }
  }

  /** Notes a change. @returns false where the disk does not take it: it is not what the habitat's data depend on */
  add(change: Noted): boolean {
    const line = `${JSON.stringify(change)}\n`
    const [now, before] = this.#files
    try {
      if (this.#size > MOST) {
        renameSync(now, before)
        this.#size = 0
      }
      appendFileSync(now, line, { mode: 0o600 })
      this.#size += Buffer.byteLength(line)
      return true
    } catch {
      return false
    }
  }

  /**
   * What became known from a moment on, the newest first, each once.
   * @param since ms, by the clock of here
   */
  since(since: number, most: number): Change[] {
    const [now, before] = this.#files
    const seen = new Set<string>()
    const found: Change[] = []
    for (const { key, ...change } of [...lines(before), ...lines(now)]) {
      if (key !== undefined && seen.has(key)) continue
      if (key !== undefined) seen.add(key)
      if (change.at >= since) found.push(change)
    }
    return found.slice(-most).reverse()
  }
}

function* lines(file: string): Generator<Noted> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return // there is none
  }
  for (const line of text.split('\n')) {
    try {
      if (line !== '') yield JSON.parse(line)
    } catch {
      // cut short by a power cut
    }
  }
}
