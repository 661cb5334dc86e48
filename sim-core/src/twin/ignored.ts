/** Readings that were left out of account: which, how many, and why. Bounded; who is told sees the newest first. */
import type { TwinModel } from '@habtwin/contract'

export type Ignored = TwinModel['ignored'][number]

/** Kinds that are kept: what nobody sent for longest is forgotten first. */
const MOST = 200

export class IgnoredReadings {
  readonly #kinds = new Map<string, Ignored>()
  /** Counts up with each reading that is added. */
  version = 0

  /** @param value null where the instrument gave no number */
  add(device: string, point: string, t: number, value: number | null, reason: string): void {
    const key = `${device}/${point}/${reason}`
    const count = (this.#kinds.get(key)?.count ?? 0) + 1
    this.#kinds.delete(key) // so that the newest stands last
    this.#kinds.set(key, { device, point, t, count, value, reason })
    if (this.#kinds.size > MOST) this.#kinds.delete(this.#kinds.keys().next().value as string)
    this.version++
  }

  /** The newest first. */
  list(): Ignored[] {
    return [...this.#kinds.values()].reverse()
  }
}
