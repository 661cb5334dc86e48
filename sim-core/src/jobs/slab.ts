/**
 * The parts of an ensemble that threads do: a slab of some rows for some of the runs, and its quantiles.
 *
 * All runs go on side by side, a few rows at a time: so the figures of every run at a row meet in one matrix, from which
 * quantiles are exact, and the matrix stays small however long the runs are.
 *
 *   matrix   column ─ row ─ run        in memory that all threads share
 */
import { setImmediate as turn } from 'node:timers/promises'
import { type Parked, type RunState, Simulation } from '../engine/index.ts'
import { Random } from '../engine/random.ts'
import { nextSlice } from './execute.ts'
import { packRows } from './pack.ts'
import { quantiles } from './quantiles.ts'
import { type JobInput, QUANTILES } from './runner.ts'

const WORDS = 624
/** Compiled models that a thread keeps, the last used: a grid goes through many. */
const COMPILED = 4
/** ms between turns of others. */
const SLICE = 8
const TELL = 50

/** Figures of a slab, shared by all threads. */
export interface Matrix {
  readonly shared: SharedArrayBuffer
  readonly columns: number
  readonly rows: number
  /** Runs of the batch. */
  readonly runs: number
}

/** States of runs, as arrays that can be handed over. */
export interface States {
  readonly step: number
  readonly elapsed: number
  /** Figures of a run. */
  readonly size: number
  /** Run after run. */
  readonly figures: Float64Array
  readonly words: Int32Array
  readonly index: Int32Array
}

/** Runs of one point. */
export interface Segment {
  readonly point: number
  /** The first seed, and how many. */
  readonly seed: number
  readonly count: number
  /** The place of the first in the matrix. */
  readonly place: number
  /** Where they were left; undefined at the beginning. */
  readonly states: States | undefined
}

export interface SlabTask {
  readonly id: string
  readonly input: JobInput
  readonly segments: readonly Segment[]
  /** The step that it goes to. */
  readonly to: number
  readonly matrix: Matrix
  /** True where the runs end here, so that no states are needed. */
  readonly last: boolean
}

export interface SlabDone {
  readonly steps: Float64Array
  /** By segment. */
  readonly states: readonly (States | undefined)[]
}

const compiled = new Map<string, Simulation>()

/**
 * Runs segments on to a step and writes their rows into the matrix.
 * @param told steps run, now and then
 * @returns undefined where it was asked to stop
 */
export async function runSlab(
  task: SlabTask,
  told: (steps: number) => void,
  asked: () => boolean,
): Promise<SlabDone | undefined> {
  const { input, segments, to, matrix } = task
  const target = new Float64Array(matrix.shared)
  let steps = new Float64Array(matrix.rows)
  let [slice, ran, toldAt, turnAt] = [16, 0, performance.now(), performance.now()]
  const states: (States | undefined)[] = []
  for (const segment of segments) {
    const simulation = simulationOf(task, segment.point)
    let kept: ReturnType<typeof parking> | undefined
    for (let i = 0; i < segment.count; i++) {
      const seed = (segment.seed + i) >>> 0
      if (segment.states) simulation.unpark(parkedOf(segment.states, i))
      else simulation.restart(seed, reseeded(input.from, seed))
      while (simulation.step < to) {
        const began = performance.now()
        ran += simulation.advance(Math.min(slice, to - simulation.step))
        const now = performance.now()
        slice = nextSlice(slice, now - began)
        if (now - toldAt >= TELL) {
          toldAt = now
          told(ran)
        }
        if (now - turnAt < SLICE) continue
        await turn()
        turnAt = performance.now()
        if (asked()) return undefined
      }
      const place = segment.place + i
      const put = (records: Float64Array, stride: number, rows: number, kept: Float64Array) => {
        spread(records, stride, rows, target, matrix, place)
        if (i === 0) steps = kept.slice(0, rows)
      }
      if (!simulation.spill(put)) {
        const chunk = simulation.take()
        if (chunk !== undefined) put(chunk.values, chunk.rows, chunk.rows, chunk.steps)
      }
      if (task.last) continue
      kept ??= parking(simulation, segment.count)
      kept.park(i)
    }
    states.push(kept?.states())
    putBack(task, segment.point, simulation)
  }
  return { steps, states }
}

/** One run's figures into its places of the matrix. */
function spread(
  records: Float64Array,
  stride: number,
  given: number,
  target: Float64Array,
  { columns, rows, runs }: Matrix,
  place: number,
): void {
  if (given !== rows) throw new Error(`a slab has ${given} rows where ${rows} were expected`)
  for (let c = 0, at = place; c < columns; c++) {
    for (let from = c * stride; from < c * stride + rows; from++, at += runs) target[at] = records[from] as number
  }
}

function simulationOf({ id, input }: SlabTask, point: number): Simulation {
  const key = `${id}/${point}`
  const { model, changes, origin, steps, every, from, ensemble } = input
  const simulation =
    compiled.get(key) ??
    new Simulation(model, {
      changes: [...changes, ...(ensemble?.points[point]?.changes ?? [])],
      origin,
      steps,
      every,
      ...(from && { from }),
    })
  // it is nobody else's while it is used: calls of one thread take turns in the middle of a run
  compiled.delete(key)
  return simulation
}

/** Keeps a simulation for the next who runs this point. */
function putBack({ id }: SlabTask, point: number, simulation: Simulation): void {
  const key = `${id}/${point}`
  compiled.delete(key)
  compiled.set(key, simulation)
  for (const old of compiled.keys()) {
    if (compiled.size <= COMPILED) break
    compiled.delete(old)
  }
}

/** The state of an earlier job with a seed of its own: the runs are to differ. */
export function reseeded(from: RunState | undefined, seed: number): RunState | undefined {
  return from && { ...from, random: new Random(seed).state }
}

/** The parked state of a run among those of its segment. */
function parkedOf({ step, elapsed, size, figures, words, index }: States, run: number): Parked {
  return {
    step,
    elapsed,
    index: index[run] as number,
    figures: figures.subarray(run * size, (run + 1) * size),
    words: words.subarray(run * WORDS, (run + 1) * WORDS),
  }
}

/** Parks the runs of a segment, one after the other. */
function parking(simulation: Simulation, count: number): { park(run: number): void; states(): States } {
  const { size } = simulation.program.layout
  const [figures, words, index] = [new Float64Array(count * size), new Int32Array(count * WORDS), new Int32Array(count)]
  let [step, elapsed] = [0, 0]
  return {
    park(run) {
      const own = figures.subarray(run * size, (run + 1) * size)
      const parked = simulation.park(own, words.subarray(run * WORDS, (run + 1) * WORDS))
      index[run] = parked.index
      step = parked.step
      elapsed = parked.elapsed
    },
    states: () => ({ step, elapsed, size, figures, words, index }),
  }
}

export interface ReduceTask {
  readonly matrix: Matrix
  /** Columns from one up to another, without it. */
  readonly from: number
  readonly to: number
  /** Runs of each point, in the order of the matrix. */
  readonly points: readonly number[]
}

/**
 * Quantiles of a range of columns, packed: by point, columns that are (column, quantile) pairs.
 * @returns undefined where it was asked to stop
 */
export async function reduceSlab(
  { matrix, from, to, points }: ReduceTask,
  asked: () => boolean,
): Promise<Uint8Array[][] | undefined> {
  const { rows, runs } = matrix
  const source = new Float64Array(matrix.shared)
  const count = QUANTILES.length
  const results = points.map(() => new Float64Array((to - from) * count * rows))
  const scratch = points.map((size) => new Float64Array(size))
  let turnAt = performance.now()
  for (let c = from; c < to; c++) {
    for (let row = 0; row < rows; row++) {
      let at = (c * rows + row) * runs
      for (let p = 0; p < points.length; p++) {
        const size = points[p] as number
        const own = scratch[p] as Float64Array
        own.set(source.subarray(at, at + size))
        at += size
        const result = results[p] as Float64Array
        const place = (c - from) * count * rows + row
        quantiles(own, QUANTILES, (q, value) => {
          result[place + q * rows] = value
        })
      }
    }
    if (performance.now() - turnAt < SLICE) continue
    await turn()
    turnAt = performance.now()
    if (asked()) return undefined
  }
  // the steps are put before them once for all ranges
  return results.map((values) => packRows({ rows, steps: new Float64Array(0), values }).slice(1))
}
