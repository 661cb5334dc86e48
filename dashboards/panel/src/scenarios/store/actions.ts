/** What people do with runs: begin, cancel, delete, load from files, take over into the form. */
import type { Job } from '@habtwin/contract/scenario'
import { Problem } from '../../link/rest.ts'
import { cancelJob, deleteJob, fetchRequest, submit } from '../link/jobs.ts'
import { type Draft, draftOf, placed, requestOf } from '../model/draft.ts'
import { BadFile, readRun } from '../model/file.ts'
import { MOST_RUNS } from '../model/place.ts'
import { freeSlot } from '../model/run.ts'
import { type Table, tableOf, tableOfPoint } from '../model/table.ts'
import { listed, noteJob } from './lists.ts'
import {
  change,
  complain,
  draft,
  entry,
  entryOf,
  faults,
  go,
  hide,
  jobs,
  notice,
  ran,
  refused,
  runs,
  show,
  submitting,
} from './state.ts'

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
