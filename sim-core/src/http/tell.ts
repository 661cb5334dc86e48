/** Has the gateway write into its audit log who logged in at the panel, who could not, and who wanted what is not theirs. */
import { randomUUID } from 'node:crypto'
import { isHabtwinError, topic, wire } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import type { Link } from '@habtwin/runtime/mqtt'

/** Not written any more after so long, ms: what is told late would stand at the wrong time. */
const EXPIRES = 30_000
/** Told in a minute at most, as many as are written; all are counted in the metrics. */
const MOST = 30
const MINUTE = 60_000

export interface TellerParts {
  readonly habitat: string
  readonly link: Pick<Link, 'publish' | 'up'>
  readonly clock: Pick<Clock, 'now' | 'mono'>
}

export class Teller {
  readonly #parts: TellerParts
  #since = Number.NEGATIVE_INFINITY
  #count = 0

  constructor(parts: TellerParts) {
    this.#parts = parts
  }

  /** Says it once; where the gateway is away, it is in the metrics alone. */
  tell(kind: string, what: string, by: string): void {
    const { habitat, link, clock } = this.#parts
    if (clock.mono() - this.#since >= MINUTE) {
      this.#since = clock.mono()
      this.#count = 0
    }
    if (++this.#count > MOST || !link.up) return
    const command = { id: randomUUID(), value: what, by, expires: clock.now() + EXPIRES }
    link.publish(wire(habitat, topic.command('access', kind)), JSON.stringify(command)).catch((error: unknown) => {
      if (!isHabtwinError(error, 'link/unavailable')) throw error
    })
  }
}
