/**
 * Readings that had to be given up are no matter for the log alone: an alert says so, until it has been well for a
 * while.
 */
import type { Alert } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime'

/** The alert ends when nothing was lost for so long, ms. */
const CALM = 600_000
/** While it goes on the alert is renewed so often, ms: each renewal is journalled itself. */
const RENEW = 60_000

export class LossAlarm {
  readonly #clock: Clock
  readonly #onAlert: (alert: Alert) => void
  #since: number | undefined
  #count = 0
  #told = Number.NEGATIVE_INFINITY
  #last = 0

  constructor(clock: Clock, onAlert: (alert: Alert) => void) {
    this.#clock = clock
    this.#onAlert = onAlert
  }

  /** The journal had to give up so many entries. Tells nothing at once: the journal is in the middle of making room. */
  lost(count: number): void {
    this.#since ??= this.#clock.now()
    this.#count += count
    this.#last = this.#clock.mono()
  }

  /** Called regularly. */
  tick(): void {
    if (this.#since === undefined) return
    const now = this.#clock.mono()
    if (now - this.#last > CALM) {
      this.#tell(false, 'No readings were given up for ten minutes')
      this.#since = undefined
      this.#count = 0
      this.#told = Number.NEGATIVE_INFINITY
    } else if (now - this.#told >= RENEW && this.#told <= this.#last) {
      this.#told = now
      const space = 'memory and disk space of the journal are used up while the recorder is away'
      this.#tell(true, `${this.#count} readings had to be given up: ${space}`)
    }
  }

  #tell(active: boolean, text: string): void {
    this.#onAlert({
      id: 'journal-lost',
      level: 'warning',
      zone: 'habitat',
      quantity: 'journal',
      value: this.#count,
      limit: null,
      since: this.#since ?? this.#clock.now(),
      t: this.#clock.now(),
      text,
      source: 'guard',
      active,
      checklist: 'sim-silent',
    })
  }
}
