/**
 * The scenario page's state, as signals. What is shown is what the address says (`place`): to show or hide a run, the
 * address is changed, so that Back goes back and a link shows the same. Files alone are beside it.
 */
import type { Job, ScenarioEntry } from '@habtwin/contract/scenario'
import { computed, effect, signal } from '@preact/signals'
import { asked } from '../link/actions.ts'
import { Problem } from '../link/rest.ts'
import { hash, isScenarios } from '../link/route.ts'
import { followJob } from './link/follow.ts'
import { cancelJob, deleteJob, fetchJob, fetchJobs, fetchPresets, fetchRequest, submit } from './link/jobs.ts'
import { fetchNames, Results } from './link/results.ts'
import { formulas, plain, titled } from './model/column.ts'
import { type Draft, draftOf, emptyDraft, type Faults, faultsOf, placed, pointsOf, requestOf } from './model/draft.ts'
import { BadFile, readRun } from './model/file.ts'
import { hashOf, MOST_RUNS, type Place, placeOf } from './model/place.ts'
import { columnQuantity, isFirst, type Quantity, quantitiesOf } from './model/quantities.ts'
import { freeSlot, hasEnded, namesOf, namingOf, type Run } from './model/run.ts'
import { type Table, tableOf, tableOfPoint } from './model/table.ts'

export type Loading<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'there'; readonly is: T }
  /** Tried again by itself. */
  | { readonly state: 'failed'; readonly why: string }

export const presets = signal<Loading<readonly ScenarioEntry[]>>({ state: 'loading' })
export const jobs = signal<Loading<readonly Job[]>>({ state: 'loading' })
/** True where there are older jobs than those that are listed. */
export const moreJobs = signal(false)
export const runs = signal<readonly Run[]>([])
export const draft = signal<Draft | undefined>(undefined)
/** What the server found wrong with the draft, by field; under '' what belongs to none. */
export const refused = signal<Faults>({})
export const submitting = signal(false)
/** Grows with each run that was begun here. */
export const ran = signal(0)
/** The last thing that went wrong or was done, in words. */
export const notice = signal<{ readonly text: string; readonly bad: boolean } | undefined>(undefined)
/** Quantities that are shown beside the first ones, by id. */
export const added = signal<readonly string[]>([])
/** Quantities that were put away. */
export const hidden = signal<ReadonlySet<string>>(new Set())

export const place = computed(() => placeOf(hash.value))

export function entryOf(id: string | undefined): ScenarioEntry | undefined {
  return presets.value.state === 'there' ? presets.value.is.find((entry) => entry.id === id) : undefined
}

export const entry = computed(() => entryOf(draft.value?.preset))
export const faults = computed(() => (draft.value && entry.value ? faultsOf(entry.value, draft.value) : {}))
export const names = computed(() => namesOf(runs.value, (id) => entryOf(id)?.label ?? id))

export function naming(run: Run) {
  return namingOf(run, entryOf(run.job?.scenario))
}

// ── where we are ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Goes to a place; Back comes back. */
export function go(to: Partial<Place>): void {
  const next = hashOf({ ...place.peek(), ...to })
  if (next !== location.hash) location.hash = next
}

/** Shows a run beside the others. @returns false where there are as many as can be told apart */
export function show(id: string): boolean {
  const shown = place.peek().runs
  if (shown.includes(id)) return true
  if (runs.peek().length >= MOST_RUNS) {
    notice.value = { text: `${MOST_RUNS} runs are shown already: hide one first.`, bad: true }
    return false
  }
  go({ runs: [...shown, id] })
  return true
}

export function hide(key: string): void {
  if (place.peek().runs.includes(key)) go({ runs: place.peek().runs.filter((id) => id !== key) })
  else runs.value = runs.peek().filter((run) => run.key !== key)
}

export function choose(preset: string | undefined): void {
  go({ preset })
}

// ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Kept {
  readonly results: Results
  readonly stop: () => void
  rows: number
  naming: boolean
}

const kept = new Map<string, Kept>()

function change(key: string, to: Partial<Run>): void {
  runs.value = runs.peek().map((run) => (run.key === key ? { ...run, ...to } : run))
}

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
function follow({ runs: ids }: Place): void {
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

// ── what people do ──────────────────────────────────────────────────────────────────────────────────────────────────

function complain(what: string, error: unknown, again: () => void): void {
  if (error instanceof Problem && error.needsLogin) {
    asked.value = { kind: 'login', proceed: again }
    return
  }
  const reason = error instanceof Error ? error.message : String(error)
  const remedy = error instanceof Problem && error.remedy ? ` ${error.remedy}` : ''
  notice.value = { text: `${what}: ${reason}.${remedy}`.replace('..', '.'), bad: true }
}

/** Names the request that is being sent: sent again after no answer came, it is the same job. */
let attempt: { readonly body: string; readonly key: string } | undefined

function keyFor(body: string): string {
  if (attempt?.body !== body) {
    const key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0'))
    attempt = { body, key: key.join('') }
  }
  return attempt.key
}

/** Runs what is in the form. */
export async function run(): Promise<void> {
  const [from, of] = [draft.peek(), entry.peek()]
  if (from === undefined || of === undefined || submitting.peek() || Object.keys(faults.peek()).length > 0) return
  if (runs.peek().length >= MOST_RUNS) {
    notice.value = { text: `${MOST_RUNS} runs are shown already: hide one first.`, bad: true }
    return
  }
  const request = requestOf(of, from)
  submitting.value = true
  refused.value = {}
  try {
    const job = await submit(request, keyFor(JSON.stringify(request)))
    attempt = undefined
    notice.value = undefined
    noteJob(job)
    if (show(job.id)) ran.value++
  } catch (error) {
    if (error instanceof Problem && error.status >= 400 && !error.needsLogin) {
      const remedy = error.remedy === undefined ? '' : ` ${error.remedy}`
      const found = placed(error.message, request)
      refused.value = { ...found, '': `${found[''] ?? ''}${remedy}`.trim() }
    } else complain('Not run', error, () => void run())
  } finally {
    submitting.value = false
  }
}

/** Changes a field of the draft. */
export function edit(to: Partial<Draft>): void {
  if (draft.peek() === undefined) return
  draft.value = { ...(draft.peek() as Draft), ...to }
  refused.value = {}
}

/** Puts what an earlier job asked for into the form. */
export async function reuse(job: Job): Promise<void> {
  try {
    const request = await fetchRequest(job.id)
    const of = entryOf(job.scenario)
    if (of === undefined) {
      notice.value = { text: 'It was not made from a preset, so the form cannot show it.', bad: true }
      return
    }
    go({ preset: of.id })
    draft.value = draftOf(of, request)
  } catch (error) {
    complain('Its form cannot be shown', error, () => void reuse(job))
  }
}

export async function cancel(id: string): Promise<void> {
  try {
    const job = await cancelJob(id)
    change(id, { job })
    noteJob(job)
  } catch (error) {
    complain('Not cancelled', error, () => void cancel(id))
  }
}

export async function discard(id: string): Promise<void> {
  try {
    await deleteJob(id)
  } catch (error) {
    if (!(error instanceof Problem && error.status === 404)) {
      complain('Not deleted', error, () => void discard(id))
      return
    }
  }
  hide(id)
  if (jobs.peek().state === 'there') {
    jobs.value = { state: 'there', is: listed().filter((job) => job.id !== id) }
  }
}

let files = 0

/** Shows runs of files. What is wrong with one is said, and the others are shown. */
export async function load(chosen: Iterable<File>): Promise<void> {
  for (const file of chosen) {
    if (runs.peek().length >= MOST_RUNS) {
      notice.value = { text: `${MOST_RUNS} runs are shown already: hide one first.`, bad: true }
      return
    }
    try {
      const loaded = readRun(await file.text())
      const table: Table = loaded.kind === 'run' ? tableOf(loaded.record) : tableOfPoint(loaded.record, 0)
      const more =
        loaded.kind === 'run'
          ? {
              causes: Object.fromEntries(
                Object.entries(loaded.record.agents).map(([id, { cause_of_death: cause }]) => [id, cause ?? null]),
              ),
            }
          : {}
      const made = { key: `file-${++files}`, slot: freeSlot(runs.peek()), origin: 'file', file: file.name } as const
      runs.value = [...runs.peek(), { ...made, ...more, table, names: [...table.columns.keys()], point: 0 }]
      notice.value = { text: `${file.name} is shown.`, bad: false }
    } catch (error) {
      const why = error instanceof BadFile ? error.message : 'It cannot be read from the disk.'
      notice.value = { text: `${file.name} is no run that can be shown. ${why}`, bad: true }
    }
  }
}

// ── lists ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const PAGE = 50

function listed(): readonly Job[] {
  const { value } = jobs
  return value.state === 'there' ? value.is : []
}

/** How a job stands, in the list as well. */
function noteJob(job: Job): void {
  if (jobs.peek().state !== 'there') return
  const all = listed()
  const is = all.some(({ id }) => id === job.id) ? all.map((one) => (one.id === job.id ? job : one)) : [job, ...all]
  jobs.value = { state: 'there', is }
}

/** Jobs that wait before one. */
export function ahead(job: Job): number {
  return listed().filter(({ state, created, id }) => state === 'queued' && id !== job.id && created < job.created)
    .length
}

export async function olderJobs(): Promise<void> {
  try {
    const older = await fetchJobs(PAGE, listed().at(-1)?.id)
    moreJobs.value = older.length === PAGE
    jobs.value = { state: 'there', is: [...listed(), ...older] }
  } catch (error) {
    complain('Older runs cannot be listed', error, () => void olderJobs())
  }
}

async function refreshJobs(): Promise<void> {
  try {
    const newest = await fetchJobs(PAGE)
    const older = listed().slice(PAGE)
    if (older.length === 0) moreJobs.value = newest.length === PAGE
    const known = new Set(newest.map(({ id }) => id))
    jobs.value = { state: 'there', is: [...newest, ...older.filter(({ id }) => !known.has(id))] }
    await Promise.all(runs.peek().map((run) => confirm(run, known)))
  } catch (error) {
    if (jobs.peek().state !== 'there') jobs.value = { state: 'failed', why: wordsOfError(error) }
  }
}

/** Asks after a run that has ended and is not in the list: it may be an old one, or was deleted elsewhere. */
async function confirm({ key, job, gone }: Run, known: ReadonlySet<string>): Promise<void> {
  if (job === undefined || gone || !hasEnded(job) || known.has(key)) return
  try {
    await fetchJob(key)
  } catch (error) {
    if (error instanceof Problem && error.status === 404) change(key, { gone: true })
  }
}

async function refreshPresets(): Promise<void> {
  try {
    presets.value = { state: 'there', is: (await fetchPresets()).map(written) }
  } catch (error) {
    if (presets.peek().state !== 'there') presets.value = { state: 'failed', why: wordsOfError(error) }
  }
}

/** A preset with its formulas as people write them, and with agents of one label (two beds of lettuce) told apart. */
function written(entry: ScenarioEntry): ScenarioEntry {
  const alike = (label: string) => entry.agents.filter((agent) => agent.label === label).length
  const agents = entry.agents.map((agent) => {
    const label = alike(agent.label) > 1 ? titled(plain(agent.id)) : formulas(agent.label)
    return { ...agent, label }
  })
  const knobs = entry.knobs.map((knob) => ({ ...knob, label: formulas(knob.label) }))
  return { ...entry, label: formulas(entry.label), description: formulas(entry.description), agents, knobs }
}

function wordsOfError(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** ms between two looks at the list. */
const LIST = 5_000
/** Such looks in a minute. */
const MINUTE = 12

/** Keeps the page true for as long as it is open. @returns ends it; what runs is followed again at the next start */
export function start(): () => void {
  const ends = [
    effect(() => {
      if (isScenarios.value) follow(place.value)
    }),
    effect(() => {
      const of = entryOf(place.value.preset)
      if (of !== undefined && draft.peek()?.preset !== of.id) {
        draft.value = emptyDraft(of)
        refused.value = {}
      }
    }),
    effect(() => {
      // what is drawn has changed, or what a preset calls its agents is known now
      void [added.value, hidden.value, presets.value]
      for (const key of kept.keys()) fetchMore(key)
    }),
  ]
  let looks = 1
  const look = () => {
    if (document.hidden) return
    void refreshJobs()
    // the habitat as it stands, which is one of them, goes on
    if (presets.peek().state !== 'there' || looks++ % MINUTE === 0) void refreshPresets()
  }
  look()
  const timer = setInterval(look, LIST)
  return () => {
    clearInterval(timer)
    for (const end of ends) end()
    for (const key of [...kept.keys()]) close(key)
    runs.value = runs.peek().filter(({ origin }) => origin === 'file')
  }
}
