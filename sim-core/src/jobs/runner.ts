/**
 * Where jobs are executed. The service (queue, table, REST) knows a runner by this face alone: threads of this machine
 * (`local.ts`), or workers elsewhere.
 *
 *   service ── Work ──► runner ──► execute.ts, in a thread of whichever machine
 *      ▲                   │
 *      └──── Sink ◄────────┘   started, progress, pieces of results with the state after them
 *
 * The service decides what runs next, and hands over no more than the runner has slots. It keeps what the sink is
 * told: a job that was interrupted is handed over again with what was saved last, and goes on from there, bit for bit.
 */
import type { Adjustment, Change, RunSummary } from '@habtwin/contract'
import type { Column } from '../engine/columns.ts'
import type { Model } from '../engine/model.ts'
import type { RunState } from '../engine/run.ts'

/** What is executed: resolved, so that it needs no library and gives the same figures at any time. */
export interface JobInput {
  /** As it is before any change. */
  readonly model: Model
  readonly seed: number
  /** `step_num` at which it ends. */
  readonly steps: number
  readonly every: number
  /** `at` is counted from `origin`. */
  readonly changes: readonly Change[]
  /** The state that it begins with, and its step; undefined and 0 for the beginning of the model. */
  readonly from: RunState | undefined
  readonly origin: number
  /** Several runs. */
  readonly ensemble: EnsembleInput | undefined
}

/** Runs of one point have the seeds from the job's own on. */
export interface EnsembleInput {
  readonly seeds: number
  readonly points: readonly EnsemblePoint[]
  /** Columns that are recorded, and figures of a state: what memory is reckoned by. */
  readonly columns: number
  readonly figures: number
}

export interface EnsemblePoint {
  /** What is set at this point, as people read it: `human.amount` → 6. */
  readonly at: Readonly<Record<string, Adjustment>>
  readonly changes: readonly Change[]
}

/** What an ensemble keeps of each column and step. */
export const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95] as const

/** A job, handed to a runner. Plain data: it can be cloned, and sent with `node:v8` serialize. */
export interface Work {
  readonly id: string
  readonly input: JobInput
  /** What `Save.state` said last, where the job was interrupted; undefined where it begins. */
  readonly saved: Uint8Array | undefined
}

/** Rows of results, packed by `pack.ts`: readable with the job's columns alone. */
export interface Piece {
  /** The point of the grid; 0 where there is one run. */
  readonly part: number
  readonly rows: number
  /** Steps of the rows first, then groups of columns; see `pack.ts`. */
  readonly blocks: readonly Uint8Array[]
}

/** What has come of a job since the last time: kept all of it, or none. */
export interface Save {
  readonly pieces: readonly Piece[]
  /** From where it goes on after these pieces. Nobody but the executor reads it. */
  readonly state: Uint8Array
  /** Steps done, over all runs, from the job's beginning. */
  readonly step: number
}

export interface Sink {
  /** It has begun, here or somewhere. Told each time that it is taken up. */
  started(): void
  /** @param step steps done so far, over all runs; tells less than `save`, but more often */
  progress(step: number): void
  /** Keeps it. Resolves when it is kept: no more than a few are under way at a time. Throws where the job is gone. */
  save(save: Save): Promise<void>
}

export interface End {
  /** True where the signal ended it before its last step; all that it had is saved. */
  readonly stopped: boolean
  /** Of one run, also of one that was stopped. */
  readonly summary?: RunSummary
  /** What agents died of, by id; of one run. */
  readonly causes?: Readonly<Record<string, string | null>>
}

/** Why a signal was aborted: this process ends. Whoever executes elsewhere goes on without it. */
export class Leaving extends Error {}

export interface Runner extends AsyncDisposable {
  /** How many jobs it takes at once. */
  readonly slots: number
  /** Told when `slots` has changed. */
  onSlots?: (() => void) | undefined
  /**
   * Executes a job to its end.
   * @param signal ends it within 100 ms; what there is by then is saved first. With `Leaving` as its reason it may go on
   *   where it is, and link/unavailable is thrown: handed over again, it is found there
   * @throws HabtwinError scenario/invalid, job/crashed; anything else is a bug of ours. In each case the job has failed.
   *   link/unavailable: the runner cannot be reached; the job is queued again
   */
  run(work: Work, sink: Sink, signal: AbortSignal): Promise<End>
}

/** A request that was checked and can be run: what is kept of it, and what is told of it. */
export interface Accepted {
  readonly input: JobInput
  readonly columns: readonly Column[]
  /** Steps over all runs. */
  readonly steps: number
  readonly runs: number
  /** The preset's id, or what was handed in. */
  readonly scenario: string
}
