/**
 * A run with changes in the middle of it. Where a change takes effect the model is changed and compiled again, and
 * goes on from the state that it had: what is recorded stays the same columns.
 *
 *   model ─► run ─► state ─► changed model ─► run ─► …
 */
import type { Change } from '@habtwin/contract'
import { applyChanges, changedState } from './changes.ts'
import { type Chunk, type Column, join } from './columns.ts'
import type { Model } from './model.ts'
import { compile, type Program } from './program.ts'
import { type Parked, Run, type RunOptions, type RunState } from './run.ts'

export interface SimulationOptions extends RunOptions {
  readonly changes?: readonly Change[]
  /** The step from which changes count their hours: where the run ended whose state this one is built on. */
  readonly origin?: number
}

/** A stretch of the run on one model. */
interface Phase {
  /** The step after which it begins. */
  readonly from: number
  readonly program: Program
  /** What makes its model of the one before. */
  readonly changes: readonly Change[]
  run?: Run
}

export class Simulation {
  readonly #phases: readonly Phase[]
  readonly #options: SimulationOptions
  #seed: number
  #at = 0
  #run: Run
  #chunks: Chunk[] = []

  /**
   * @param model as it is before any change
   * @throws HabtwinError scenario/invalid for changes that do not fit, or what cannot be compiled
   */
  constructor(model: Model, options: SimulationOptions = {}) {
    const { origin = 0, from, seed } = options
    this.#options = options
    this.#seed = seed ?? model.seed
    this.#phases = phasesOf(model, options)
    this.#at = this.#phaseAt(from, origin)
    this.#run = this.#runOf(this.#phase, from)
    this.#goOver()
  }

  get columns(): readonly Column[] {
    return this.#run.columns
  }

  /** What is run now: model, columns, and what agents die of. */
  get program(): Program {
    return this.#phase.program
  }

  get step(): number {
    return this.#run.step
  }

  get steps(): number {
    return this.#run.steps
  }

  get done(): boolean {
    return this.#run.done
  }

  /**
   * Begins anew with another seed, with code that is warm.
   * @param from a state of such a run to go on from, in the place of the one that this was made with
   */
  restart(seed: number, from = this.#options.from): void {
    this.#seed = seed
    this.#chunks = []
    this.#at = this.#phaseAt(from, this.#options.origin)
    this.#run = this.#runOf(this.#phase, from)
    this.#goOver()
  }

  /** As `Run.park`. */
  park(figures: Float64Array, words: Int32Array): Parked {
    return this.#run.park(figures, words)
  }

  /** As `Run.unpark`, of a state of this very run. */
  unpark(parked: Parked): void {
    this.#chunks = []
    this.#at = this.#phaseAt(parked, this.#options.origin)
    this.#run = this.#phase.run ?? this.#runOf(this.#phase, undefined)
    this.#run.unpark(parked)
  }

  /** As `Run.advance`. */
  advance(most: number): number {
    let ran = 0
    while (ran < most && !this.#run.done) {
      const next = this.#phases[this.#at + 1]
      const until = next === undefined ? Number.POSITIVE_INFINITY : next.from - this.#run.step
      ran += this.#run.advance(Math.min(most - ran, until))
      this.#goOver()
    }
    return ran
  }

  /** As `Run.take`. */
  take(): Chunk | undefined {
    const last = this.#run.take()
    const chunks = last === undefined ? this.#chunks : [...this.#chunks, last]
    this.#chunks = []
    return join(chunks, this.columns.length)
  }

  /** As `Run.spill`. */
  spill(put: (records: Float64Array, stride: number, rows: number, steps: Float64Array) => void): boolean {
    return this.#chunks.length === 0 && this.#run.spill(put)
  }

  state(): RunState {
    return this.#run.state()
  }

  causes(): Record<string, string | null> {
    return this.#run.causes()
  }

  /** A state from the middle of this run has had its changes already. */
  #phaseAt(from: { readonly step: number } | undefined, origin = 0): number {
    if (from === undefined || from.step <= origin) return 0
    return this.#phases.findLastIndex((phase) => phase.from <= from.step)
  }

  get #phase(): Phase {
    return this.#phases[this.#at] as Phase
  }

  /** Goes over to the next phase where it begins here. */
  #goOver(): void {
    for (;;) {
      const next = this.#phases[this.#at + 1]
      if (next === undefined || this.#run.step < next.from || this.#run.done) return
      const taken = this.#run.take()
      if (taken !== undefined) this.#chunks.push(taken)
      const state = changedState(this.#run.state(), this.program.model, next.program, next.changes)
      this.#at++
      this.#run = this.#runOf(next, state)
    }
  }

  #runOf(phase: Phase, from: RunState | undefined): Run {
    if (phase.run !== undefined) phase.run.restart(this.#seed, from)
    else phase.run = new Run(phase.program, { ...withoutFrom(this.#options), seed: this.#seed, ...(from && { from }) })
    return phase.run
  }
}

function withoutFrom({ every, steps }: SimulationOptions): RunOptions {
  return { ...(every === undefined ? {} : { every }), ...(steps === undefined ? {} : { steps }) }
}

/** Changes by the step at which they take effect, each on the model that the ones before have made. */
function phasesOf(model: Model, { changes = [], origin = 0, from }: SimulationOptions): Phase[] {
  const stepOf = ({ at = 0 }: Change) => origin + Math.ceil(at / model.dt - 1e-9)
  const steps = [...new Set(changes.map(stepOf))].sort((a, b) => a - b)
  const phases: Phase[] = []
  let current = model
  for (const step of steps) {
    const at = [...changes.keys()].filter((i) => stepOf(changes[i] as Change) === step)
    const now = at.map((i) => changes[i] as Change)
    const before = current
    current = applyChanges(current, now, (i) => `changes[${at[i]}]`, step > origin || from !== undefined)
    // what holds from the very beginning is the model itself; but a state that was handed in is changed with it
    if (phases.length === 0 && (step > origin || from !== undefined)) {
      phases.push({ from: Number.NEGATIVE_INFINITY, program: compile(before), changes: [] })
    }
    phases.push({ from: step, program: compile(current), changes: now })
  }
  return phases.length > 0 ? phases : [{ from: Number.NEGATIVE_INFINITY, program: compile(model), changes: [] }]
}
