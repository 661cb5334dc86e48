/** Fills in what instruments remember from while the gateway did not run: the demo begins with its last two days. */
import { type Clock, everyInterval } from '@habtwin/runtime'
import type { Instrument, Sample } from './drivers/driver.ts'

/** How far back the first start looks, ms. */
const REACH = 48 * 3_600_000
const MINUTE = 60_000
const STATE = 'lived'
/** Set while the past is being filled in. */
const FILLING = 'filling'
/** Readings after which everything else gets its turn: signals, timers, clients. */
const BREATH = 250
/** Readings after which it is remembered how far this has come; each time is a write to the disk. */
const REMEMBER = 2_500

export interface BackfillParts {
  readonly clock: Clock
  /** Up to which time readings were taken, ms; kept over restarts. */
  readonly state: { load(name: string): string | undefined; save(name: string, text: string): void }
  readonly take: (device: string, sample: Sample & { t: number }) => Promise<void> | undefined
}

/**
 * True where an earlier process ended before all was filled in: what its instruments kept of themselves would hide
 * the rest of their past.
 */
export function wasInterrupted(state: BackfillParts['state']): boolean {
  return state.load(FILLING) === 'yes'
}

/**
 * Takes what every instrument remembers of the time since the gateway last ran, in the order of time. Where it is
 * stopped on the way, the next start goes on from there.
 * @returns how many readings
 */
export async function backfill(
  devices: ReadonlyMap<string, Instrument>,
  { clock, state, take }: BackfillParts,
  signal: AbortSignal,
): Promise<number> {
  const now = clock.now()
  const from = Math.max(now - REACH, Number(state.load(STATE) ?? 0) + 1)
  state.save(FILLING, 'yes')
  /** Up to when all of this was taken. */
  let done = from - 1
  const sources = new Oldest()
  for (const [device, instrument] of devices) {
    const past = instrument.history?.(from, now)?.[Symbol.iterator]()
    if (past !== undefined) sources.add(device, past)
  }
  let count = 0
  let breath = 0
  let remembered = 0
  for (;;) {
    // the oldest first, so that whoever follows sees time run forwards
    const oldest = sources.first
    if (oldest === undefined) {
      state.save(STATE, String(now))
      state.save(FILLING, '')
      return count
    }
    const { t } = oldest.sample
    // between two moments: all up to the one before was taken, and nothing from here on
    if (t > done) {
      if (signal.aborted || count - remembered >= REMEMBER) {
        state.save(STATE, String(done))
        remembered = count
      }
      if (signal.aborted) return count
      if (count - breath >= BREATH) {
        await new Promise((resolve) => setImmediate(resolve))
        breath = count
      }
      done = t
    }
    await take(oldest.device, oldest.sample)
    count++
    sources.advance()
  }
}

interface Source {
  readonly device: string
  readonly past: Iterator<Sample & { t: number }>
  sample: Sample & { t: number }
}

/** Sources by the time of their next sample: a binary heap, as there may be hundreds. */
class Oldest {
  readonly #heap: Source[] = []

  add(device: string, past: Source['past']): void {
    const next = past.next()
    if (next.done) return
    this.#heap.push({ device, past, sample: next.value })
    for (let i = this.#heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1
      if (!this.#swapped(parent, i)) break
      i = parent
    }
  }

  get first(): Source | undefined {
    return this.#heap[0]
  }

  /** Goes on to the next sample of the first source; one that has none left is out. */
  advance(): void {
    const first = this.#heap[0]
    if (first === undefined) return
    const next = first.past.next()
    if (!next.done) first.sample = next.value
    else {
      const last = this.#heap.pop()
      if (last === undefined || last === first) return
      this.#heap[0] = last
    }
    for (let i = 0; ; ) {
      const left = 2 * i + 1
      const child = this.#older(left + 1, left) ? left + 1 : left
      if (!this.#swapped(i, child)) return
      i = child
    }
  }

  #older(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a], this.#heap[b]]
    return one !== undefined && other !== undefined && one.sample.t < other.sample.t
  }

  /** Puts the older of the two nearer to the top. */
  #swapped(parent: number, child: number): boolean {
    if (!this.#older(child, parent)) return false
    const [one, other] = [this.#heap[parent] as Source, this.#heap[child] as Source]
    this.#heap[parent] = other
    this.#heap[child] = one
    return true
  }
}

/** Remembers once a minute, and at the end, that the gateway runs: this time needs no filling in. */
export async function remember({ clock, state }: BackfillParts, signal: AbortSignal): Promise<void> {
  const save = () => state.save(STATE, String(clock.now()))
  save()
  await everyInterval(clock, MINUTE, signal, save)
  save()
}
