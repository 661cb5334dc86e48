/** By what readings are placed in time whose gateway's clock was not set, or was wrong. docs/clock.md */
import { type BootClock, type Correction, correctedBy, type Reading, stretchAt } from '@habtwin/contract'

/** Where only the boots around one tell when it was. */
const UNCERTAIN = 'uncertain:time'

export class Clocks {
  readonly #boots = new Map<string, BootClock>()
  /** Corrections that are in the store already, by boot, as text. */
  readonly #stored = new Map<string, string>()
  #byJournal = new Map<string, Correction[]>()

  /** @param stored by boot, what the store has */
  constructor(stored: ReadonlyMap<string, readonly Correction[]>) {
    for (const [boot, corrections] of stored) {
      this.#stored.set(boot, JSON.stringify(corrections))
      for (const one of corrections) this.#add(one)
    }
  }

  /**
   * What a gateway says of a boot.
   * @returns corrections that the store does not have yet; undefined where there are none
   */
  hear(clock: BootClock): readonly Correction[] | undefined {
    this.#boots.set(clock.boot, clock)
    const { corrections = [] } = clock
    const text = JSON.stringify(corrections)
    if (text === (this.#stored.get(clock.boot) ?? '[]')) return undefined
    this.#stored.set(clock.boot, text)
    this.#byJournal = new Map()
    for (const all of this.#stored.values()) for (const one of JSON.parse(all) as Correction[]) this.#add(one)
    return corrections
  }

  /** True where something can be placed that was read so long after the start of a boot, ms. */
  knows(boot: string, mono: number): boolean {
    const clock = this.#boots.get(boot)
    return clock !== undefined && mono <= clock.upTo
  }

  /** A reading with the time that it is stored with; undefined where it has to wait. One whose clock is set is as it came. */
  place(reading: Reading): Reading | undefined {
    const { clock: unset } = reading
    if (unset === undefined) return reading
    const clock = this.#boots.get(unset.boot)
    if (clock === undefined || unset.mono > clock.upTo) return undefined
    const { offset, doubt } = stretchAt(clock, unset.mono)
    const { clock: _, ...rest } = reading
    const placed = { ...rest, t: Math.floor(unset.mono + offset) }
    return doubt === undefined ? placed : uncertain(placed)
  }

  /** A reading that is placed, with its true time: the store keeps times as they were given, and corrects on reading. */
  right(reading: Reading): Reading {
    if (this.#byJournal.size === 0) return reading
    const by = correctedBy(this.#byJournal.get(reading.journal) ?? [], reading)
    return by === 0 ? reading : { ...reading, t: reading.t + by }
  }

  #add(one: Correction): void {
    const known = this.#byJournal.get(one.journal)
    if (known === undefined) this.#byJournal.set(one.journal, [one])
    else known.push(one)
  }
}

/** What was good, or doubted for another reason, is doubted for its time; what is bad stays bad. */
function uncertain(reading: Reading): Reading {
  const quality: Record<string, string> = {}
  for (const point in reading.values) {
    const before = reading.quality?.[point]
    quality[point] = before?.startsWith('bad:') ? before : UNCERTAIN
  }
  return { ...reading, quality }
}
