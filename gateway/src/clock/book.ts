/**
 * The book of the machine's starts: kept over restarts, it says by what the readings of each are stamped. Offsets are of
 * the wall clock beside the ms since the start of the machine.
 */
import type { BootClock } from '@habtwin/contract'
import { ALWAYS, type Boot, begin, fresh, parse, place, type Remembered, SAME, told, write } from './boots.ts'
import { EARLIEST, type Machine } from './machine.ts'

/** Where a journal stands: what was stamped is known by its numbers. */
export interface Numbers {
  readonly id: string
  readonly next: number
}

/** A text that outlives the process. */
export interface KeptState {
  load(): string | undefined
  save(text: string): void
}

/** Processes of one boot that are remembered. */
const MOST_JOURNALS = 256
/** Stretches of one boot. */
const MOST_STRETCHES = 1_000

export class BootBook {
  readonly #state: KeptState
  readonly #machine: Machine
  readonly #kept: Remembered
  readonly #boot: Boot
  #journal: Numbers | undefined

  /** @param wall what the clock says, ms */
  constructor(state: KeptState, machine: Machine, wall: number) {
    this.#state = state
    this.#machine = machine
    this.#kept = parse(state.load())
    const known = this.#kept.boots.find(({ boot }) => boot === machine.boot)
    this.#boot = known ?? fresh(machine, wall - machine.sinceBoot())
    if (known === undefined) this.#kept.boots.push(this.#boot)
  }
  /** The newest time that was ever given, ms; −∞ where none was. */
  get t(): number {
    return this.#kept.t
  }

  /** The newest time that was known to be true, ms; −∞ where none was. */
  get known(): number {
    return this.#kept.known
  }

  /** When the machine was started, by the clock that it was first seen with, ms. */
  get began(): number {
    return this.#boot.began
  }

  /** The number that the next reading gets. */
  get next(): number {
    return this.#journal?.next ?? 1
  }

  get isAttached(): boolean {
    return this.#journal !== undefined
  }

  /** The offset as it was last in this boot; undefined where its clock was not set. */
  get offset(): number | undefined {
    const last = this.#boot.stretches.at(-1)
    return last?.doubt === undefined ? (this.#boot.offset ?? last?.offset) : undefined
  }

  /** ms that the machine has slept since it was looked at; 0 for what is only the grain of it. */
  get slept(): number {
    const slept = this.#machine.asleep() - this.#boot.asleep
    return slept > SAME ? slept : 0
  }

  /** The sleep has been taken account of. */
  awake(): void {
    this.#boot.asleep = this.#machine.asleep()
  }

  /** From now on this journal numbers what is stamped. */
  attach(journal: Numbers, mono: number, offset: number): void {
    this.#journal = journal
    this.#boot.journals = [...this.#boot.journals, journal.id].slice(-MOST_JOURNALS)
    if (this.#boot.stretches.length > 0) this.#begin(offset, { next: 1, t: ALWAYS, mono })
  }

  /** The clock is set: where it was not before in this boot, all that was numbered is stamped by it. */
  set(offset: number, mono: number): void {
    const boot = this.#boot
    if (boot.stretches.length === 0) {
      boot.stretches = [{ from: 0, offset }]
      for (const journal of boot.journals) begin(boot, { journal, next: 1, t: ALWAYS, mono: 0, offset })
      place(this.#kept.boots, EARLIEST)
    }
    boot.upTo = mono
    this.awake()
  }

  /** From a moment on the boot has another offset, and so have the numbers from `next` on. */
  anchor(offset: number, at: { next: number; t: number; mono: number }): void {
    this.stretch(offset, at.mono)
    this.#begin(offset, at)
  }

  /** The same where nobody numbered anything before it. */
  stretch(offset: number, mono: number): void {
    this.#boot.stretches = [...this.#boot.stretches, { from: mono, offset }].slice(-MOST_STRETCHES)
  }

  /** When the boot was last known to run, ms since its start. */
  get last(): number {
    return this.#boot.last
  }

  /** What is told of every boot of which something is known. */
  told(): BootClock[] {
    return this.#kept.boots.flatMap((boot) => told(boot) ?? [])
  }

  /** @param offset where the clock is set */
  save(mono: number, t: number, offset: number | undefined): void {
    this.#boot.last = mono
    this.#kept.t = t
    if (offset !== undefined) {
      this.#kept.known = t
      this.#boot.offset = offset
    }
    this.#state.save(write(this.#kept))
  }

  #begin(offset: number, at: { next: number; t: number; mono: number }): void {
    const journal = this.#journal?.id
    if (journal !== undefined) begin(this.#boot, { journal, ...at, offset })
  }
}
