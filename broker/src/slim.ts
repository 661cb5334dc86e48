/**
 * Gives back what many connections have taken, once they have come in or gone. V8 keeps what it needed for them in case it
 * grows again: of 5,000 connections 50 MB while they are there and 200 MB afterwards, which a small machine does not have.
 */
import v8 from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Clock, Timer } from '@habtwin/runtime/clock'

/** So many have to have come or gone, and so long ago, ms: it stops everything for a tenth of a second. */
const MANY = 500
const LATER = 5_000

export class Slim {
  readonly #clock: Clock
  readonly #collect: () => void
  /** How many there were when it was last collected, and are now. */
  #last = 0
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
    if (Math.abs(connections - this.#last) < MANY) return
    // others come and go meanwhile: that is no reason to wait
    this.#timer ??= this.#clock.after(LATER, () => {
      this.#timer = undefined
      this.#last = this.#now
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
