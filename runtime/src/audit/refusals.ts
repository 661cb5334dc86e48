/**
 * What is done by nobody here goes into the audit log, but not so much of it that whoever sends nonsense wears out the
 * disk: refusals, and what is asked of sim.
 */
import type { Clock } from '../clock.ts'
import type { AuditNote } from './log.ts'

/** Refusals a minute that are written one by one; of more, the number. */
const EACH = 30
const MINUTE = 60_000

export class Refusals {
  readonly #clock: Pick<Clock, 'mono'>
  readonly #audit: (note: AuditNote) => boolean
  #since = Number.NEGATIVE_INFINITY
  #count = 0

  constructor(clock: Pick<Clock, 'mono'>, audit: (note: AuditNote) => boolean) {
    this.#clock = clock
    this.#audit = audit
  }

  add(note: AuditNote): void {
    const now = this.#clock.mono()
    if (now - this.#since >= MINUTE) {
      if (this.#count > EACH) this.#audit({ kind: 'refused-also', count: this.#count - EACH })
      this.#since = now
      this.#count = 0
    }
    if (++this.#count <= EACH) this.#audit(note)
  }
}
