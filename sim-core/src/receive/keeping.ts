/** Keeps what is shown over a restart: once a minute where anything was heard, and at the end. */
import type { Clock, Log } from '@habtwin/runtime'
import { type Shown, writeShown } from './shown.ts'

export interface KeepingParts {
  readonly habitat: string
  readonly folder: string
  readonly clock: Pick<Clock, 'mono'>
  readonly log: Pick<Log, 'warn'>
  readonly shown: () => Shown
}

/** ms */
const EVERY = 60_000

export class Keeping {
  readonly #parts: KeepingParts
  #at: number
  #isKept = true

  constructor(parts: KeepingParts) {
    this.#parts = parts
    this.#at = parts.clock.mono()
  }

  /** Something was heard. */
  stir(): void {
    this.#isKept = false
  }

  tick(): void {
    if (!this.#isKept && this.#parts.clock.mono() - this.#at >= EVERY) this.now()
  }

  /** Writes it; where that fails the next minute tries again. */
  now(): void {
    const { habitat, folder, clock, log, shown } = this.#parts
    this.#at = clock.mono()
    this.#isKept = true
    try {
      writeShown(folder, shown())
    } catch (error) {
      log.warn({ habitat, err: error }, 'what is shown is not kept over a restart')
    }
  }
}
