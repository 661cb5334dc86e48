/**
 * Executes a job of one run, wherever it is: in slices that leave others their turn, so that it can be stopped at any
 * of them with all that it has.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { deserialize, serialize } from 'node:v8'
import { type RunState, Simulation, summarize } from '../engine/index.ts'
import { fold, unfold } from '../store/compress.ts'
import { packRows } from './pack.ts'
import type { End, JobInput, Sink, Work } from './runner.ts'

/** ms that a slice aims at: a stop, and a question to the thread, wait no longer than one or two. */
const SLICE = 8
/** Values that are worth a save: 1 MB. */
const MANY = 131_072
/** ms after which what there is is saved however little it is. */
const OFTEN = 1_000
/** ms between words on progress. */
const TELL = 50

/** What is saved of a run between its steps. */
interface Saved {
  readonly state: RunState
}

/**
 * Runs a job from its beginning, or from where it was saved, to its end or until it is asked to stop.
 * @param asked true as soon as it is to stop
 * @throws HabtwinError scenario/invalid; whatever `sink.save` throws
 */
export async function execute({ input, saved }: Work, sink: Sink, asked: () => boolean): Promise<End> {
  const simulation = begin(input, saved)
  sink.started()
  let slice = 1
  let kept: Promise<void> = Promise.resolve()
  let savedAt = Number.NEGATIVE_INFINITY
  let toldAt = performance.now()
  let values = 0
  const save = async () => {
    // before its first step a run is its input: a state would have its changes twice
    if (simulation.step === input.origin) return
    const chunk = simulation.take()
    const state = fold(serialize({ state: simulation.state() } satisfies Saved))
    values = 0
    // one is packed while the other is written
    const pieces = chunk === undefined ? [] : [{ part: 0, rows: chunk.rows, blocks: packRows(chunk) }]
    await kept
    kept = sink.save({ pieces, state, step: simulation.step - input.origin })
    kept.catch(() => undefined) // told when the next one is saved
    savedAt = performance.now()
  }
  while (!simulation.done && !asked()) {
    const began = performance.now()
    const before = simulation.step
    const ran = simulation.advance(slice)
    const now = performance.now()
    slice = nextSlice(slice, now - began)
    values += rowsBetween(before, before + ran, input.every) * simulation.columns.length
    if (now - toldAt >= TELL) {
      toldAt = now
      sink.progress(simulation.step - input.origin)
    }
    if (!simulation.done && (values >= MANY || (values > 0 && now - savedAt >= OFTEN))) await save()
    await turn()
  }
  await save()
  await kept
  const state = simulation.state()
  return { stopped: !simulation.done, summary: summarize(simulation.program, state), causes: state.causes }
}

/** The state that a job was saved with last. */
export function savedState(saved: Uint8Array): RunState {
  return (deserialize(unfold(saved)) as Saved).state
}

/** A job's run, compiled, at its beginning or where it was saved. */
export function begin(input: JobInput, saved: Uint8Array | undefined): Simulation {
  const from = saved === undefined ? input.from : savedState(saved)
  const { model, changes, origin, seed, steps, every } = input
  return new Simulation(model, { changes, origin, seed, steps, every, ...(from && { from }) })
}

/** Kept steps after one and up to another; the last step of a run, which is kept in any case, is not looked at. */
export function rowsBetween(after: number, upTo: number, every: number): number {
  return Math.floor(upTo / every) - Math.floor(after / every)
}

/** As many steps as take about the time of a slice. @param took ms for `steps` of them */
export function nextSlice(steps: number, took: number): number {
  return Math.max(1, Math.min(steps * 4, Math.round((steps * SLICE) / Math.max(took, 0.001))))
}
