/**
 * Hands each message to whoever subscribed to its topic, with the interface that Aedes asks of its `mq`. Who they are
 * is remembered by topic. Unlike the emitter that Aedes brings, it lets no message wait for another: one that a slow
 * subscriber holds up keeps back its own publisher, and nobody else's.
 */
import { FilterTrie } from './filter-trie.ts'

export interface Emitted {
  readonly topic: string
}

export type Take = (message: Emitted, done: () => void) => void
type Done = (error?: Error | null) => void

export class Emitter {
  readonly #takers = new FilterTrie<Take>()
  #closed = false
  /** Messages that somebody has not finished with. */
  current = 0

  on(filter: string, take: Take, done?: () => void): this {
    this.#takers.add(filter, take)
    if (done) setImmediate(done)
    return this
  }

  removeListener(filter: string, take: Take, done?: () => void): this {
    this.#takers.remove(filter, take)
    if (done) setImmediate(done)
    return this
  }

  /** @param done called once everyone has finished with it */
  emit(message: Emitted, done: Done = nothing): this {
    if (this.#closed) {
      done(new Error('the broker has ended'))
      return this
    }
    const takers = this.#takers.match(message.topic)
    let left = takers.length
    if (left === 0) {
      done()
      return this
    }
    this.current++
    const finished = () => {
      if (--left > 0) return
      this.current--
      done()
    }
    for (const take of takers) take(message, finished)
    return this
  }

  close(done: () => void): this {
    this.#closed = true
    setImmediate(done)
    return this
  }
}

function nothing(): void {}
