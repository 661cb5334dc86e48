/** The runs that are shown: each followed while it goes on, and given the columns that are drawn. */
import { asked } from '../../link/actions.ts'
import { Problem } from '../../link/rest.ts'
import { followJob } from '../link/follow.ts'
import { fetchRequest } from '../link/jobs.ts'
import { fetchNames, Results } from '../link/results.ts'
import { pointsOf } from '../model/draft.ts'
import type { Place } from '../model/place.ts'
import { columnQuantity, isFirst, type Quantity, quantitiesOf } from '../model/quantities.ts'
import { freeSlot, type Run } from '../model/run.ts'
import { noteJob } from './lists.ts'
import { added, change, hidden, naming, runs } from './state.ts'

interface Kept {
  readonly results: Results
  readonly stop: () => void
  rows: number
  naming: boolean
}

const kept = new Map<string, Kept>()

function find(key: string): Run | undefined {
  return runs.peek().find((run) => run.key === key)
}

/** Quantities of a run that are to be drawn. */
export function drawnOf(run: Run): Quantity[] {
  const known = naming(run)
  const columns = new Set(run.names)
  const wanted = added.value
  return [
    ...quantitiesOf(run.names ?? [], known).filter((one) => isFirst(one) || wanted.includes(one.id)),
    ...wanted.flatMap((id) => {
      const column = id.startsWith('column:') ? id.slice('column:'.length) : undefined
      return column !== undefined && columns.has(column) ? [columnQuantity(column, known)] : []
    }),
  ].filter(({ id }) => !hidden.value.has(id))
}

function fetchMore(key: string): void {
  const [run, keep] = [find(key), kept.get(key)]
  if (run === undefined || keep === undefined || keep.rows === 0) return
  if (run.names === undefined) void nameColumns(key, keep)
  else {
    const columns = [...new Set(drawnOf(run).flatMap(({ columns }) => columns))]
    if (columns.length > 0) keep.results.want({ rows: keep.rows, columns, point: run.point })
  }
}

async function nameColumns(key: string, keep: Kept): Promise<void> {
  if (keep.naming) return
  keep.naming = true
  try {
    // the rows of several runs are those of all points of their grid
    const isMany = (find(key)?.job?.runs ?? 1) > 1
    const points = isMany ? pointsOf(await fetchRequest(key)) : 1
    const names = await fetchNames(key, Math.max(0, Math.ceil(keep.rows / points) - 1))
    if (names.length > 0) change(key, { names })
  } catch (error) {
    if (error instanceof Problem && error.status !== 0) change(key, { trouble: error.message })
  } finally {
    keep.naming = false
  }
  if (find(key)?.names !== undefined) fetchMore(key)
  else if (kept.has(key)) setTimeout(() => kept.has(key) && fetchMore(key), 2_000)
}

/** A run by the shares of two reports, smoothed. */
function speedOf(before: { step: number; at: number } | undefined, step: number, at: number, known = 0): number {
  if (before === undefined || at <= before.at) return known
  const now = ((step - before.step) * 1000) / (at - before.at)
  return known === 0 ? now : known * 0.7 + now * 0.3
}

function open(id: string): void {
  let last: { step: number; at: number } | undefined
  const results = new Results(id, (found) => {
    if (typeof found === 'string') change(id, { trouble: found })
    else {
      const { points } = found
      const grid = points?.map(({ at, runs }) => ({ at, runs }))
      change(id, { table: found.table, ...(grid ? { points: grid } : {}) })
    }
  })
  const rows = (count: number) => {
    const keep = kept.get(id)
    if (keep === undefined) return
    keep.rows = Math.max(keep.rows, count)
    fetchMore(id)
  }
  const stop = followJob(id, {
    job: (job) => {
      change(id, { job, gone: false })
      noteJob(job)
    },
    progress: (said) => {
      const run = find(id)
      if (run?.job === undefined) return
      const at = performance.now()
      const speed = speedOf(last, said.step, at, run.speed)
      last = { step: said.step, at }
      change(id, { job: { ...run.job, ...said, state: 'running' }, speed })
    },
    rows,
    away: (away) => {
      if (find(id)?.away !== away) change(id, { away })
    },
    gone: () => change(id, { gone: true }),
    locked: () => {
      asked.value ??= { kind: 'login', proceed: () => {} }
    },
  })
  kept.set(id, { results, stop, rows: 0, naming: false })
}

function close(key: string): void {
  const keep = kept.get(key)
  kept.delete(key)
  keep?.stop()
  keep?.results.stop()
}

/** Makes the runs those of the address, with the files that were loaded. */
export function follow({ runs: ids }: Place): void {
  const files = runs.peek().filter(({ origin }) => origin === 'file')
  for (const key of [...kept.keys()]) if (!ids.includes(key)) close(key)
  let next = runs.peek().filter(({ key, origin }) => origin === 'file' || ids.includes(key))
  const fresh = ids.filter((id) => !kept.has(id))
  for (const id of fresh) next = [...next, { key: id, slot: freeSlot(next), origin: 'job', point: 0 }]
  // in the order of the address; the first is what the others are compared with
  const ordered = ids.flatMap((id) => next.find(({ key }) => key === id) ?? [])
  runs.value = [...ordered, ...files]
  for (const id of fresh) open(id)
}

/** Another point of the grid of several runs. */
export function pickPoint(key: string, point: number): void {
  change(key, { point })
  fetchMore(key)
}

/** What is drawn has changed, or what agents are called. */
export function fetchAll(): void {
  for (const key of kept.keys()) fetchMore(key)
}

/** Follows nothing any more; runs of files stay. */
export function closeAll(): void {
  for (const key of [...kept.keys()]) close(key)
  runs.value = runs.peek().filter(({ origin }) => origin === 'file')
}
