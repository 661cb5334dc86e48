/**
 * Retained messages for those who subscribe: one request of a client after the other, so that asking a thousand times
 * for everything takes no more of anybody's time at once than asking once. Whoever has gone is given nothing more.
 */
import { Readable } from 'node:stream'
import type { Packet } from './queue.ts'

/** A client as far as it matters here. */
export interface Asker {
  readonly closed: boolean
}

export class RetainedTurns {
  /** Those that wait behind the request that is being answered. */
  readonly #lines = new WeakMap<Asker, (() => void)[]>()

  /** Requests of a client that wait. */
  waiting(asker: Asker): number {
    return this.#lines.get(asker)?.length ?? 0
  }

  stream(asker: Asker, messages: Iterator<Packet>): Readable {
    let begun = false
    const give = (readable: Readable): void => {
      for (;;) {
        const next = asker.closed ? undefined : messages.next()
        if (next === undefined || next.done) {
          readable.push(null)
          this.#done(asker)
          return
        }
        if (!readable.push(next.value)) return
      }
    }
    const readable: Readable = new Readable({
      objectMode: true,
      // called again only after something was given
      read: () => {
        if (begun) give(readable)
        else this.#begin(asker, () => give(readable))
        begun = true
      },
    })
    return readable
  }

  #begin(asker: Asker, go: () => void): void {
    const line = this.#lines.get(asker)
    if (line === undefined) {
      this.#lines.set(asker, [])
      go()
    } else line.push(go)
  }

  #done(asker: Asker): void {
    const next = this.#lines.get(asker)?.shift()
    if (next === undefined) this.#lines.delete(asker)
    else setImmediate(next)
  }
}
