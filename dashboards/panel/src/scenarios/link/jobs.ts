/** What the page asks of the server about jobs: the routes of design.md §4. */
import type { EnsembleRecord, Job, JobRequest, RunRecord, ScenarioEntry } from '@habtwin/contract/scenario'
import { get, LONG, post, remove } from '../../link/rest.ts'

const path = (id: string, ...more: string[]) => ['api/jobs', encodeURIComponent(id), ...more].join('/')

/** Throws a Problem, as all below. */
export function fetchPresets(): Promise<ScenarioEntry[]> {
  return get('api/scenarios')
}

/** The newest first. @param before the id of a job: only older ones */
export function fetchJobs(limit: number, before?: string): Promise<Job[]> {
  return get('api/jobs', { limit, ...(before === undefined ? {} : { before }) })
}

export function fetchJob(id: string): Promise<Job> {
  return get(path(id))
}

export function fetchRequest(id: string): Promise<JobRequest> {
  return get(path(id, 'request'))
}

/** @param key sent again with it, the same request is the same job */
export function submit(request: JobRequest, key: string): Promise<Job> {
  return post('api/jobs', request, { headers: { 'idempotency-key': `"${key}"` }, patience: LONG })
}

export async function cancelJob(id: string): Promise<Job> {
  return (await post<{ job: Job }>(path(id, 'cancel'), {}, { patience: LONG })).job
}

export function deleteJob(id: string): Promise<void> {
  return remove(path(id))
}

export interface Wanted {
  /** Names of columns; all where there are none. */
  readonly columns: readonly string[]
  /** The first row, from 0. */
  readonly from: number
}

export function fetchResults(id: string, { columns, from }: Wanted): Promise<RunRecord | EnsembleRecord> {
  const query = {
    format: 'json',
    ...(columns.length > 0 ? { columns: columns.join(',') } : {}),
    ...(from > 0 ? { from } : {}),
  }
  return get(path(id, 'results'), query)
}

/** Where a job's results can be downloaded. */
export function downloadPath(id: string, format: 'csv' | 'json' | 'ndjson'): string {
  return `${path(id, 'results')}?format=${format}`
}

export function eventPath(id: string): string {
  return path(id, 'events')
}
