/**
 * The twin in its thread: takes what comes in between, says what there is to say, and answers.
 *
 *   readings ─► twin ─► glance: the estimate within the minute, at once
 *   now      ─► tick, tick … as long as there is more; what comes meanwhile is taken between two
 */
import { isHabtwinError, messageOf } from '@habtwin/contract/errors'
import { Twin } from '../twin.ts'
import { partsOf } from './parts.ts'
import type { Asked, Given, Restored, Told } from './words.ts'

/** The thread's end of the line. */
export interface Port {
  tell(told: Told, given?: ArrayBuffer[]): void
  /** Calls back as soon as what has come was heard. */
  soon(call: () => void): void
  /** Monotonic ms. */
  mono(): number
}

export class TwinHost {
  readonly #port: Port
  readonly #given: Given
  readonly #parts: ReturnType<typeof partsOf>
  #twin: Twin
  #now = Number.NEGATIVE_INFINITY
  #running = false
  #glancing = false

  constructor(given: Given, port: Port) {
    this.#given = given
    this.#port = port
    this.#parts = partsOf(given.config)
    this.#twin = this.#fresh()
  }

  hear(asked: Asked): void {
    if ('sums' in asked) {
      for (const sums of asked.sums) this.#twin.readings(sums)
      this.#glance()
    } else if ('now' in asked) {
      this.#twin.mind.guard = asked.guard
      this.#goOn(asked.now)
    } else if ('event' in asked) this.#twin.event(asked.event)
    else if ('history' in asked) this.#twin.history(asked.history)
    else if ('made' in asked) {
      this.#twin.resume((zone, quantity) => asked.made.get(`${zone}/${quantity}`) ?? Number.NEGATIVE_INFINITY)
    } else this.#answer(asked)
  }

  #fresh(): Twin {
    return new Twin({ ...this.#parts, emit: (said) => this.#port.tell({ said }) })
  }

  #goOn(now: number): void {
    this.#now = now
    if (this.#running) return
    this.#running = true
    const step = () => {
      this.#running = this.#twin.tick(this.#now)
      if (this.#running) this.#port.soon(step)
    }
    step()
  }

  #glance(): void {
    if (this.#glancing) return
    this.#glancing = true
    this.#port.soon(() => {
      this.#glancing = false
      this.#twin.glance(this.#port.mono())
    })
  }

  /** Whatever is wrong with a snapshot, it is only not used: the past in the store holds the same. */
  #restore(snapshot: Uint8Array): Restored {
    try {
      const twin = this.#fresh()
      const restored = twin.restore(snapshot, this.#given.version)
      if ('minute' in restored) this.#twin = twin
      return restored
    } catch (error) {
      return { why: messageOf(error) }
    }
  }

  /** @returns whether such an alert of the twin stands */
  #acknowledge(alert: string, by: string): boolean {
    const changes = this.#twin.mind.alerts?.acknowledge(alert, by, this.#twin.now)
    if (changes?.length) this.#port.tell({ said: { estimates: [], forecasts: [], alerts: changes } })
    return changes !== undefined
  }

  #answer(asked: Extract<Asked, { id: number }>): void {
    const { id } = asked
    try {
      if ('snapshot' in asked) {
        const bytes = this.#twin.snapshot(this.#given.version)
        // a small one lies in Node's pool of buffers, which cannot be handed over
        const result = bytes && new Uint8Array(bytes)
        this.#port.tell({ id, result }, result && [result.buffer as ArrayBuffer])
      } else if ('restore' in asked) {
        this.#port.tell({ id, result: this.#restore(asked.restore) })
      } else if ('acknowledge' in asked) {
        this.#port.tell({ id, result: this.#acknowledge(asked.acknowledge, asked.by) })
      } else {
        const { mind, standing } = this.#twin
        const { figures, whatif } = this.#parts
        const result = 'figures' in asked ? figures(mind, standing) : whatif(mind, asked.whatif, standing)
        this.#port.tell({ id, result })
      }
    } catch (error) {
      const code = isHabtwinError(error) ? error.code : undefined
      const stack = error instanceof Error ? error.stack : undefined
      this.#port.tell({ id, error: { code, message: messageOf(error), stack } })
    }
  }
}
