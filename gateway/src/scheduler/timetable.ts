/**
 * One timer for all that is to happen later: a binary heap by due time. Two hundred instruments at 100 Hz would
 * otherwise keep two hundred timers turning over in Node, and an entry here costs no allocation.
 */
import type { Clock, Timer } from '@habtwin/runtime/clock'

/** Something that comes due. Owned by whoever schedules it, and reused for ever. */
export interface Entry {
  /** Monotonic ms. */
  due: number
  /** Place in the heap, -1 while it is not in it. Only the timetable writes it. */
  place: number
  /** Called with the monotonic time once it is due; may schedule again. */
  fire(now: number): void
}

/** Timers of the machine fire up to this early, ms: what is due within it is due. */
const SLACK = 0.5

export class Timetable {
  #clock: Clock
  #heap: Entry[] = []
  #timer: Timer | undefined
  #wakeAt = Number.POSITIVE_INFINITY
  #firing = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Puts the entry in for a monotonic time; where it is in already, moves it. */
  schedule(entry: Entry, due: number): void {
    entry.due = due
    if (entry.place === -1) {
      entry.place = this.#heap.length
      this.#heap.push(entry)
      this.#up(entry)
    } else {
      this.#up(entry)
      this.#down(entry)
    }
    if (!this.#firing) this.#arm()
  }

  /** Takes the entry out, where it is in. */
  cancel(entry: Entry): void {
    if (entry.place === -1) return
    this.#remove(entry)
    if (!this.#firing) this.#arm()
  }

  /** Forgets everything, so that no timer is left. */
  clear(): void {
    for (const entry of this.#heap) entry.place = -1
    this.#heap = []
    this.#arm()
  }

  #wake(): void {
    this.#timer = undefined
    this.#wakeAt = Number.POSITIVE_INFINITY
    const now = this.#clock.mono()
    this.#firing = true
    try {
      for (let first = this.#heap[0]; first !== undefined && first.due <= now + SLACK; first = this.#heap[0]) {
        this.#remove(first)
        first.fire(now)
      }
    } finally {
      this.#firing = false
      this.#arm()
    }
  }

  /** Sets the timer to the first entry; one that fires a little early is left alone. */
  #arm(): void {
    const due = this.#heap[0]?.due ?? Number.POSITIVE_INFINITY
    if (due === this.#wakeAt) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#wakeAt = due
    if (due !== Number.POSITIVE_INFINITY) {
      // setTimeout cuts fractions off and takes more than 24.8 days for 1 ms
      const wait = Math.min(Math.ceil(Math.max(0, due - this.#clock.mono()) - SLACK), 2_000_000_000)
      this.#timer = this.#clock.after(wait, () => this.#wake())
    }
  }

  #remove(entry: Entry): void {
    const last = this.#heap.pop() as Entry
    if (last !== entry) {
      this.#heap[entry.place] = last
      last.place = entry.place
      this.#up(last)
      this.#down(last)
    }
    entry.place = -1
  }

  #up(entry: Entry): void {
    const heap = this.#heap
    let place = entry.place
    while (place > 0) {
      const parent = heap[(place - 1) >> 1] as Entry
      if (parent.due <= entry.due) break
      heap[place] = parent
      parent.place = place
      place = (place - 1) >> 1
    }
    heap[place] = entry
    entry.place = place
  }

  #down(entry: Entry): void {
    const heap = this.#heap
    let place = entry.place
    for (;;) {
      let child = 2 * place + 1
      if (child >= heap.length) break
      const right = child + 1
      if (right < heap.length && (heap[right] as Entry).due < (heap[child] as Entry).due) child = right
      const smaller = heap[child] as Entry
      if (smaller.due >= entry.due) break
      heap[place] = smaller
      smaller.place = place
      place = child
    }
    heap[place] = entry
    entry.place = place
  }
}
