/** One way to look ahead. */
import type { Archive } from '../archive.ts'
import type { History } from '../history.ts'

/** All that an expert may look at; it never holds more than what came up to now. */
export interface Scene {
  readonly own: History
  /** Other quantities of the same zone, on the same steps. */
  readonly neighbours: readonly History[]
  readonly stepMinutes: number
  /** Leads in steps, ascending. */
  readonly leads: readonly number[]
}

export interface Expert {
  readonly names: readonly string[]
  /** Takes in the newest step of the scene: learns from what came, and forgets what is too old. */
  step(): void
  /** Steps have gone by in which nobody looked. */
  interrupt?(): void
  /** Where it has learned something; what it cannot keep here (a model of its own) it keeps elsewhere. */
  keep?(archive: Archive): void
  /** Writes for lead l and name i to `out[l * stride + offset + i]`. */
  forecast(out: Float64Array, stride: number, offset: number): void
}
