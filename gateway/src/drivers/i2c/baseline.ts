/**
 * What a gas sensor takes for clean air, kept over restarts (SGP30 datasheet 1.0, 6.3): the first is good after twelve
 * hours, then it is kept each hour; one that is older than seven days is not used any more.
 */
import type { Clock } from '@habtwin/runtime/clock'
import { z } from 'zod'
import type { StateHook } from '../driver.ts'

const HOUR = 3_600_000

const word = z.int().min(1).max(65_535)
const kept = z.object({ eco2: word, tvoc: word, t: z.number() })

/** Words as the chip gives them. */
export interface Words {
  readonly eco2: number
  readonly tvoc: number
}

export class Baseline {
  readonly #clock: Clock
  readonly #state: StateHook | undefined
  #settled = false
  #next: number

  constructor(clock: Clock, state: StateHook | undefined) {
    this.#clock = clock
    this.#state = state
    this.#next = clock.mono() + 12 * HOUR
  }

  /** True once the sensor knows clean air. */
  get settled(): boolean {
    return this.#settled
  }

  /** The one that was kept, unless it is too old, or cannot be read. */
  restore(): Words | undefined {
    const { success, data } = kept.safeParse(parsed(this.#state?.load()))
    if (!success) return undefined
    const age = this.#clock.now() - data.t
    // a Pi without a clock of its own may wake up a little before it fell asleep
    if (age > 7 * 24 * HOUR || age < -24 * HOUR) return undefined
    this.#settled = true
    this.#next = this.#clock.mono() + HOUR
    return data
  }

  /** True when it is time to keep the present one. */
  due(): boolean {
    return this.#clock.mono() >= this.#next
  }

  keep({ eco2, tvoc }: Words): void {
    this.#settled = true
    this.#next = this.#clock.mono() + HOUR
    this.#state?.save(JSON.stringify({ eco2, tvoc, t: this.#clock.now() }))
  }
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined // half a file: as if there was none
  }
}
