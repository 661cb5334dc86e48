/**
 * Executes an ensemble: spreads its runs over the threads, slab by slab, and gathers the quantiles.
 *
 *   batch (some points of the grid, all their seeds)
 *     slab: some rows ─► runs, shared out among threads ─► matrix ─► columns, shared out ─► quantiles ─► save
 */
import { deserialize, serialize } from 'node:v8'
import { GROUP, packRows } from './pack.ts'
import type { End, EnsembleInput, JobInput, Piece, Sink, Work } from './runner.ts'
import type { Matrix, Segment, SlabDone, States } from './slab.ts'
import type { Threads } from './threads.ts'

/** Bytes of a slab's matrix. */
const SLAB = 16e6
/** Runs that are worth a slab of their own: fewer points are not put together. */
const BATCH = 64

/** Where an ensemble stands: points before `point` are whole, those of the batch that begins there have `rows` rows. */
interface Saved {
  readonly point: number
  /** Points of the batch; 0 between batches. */
  readonly count: number
  readonly rows: number
}

/**
 * Runs an ensemble to its end, or until it is stopped. One that was interrupted runs its batch again up to the row
 * that was saved: states of a thousand runs would be more to write than they are to make.
 */
export async function executeEnsemble(
  { id, input, saved }: Work,
  ensemble: EnsembleInput,
  threads: Threads,
  sink: Sink,
  signal: AbortSignal,
): Promise<End> {
  const begun = saved === undefined ? undefined : (deserialize(saved) as Saved)
  using room = new Room()
  const run = new EnsembleRun(id, input, ensemble, threads, sink, signal, room)
  sink.started()
  let point = begun?.point ?? 0
  if (begun && begun.count > 0) await run.batch(begun.point, begun.count, begun.rows)
  point += begun?.count ?? 0
  while (point < ensemble.points.length && !signal.aborted) {
    const count = Math.min(run.batchSize, ensemble.points.length - point)
    await run.batch(point, count, 0)
    point += count
  }
  return { stopped: run.stopped || point < ensemble.points.length }
}

class EnsembleRun {
  readonly #id: string
  readonly #input: JobInput
  readonly #ensemble: EnsembleInput
  readonly #threads: Threads
  readonly #sink: Sink
  readonly #signal: AbortSignal
  readonly #room: Room
  /** True where it was stopped before its end. */
  stopped = false

  constructor(
    id: string,
    input: JobInput,
    ensemble: EnsembleInput,
    threads: Threads,
    sink: Sink,
    signal: AbortSignal,
    room: Room,
  ) {
    this.#room = room
    this.#id = id
    this.#input = input
    this.#ensemble = ensemble
    this.#threads = threads
    this.#sink = sink
    this.#signal = signal
  }

  /** Points that are run together: as many as give the threads enough to do and fit into one slab. */
  get batchSize(): number {
    const { seeds, columns } = this.#ensemble
    const { steps, origin, every } = this.#input
    const fits = SLAB / (8 * columns * Math.ceil((steps - origin) / every) * seeds)
    return Math.max(1, Math.ceil(this.#threads.most / seeds), Math.min(Math.floor(BATCH / seeds), Math.floor(fits)))
  }

  /** @param known rows that are saved already: they are run, but not kept again */
  async batch(first: number, count: number, known: number): Promise<void> {
    const { origin, steps, every } = this.#input
    const { seeds, columns } = this.#ensemble
    const runs = seeds * count
    const most = Math.max(1, Math.floor(SLAB / (8 * columns * runs)))
    let segments = this.#shares(first, count)
    let step = origin
    let rows = 0
    while (step < steps) {
      // the first results come at once, however many runs there are; what is known already is gone over as it is
      const wanted = rows < known ? Math.min(most, known - rows) : rows === 0 ? 1 : most
      const to = Math.min(steps, (Math.floor(step / every) + wanted) * every)
      const kept = Math.floor(to / every) - Math.floor(step / every) + (to === steps && to % every !== 0 ? 1 : 0)
      const matrix: Matrix = { shared: this.#room.of(8 * columns * most * runs), columns, rows: kept, runs }
      const before = this.#stepsBefore(first, count, step)
      const done = await this.#slab(segments, matrix, to, before)
      if (done === undefined) return
      rows += kept
      if (rows > known) {
        const pieces = await this.#pieces(matrix, (done[0] as SlabDone).steps, first, count)
        if (pieces === undefined) return
        const saved: Saved = to < steps ? { point: first, count, rows } : { point: first + count, count: 0, rows: 0 }
        await this.#sink.save({ pieces, state: serialize(saved), step: this.#stepsBefore(first, count, to) })
      }
      segments = segments.map((share, i) =>
        share.map((segment, j): Segment => ({ ...segment, states: done[i]?.states[j] })),
      )
      step = to
    }
  }

  /** Steps of all runs, where the batch stands at a step. */
  #stepsBefore(first: number, count: number, step: number): number {
    const { origin, steps } = this.#input
    return this.#ensemble.seeds * (first * (steps - origin) + count * (step - origin))
  }

  /** The batch's runs, in as many shares as there are threads. */
  #shares(first: number, count: number): Segment[][] {
    const { seeds } = this.#ensemble
    const runs = seeds * count
    const shares = Math.min(this.#threads.most, runs)
    return Array.from({ length: shares }, (_, s) => {
      const segments: Segment[] = []
      const end = Math.floor(((s + 1) * runs) / shares)
      for (let run = Math.floor((s * runs) / shares); run < end; ) {
        const point = Math.floor(run / seeds)
        const size = Math.min(end, (point + 1) * seeds) - run
        const seed = this.#input.seed + (run % seeds)
        segments.push({ point: first + point, seed, count: size, place: run, states: undefined })
        run += size
      }
      return segments
    })
  }

  /** @returns undefined where it was stopped */
  async #slab(shares: Segment[][], matrix: Matrix, to: number, before: number): Promise<SlabDone[] | undefined> {
    const ran = shares.map(() => 0)
    const last = to === this.#input.steps
    const calls = shares.map((segments, i) => {
      const progress = (steps: number) => {
        ran[i] = steps
        this.#sink.progress(before + ran.reduce((sum, one) => sum + one, 0))
      }
      const task = { id: this.#id, input: this.#input, segments, to, matrix, last }
      return this.#threads.call('slab', task, { progress, signal: this.#signal }, segments.flatMap(buffersOf))
    })
    return this.#whole(await settled(calls))
  }

  /** @returns undefined where it was stopped */
  async #pieces(matrix: Matrix, steps: Float64Array, first: number, count: number): Promise<Piece[] | undefined> {
    const { columns, rows } = matrix
    const points = Array.from({ length: count }, () => this.#ensemble.seeds)
    // blocks hold whole groups, so a range of columns is a multiple of them
    const groups = Math.ceil(columns / GROUP)
    const shares = Math.min(this.#threads.most, groups)
    const bound = (share: number) => Math.min(columns, Math.floor((share * groups) / shares) * GROUP)
    const calls = Array.from({ length: shares }, (_, s) =>
      this.#threads.call('reduce', { matrix, from: bound(s), to: bound(s + 1), points }, { signal: this.#signal }),
    )
    const done = this.#whole(await settled(calls))
    if (done === undefined) return undefined
    const [head = new Uint8Array()] = packRows({ rows, steps, values: new Float64Array(0) })
    return points.map((_, p) => ({
      part: first + p,
      rows,
      blocks: [head, ...done.flatMap((range) => range[p] ?? [])],
    }))
  }

  #whole<T>(results: (T | undefined)[]): T[] | undefined {
    const whole = results.filter((result) => result !== undefined)
    if (whole.length === results.length) return whole
    this.stopped = true
    return undefined
  }
}

/**
 * The memory of one slab after the other. Shared memory goes back only when every thread has collected it: so each
 * ensemble takes that of the last one, while it is there.
 */
class Room implements Disposable {
  static #left: WeakRef<SharedArrayBuffer> | undefined
  #shared: SharedArrayBuffer

  constructor() {
    this.#shared = Room.#left?.deref() ?? new SharedArrayBuffer(0)
    Room.#left = undefined
  }

  of(bytes: number): SharedArrayBuffer {
    if (this.#shared.byteLength < bytes) this.#shared = new SharedArrayBuffer(bytes)
    return this.#shared
  }

  [Symbol.dispose](): void {
    Room.#left = new WeakRef(this.#shared)
  }
}

/** Waits for all, also where one fails: a slab is not left behind half done. */
async function settled<T>(calls: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(calls)
  return Promise.all(calls)
}

function buffersOf({ states }: Segment): ArrayBuffer[] {
  const arrays: (keyof States)[] = ['figures', 'words', 'index']
  return states === undefined ? [] : arrays.map((name) => (states[name] as Float64Array).buffer as ArrayBuffer)
}
