/** The lists of jobs and of presets, looked at again and again. */
import type { Job, ScenarioEntry } from '@habtwin/contract/scenario'
import { Problem } from '../../link/rest.ts'
import { fetchJob, fetchJobs, fetchPresets } from '../link/jobs.ts'
import { formulas, plain, titled } from '../model/column.ts'
import { hasEnded, type Run } from '../model/run.ts'
import { change, complain, jobs, moreJobs, presets, runs } from './state.ts'

const PAGE = 50

export function listed(): readonly Job[] {
  const { value } = jobs
  return value.state === 'there' ? value.is : []
}

/** How a job stands, in the list as well. */
export function noteJob(job: Job): void {
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

export async function refreshJobs(): Promise<void> {
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

export async function refreshPresets(): Promise<void> {
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
