/**
 * The scenario page's state, as signals. What is shown is what the address says (`place`): to show or hide a run, the
 * address is changed, so that Back goes back and a link shows the same. Files alone are beside it.
 */
import type { Job, ScenarioEntry } from '@habtwin/contract/scenario'
import { computed, signal } from '@preact/signals'
import { asked } from '../../link/actions.ts'
import { Problem } from '../../link/rest.ts'
import { hash } from '../../link/route.ts'
import { type Draft, type Faults, faultsOf } from '../model/draft.ts'
import { hashOf, MOST_RUNS, type Place, placeOf } from '../model/place.ts'
import { namesOf, namingOf, type Run } from '../model/run.ts'

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

/** Changes what is known of a run that is shown. */
export function change(key: string, to: Partial<Run>): void {
  runs.value = runs.peek().map((run) => (run.key === key ? { ...run, ...to } : run))
}

export function entryOf(id: string | undefined): ScenarioEntry | undefined {
  return presets.value.state === 'there' ? presets.value.is.find((entry) => entry.id === id) : undefined
}

export const entry = computed(() => entryOf(draft.value?.preset))
export const faults = computed(() => (draft.value && entry.value ? faultsOf(entry.value, draft.value) : {}))
export const names = computed(() => namesOf(runs.value, (id) => entryOf(id)?.label ?? id))

export function naming(run: Run) {
  return namingOf(run, entryOf(run.job?.scenario))
}

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

/** Says what did not work; where it needs a login, asks for it and goes on. */
export function complain(what: string, error: unknown, again: () => void): void {
  if (error instanceof Problem && error.needsLogin) {
    asked.value = { kind: 'login', proceed: again }
    return
  }
  const reason = error instanceof Error ? error.message : String(error)
  const remedy = error instanceof Problem && error.remedy ? ` ${error.remedy}` : ''
  notice.value = { text: `${what}: ${reason}.${remedy}`.replace('..', '.'), bad: true }
}
