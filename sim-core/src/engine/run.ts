/** A run of a compiled model: steps, the records of the steps that are kept, and the state to go on from. */
import { HabtwinError } from '@habtwin/contract/errors'
import { type Chunk, type Column, join } from './columns.ts'
import { Piece } from './piece.ts'
import type { Program, Step, Time } from './program.ts'
import { Random, type RandomState } from './random.ts'

export interface RunOptions {
  /** The model's own where it is left out. */
  readonly seed?: number
  /** Keeps each such step, and the last. */
  readonly every?: number
  /** Steps in all, those of `from` included; the model's own where it is left out. */
  readonly steps?: number
  /** The state to go on from. */
  readonly from?: RunState
}

/** All that a run needs to go on, bit for bit. Plain data: it can be cloned, stored and sent. */
export interface RunState {
  readonly step: number
  /** Since the start of the model, µs. */
  readonly elapsed: number
  readonly random: RandomState
  /** Figures by name: a model that was changed finds its own. */
  readonly figures: Readonly<Record<string, number>>
  /** What agents died of, by id. */
  readonly causes: Readonly<Record<string, string | null>>
}

/**
 * A state as it lies in memory, without what agents died of: for thousands of runs of one program that take turns.
 * It means nothing to another program.
 */
export interface Parked {
  readonly step: number
  readonly elapsed: number
  readonly index: number
  readonly figures: Float64Array
  /** Of the generator. */
  readonly words: Int32Array
}

/** µs */
const HOUR = 3_600_000_000
/** ms */
const DAY = 86_400_000
/** The last moment that a Date can tell, ms. */
const LATEST = 8.64e15

export class Run {
  readonly #program: Program
  readonly #state: Float64Array
  readonly #records: Float64Array
  readonly #random: Random
  readonly #died: Int32Array
  readonly #now: Time = { step: 0, hour: 0, month: 0, year: 0 }
  readonly #step: Step
  readonly #every: number
  #full: Chunk[] = []
  /** Memory of a piece that was spilled. */
  #spent: Float64Array | undefined
  #elapsed = 0
  /** The day whose month and year `now` has, since the epoch. */
  #day = Number.NaN
  /** What agents had died of before this run. */
  #before: Readonly<Record<string, string | null>> = {}
  /** Steps in all. */
  readonly steps: number

  /** @throws HabtwinError scenario/invalid where there is nothing to run */
  constructor(program: Program, { seed, every = 1, steps, from }: RunOptions = {}) {
    const { model, layout, columns } = program
    this.#program = program
    this.#every = every
    this.steps = steps ?? model.steps
    if (!Number.isSafeInteger(this.steps)) {
      throw new HabtwinError('scenario/invalid', 'termination: it never ends; give a number of steps', {
        where: 'termination',
      })
    }
    this.#state = new Float64Array(layout.size)
    this.#records = new Float64Array(columns.length)
    this.#died = new Int32Array(model.agents.length)
    this.#random = new Random(0)
    this.#step = program.bind({
      state: this.#state,
      records: this.#records,
      random: this.#random,
      now: this.#now,
      died: this.#died,
    })
    this.restart(seed ?? model.seed, from)
  }

  get columns(): readonly Column[] {
    return this.#program.columns
  }

  /** `step_num` of the last step: 0 before the first. */
  get step(): number {
    return this.#now.step
  }

  get done(): boolean {
    return this.#now.step >= this.steps
  }

  /** Begins anew with another seed, in the same arrays and with code that is warm. What was recorded is forgotten. */
  restart(seed: number, from?: RunState): void {
    const { initial, layout } = this.#program
    this.#clear()
    this.#state.set(initial)
    this.#random.seed(seed)
    this.#now.step = from?.step ?? 0
    this.#elapsed = from?.elapsed ?? 0
    this.#before = from?.causes ?? {}
    if (from === undefined) return
    this.#random.state = from.random
    for (const [slot, name] of layout.names.entries()) {
      const value = from.figures[name]
      if (value !== undefined) this.#state[slot] = value
    }
  }

  /**
   * Runs on.
   * @param most steps
   * @returns how many it has run: fewer at the end
   */
  advance(most: number): number {
    const begin = this.step
    const end = Math.min(this.steps, begin + most)
    const kept = new Piece(this.#keptBetween(begin, end), this.columns.length, this.#spent)
    this.#spent = undefined
    this.#goTo(end, kept)
    if (kept.rows > 0) this.#full.push(kept.end())
    return this.step - begin
  }

  /** The loop and nothing else: it is compiled while it runs, when nothing is known yet of what follows it. */
  #goTo(end: number, kept: Piece): void {
    const dt = Math.round(this.#program.model.dt * HOUR)
    const now = this.#now
    while (now.step < end) {
      now.step++
      this.#elapsed += dt
      this.#setTime()
      this.#step()
      if (now.step % this.#every === 0 || now.step === this.steps) kept.keep(now.step, this.#records)
    }
  }

  /** The kept steps since the last call; undefined where there are none. */
  take(): Chunk | undefined {
    const chunks = this.#full
    this.#full = []
    return join(chunks, this.columns.length)
  }

  /**
   * Hands over the kept steps since the last call where they lie in one piece, as they do after one call of `advance`:
   * the value of column c in row r is `records[c * stride + r]`, until the run goes on and uses the memory again.
   * @returns false where there are none, or several pieces: they are to be taken
   */
  spill(put: (records: Float64Array, stride: number, rows: number, steps: Float64Array) => void): boolean {
    const [chunk, ...more] = this.#full
    if (chunk === undefined || more.length > 0) return false
    put(chunk.values, chunk.rows, chunk.rows, chunk.steps)
    this.#full = []
    this.#spent = chunk.values
    return true
  }

  state(): RunState {
    const { layout } = this.#program
    const state = this.#state
    return {
      step: this.step,
      elapsed: this.#elapsed,
      random: this.#random.state,
      figures: Object.fromEntries(layout.names.map((name, slot) => [name, state[slot] as number])),
      causes: this.causes(),
    }
  }

  /** Writes the state into arrays, which have room for all figures of the layout and the words of the generator. */
  park(figures: Float64Array, words: Int32Array): Parked {
    figures.set(this.#state)
    return { step: this.step, elapsed: this.#elapsed, index: this.#random.copy(words), figures, words }
  }

  /** Goes on from a state that was parked. What was recorded is forgotten. */
  unpark({ step, elapsed, index, figures, words }: Parked): void {
    this.#clear()
    this.#state.set(figures)
    this.#random.state = { words, index }
    this.#now.step = step
    this.#elapsed = elapsed
    this.#before = {}
  }

  /** What agents died of, by id; null for those that live. */
  causes(): Record<string, string | null> {
    const { model, causes } = this.#program
    return Object.fromEntries(
      model.agents.map(({ id }, at) => [id, causes[this.#died[at] as number] ?? this.#before[id] ?? null]),
    )
  }

  #clear(): void {
    this.#died.fill(-1)
    this.#full = []
  }

  #setTime(): void {
    const at = this.#program.model.start + this.#elapsed / 1000
    const now = this.#now
    const day = Math.floor(at / DAY)
    now.hour = Math.floor((at - day * DAY) / 3_600_000)
    if (day === this.#day) return
    const date = new Date(Math.min(at, LATEST))
    now.month = date.getUTCMonth()
    now.year = date.getUTCFullYear()
    this.#day = day
  }

  /** How many steps after `begin` and up to `end` are kept. */
  #keptBetween(begin: number, end: number): number {
    const every = this.#every
    const last = end === this.steps && end % every !== 0 ? 1 : 0
    return Math.floor(end / every) - Math.floor(begin / every) + (end > begin ? last : 0)
  }
}
