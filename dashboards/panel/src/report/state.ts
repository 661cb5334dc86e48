/**
 * The report on the page, and what the crew is writing in it. Unsaved words are kept in this browser, so that a tablet
 * that dies loses none.
 */
import type { Report, ReportTexts } from '@habtwin/contract/report'
import { computed, signal } from '@preact/signals'
import { get, Problem, post } from '../link/rest.ts'
import { hash } from '../link/route.ts'
import { about, person } from '../state.ts'
import { type Asked, askedIn } from './place.ts'

export type Section = keyof ReportTexts

/** Words that differ from what is saved, and the version that they were written upon. */
interface Draft {
  readonly after: number
  readonly texts: Partial<ReportTexts>
}

export const report = signal<Report | undefined>(undefined)
export const failure = signal<string | undefined>(undefined)
export const saving = signal(false)
/** What came of the last saving. */
export const said = signal<{ readonly text: string; readonly isBad: boolean } | undefined>(undefined)
const draft = signal<Draft>({ after: 0, texts: {} })
export const isChanged = computed(() => Object.keys(draft.value.texts).length > 0)

const keyOf = (key: string) => `habtwin.report.${about.peek()?.habitat.id}.${key}`

function keptDraft(key: string): Draft | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(key)) ?? 'null')
    return typeof kept?.after === 'number' && typeof kept.texts === 'object' ? kept : undefined
  } catch {
    return undefined
  }
}

function keep(key: string, next: Draft): void {
  draft.value = next
  try {
    if (Object.keys(next.texts).length === 0) localStorage.removeItem(keyOf(key))
    else localStorage.setItem(keyOf(key), JSON.stringify(next))
  } catch {
    // it then holds until the page is closed
  }
}

/** What stands in a section: the draft, else what is saved. */
export function textOf(section: Section): string {
  return draft.value.texts[section] ?? report.value?.texts[section] ?? ''
}

/** What somebody else saved in a section since the draft was begun; undefined where nobody did. */
export function otherText(section: Section): string | undefined {
  const mine = draft.value.texts[section]
  const theirs = report.value?.texts[section]
  const newest = report.value?.versions.at(-1)?.version ?? 0
  return mine === undefined || theirs === mine || draft.value.after === newest ? undefined : theirs
}

export function write(section: Section, text: string): void {
  const shown = report.peek()
  if (shown === undefined) return
  const { [section]: _, ...rest } = draft.peek().texts
  const texts = text === shown.texts[section] ? rest : { ...rest, [section]: text }
  const after = isChanged.peek() ? draft.peek().after : (shown.versions.at(-1)?.version ?? 0)
  keep(shown.day.key, { after, texts })
  said.value = undefined
}

function dayQuery(asked: Asked): Record<string, string | number> {
  return { ...asked }
}

/** The day on the page, for a link. */
export function queryOf({ day }: Report): string {
  return day.sol === undefined ? `date=${day.date}` : `sol=${day.sol}`
}

let asking: AbortController | undefined

/** Asks for the day that the address names. */
export async function load(): Promise<void> {
  asking?.abort()
  const mine = new AbortController()
  asking = mine
  try {
    const found = await get<Report>('api/report', dayQuery(askedIn(hash.peek())), mine.signal)
    if (mine.signal.aborted) return
    const isOther = report.peek()?.day.key !== found.day.key
    report.value = found
    failure.value = undefined
    if (isOther) {
      said.value = undefined
      draft.value = keptDraft(found.day.key) ?? { after: found.versions.at(-1)?.version ?? 0, texts: {} }
    }
  } catch (error) {
    if (mine.signal.aborted) return
    failure.value = error instanceof Error ? error.message : String(error)
    // words of another day must not stand under this address
    if (error instanceof Problem && error.status >= 400 && error.status < 500) report.value = undefined
  }
}

/** Saves the draft as a new version. */
async function save(): Promise<void> {
  const shown = report.peek()
  if (shown === undefined || saving.peek()) return
  const by = person.peek().trim()
  if (by === '') {
    said.value = { text: 'Write your name first.', isBad: true }
    return
  }
  saving.value = true
  const { key, sol, date } = shown.day
  const { texts, after } = draft.peek()
  try {
    const day = sol === undefined ? { date } : { sol }
    const saved = await post<Pick<Report, 'texts' | 'versions'>>('api/report', { ...day, by, texts, after })
    if (report.peek()?.day.key !== key) return
    report.value = { ...shown, ...saved }
    const newest = saved.versions.at(-1)?.version ?? 0
    // what was written while it was on its way stays a draft
    const later = Object.entries(draft.peek().texts).filter(([name, text]) => texts[name as Section] !== text)
    keep(key, { after: newest, texts: Object.fromEntries(later) })
    said.value = { text: `Saved as version ${newest}.`, isBad: false }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    if (error instanceof Problem && error.status === 409) await conflict(why, key)
    else said.value = { text: `Not saved: ${why}. Your words are kept on this device.`, isBad: true }
  } finally {
    saving.value = false
  }
}

/** Somebody else was quicker: their words are shown beside ours, and the next saving is upon theirs. */
async function conflict(why: string, key: string): Promise<void> {
  await load()
  said.value = {
    text: `Not saved yet: ${why} meanwhile. What stands there now is shown where it differs; save again to put your words in its place.`,
    isBad: true,
  }
  seen = { key, version: report.peek()?.versions.at(-1)?.version ?? 0 }
}
let seen: { readonly key: string; readonly version: number } | undefined

/** Saves; after a conflict, upon the version that was shown. */
export function saveUpon(): void {
  const shown = report.peek()
  if (shown && seen?.key === shown.day.key) keep(shown.day.key, { ...draft.peek(), after: seen.version })
  seen = undefined
  void save()
}
