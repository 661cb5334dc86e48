/**
 * From where devices go on after a kill: how far a recording was played. A place is written no sooner than all that
 * was said before it is confirmed or on disk: what is said twice is known by the recorder, what is passed over is lost.
 */
import type { Journal } from './journal.ts'

/** Places of one device that wait: the oldest, which are written first, and the newest. */
const MOST = 16

interface Place {
  readonly text: string
  /** The journal's next number when it was told. */
  readonly next: number
}

export interface PlacesContext {
  readonly disk: { loadState(name: string): string | undefined; saveState(name: string, text: string): void }
  readonly journal: () => Pick<Journal, 'next' | 'isSafe'>
}

export class Places {
  readonly #at: PlacesContext
  readonly #waiting = new Map<string, Place[]>()

  constructor(context: PlacesContext) {
    this.#at = context
  }

  /** As it was told last: the rest of this process is still there. */
  load(name: string): string | undefined {
    return this.#waiting.get(name)?.at(-1)?.text ?? this.#at.disk.loadState(name)
  }

  save(name: string, text: string): void {
    const places = this.#waiting.get(name) ?? []
    if (places.length === MOST) places.pop()
    places.push({ text, next: this.#at.journal().next })
    this.#waiting.set(name, places)
    this.tick()
  }

  /** Writes what has become safe. */
  tick(): void {
    const { disk, journal } = this.#at
    for (const [name, places] of this.#waiting) {
      const last = places.findLastIndex(({ next }) => journal().isSafe(next))
      const place = places[last]
      if (place === undefined) continue
      disk.saveState(name, place.text)
      places.splice(0, last + 1)
      if (places.length === 0) this.#waiting.delete(name)
    }
  }
}
