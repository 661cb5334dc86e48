/**
 * Gives back what many connections have taken once they have gone. V8 keeps the pages of a heap that was large, in case
 * it grows again: after 5,000 connections 100 MB that nobody else has on a small machine.
 */
import v8 from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock, Timer } from '@habtwin/runtime/clock'

/** So many have to have gone, and so long ago, ms: it stops everything for a tenth of a second. */
const MANY = 500
const LATER = 5_000

export class Slim {
  readonly #clock: Clock
  readonly #collect: () => void
  #most = 0
  #now = 0
  #timer: Timer | undefined

  /** @param collect collects everything and gives it back */
  constructor(clock: Clock, collect: () => void = collectAll) {
    this.#clock = clock
    this.#collect = collect
  }

  /** @param connections how many there are now */
  note(connections: number): void {
    this.#now = connections
    this.#most = Math.max(this.#most, connections)
    if (this.#most - connections < MANY) return
    // others come and go meanwhile: that is no reason to wait
    this.#timer ??= this.#clock.after(LATER, () => {
      this.#timer = undefined
      this.#most = this.#now
      this.#collect()
    })
  }

  end(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}

/** The only way to it: by a flag that Node otherwise hides. */
function collectAll(): void {
  v8.setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: object) => void
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
