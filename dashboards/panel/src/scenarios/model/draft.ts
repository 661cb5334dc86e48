/** A run that is being put together: what differs from the preset, as a request and as words. */
import type { Change, JobRequest, ScenarioEntry } from '@habtwin/contract/scenario'
import { titled } from './column.ts'

export type Knob = ScenarioEntry['knobs'][number]

/** What a person typed stays text until it is sent, so that a half-typed number is not fought over. */
export interface Draft {
  readonly preset: string
  /** By `keyOf` of what is changed. */
  readonly values: Readonly<Record<string, string>>
  readonly days: string
  /** Empty: the preset's own. */
  readonly seed: string
  /** Seeds that are run side by side. */
  readonly seeds: string
  /** Day of the run from which on the changes hold. */
  readonly fromDay: string
  /** Empty: named by what differs. */
  readonly label: string
  readonly project: string
}

const MOST_SEED = 0xffff_ffff
const MOST_SEEDS = 100_000
/** The habitat as it stands: listed beside the presets, and asked for anew with each run. */
const LIVE = 'live'
/** Its steps are short: of longer runs not each is kept. */
const MOST_ROWS = 10_080

/** What a knob or an agent's amount is kept under. */
export function keyOf({ agent, what }: Pick<Knob, 'agent' | 'what'>): string {
  return `${agent} ${what}`
}

export function emptyDraft(entry: ScenarioEntry): Draft {
  const days = String(Number(((entry.steps * entry.dt) / 24).toFixed(3)))
  return { preset: entry.id, values: {}, days, seed: '', seeds: '1', fromDay: '0', label: '', project: '' }
}

/** All that can be changed: the preset's knobs, then the amounts of the agents that no knob has. */
export function changeables(entry: ScenarioEntry): { readonly knobs: readonly Knob[]; readonly more: readonly Knob[] } {
  const taken = entry.knobs.filter(({ what }) => what === 'amount').map(({ agent }) => patternOf(agent))
  const more = entry.agents.map(({ id, label, amount, unit }): Knob => {
    const max = Math.max(10, 4 * amount)
    return { label, agent: id, what: 'amount', value: amount, min: 0, max, step: 1, unit: unit ?? '' }
  })
  return { knobs: entry.knobs, more: more.filter(({ agent }) => !taken.some((pattern) => pattern.test(agent))) }
}

/** `*` stands for any letters: `*_lamp`. */
function patternOf(agent: string): RegExp {
  return new RegExp(`^${agent.replaceAll(/[^\w*]/g, '').replaceAll('*', '.*')}$`)
}

/** A number as people write it, also with a comma for the point; NaN where it is none. */
export function figure(text: string): number {
  const trimmed = text.trim().replace(',', '.')
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : Number.NaN
}

interface Changed {
  readonly knob: Knob
  readonly value: number
}

function changed(entry: ScenarioEntry, { values }: Draft): Changed[] {
  const { knobs, more } = changeables(entry)
  return [...knobs, ...more].flatMap((knob) => {
    const text = values[keyOf(knob)]
    const value = text === undefined ? knob.value : figure(text)
    return Number.isFinite(value) && value !== knob.value ? [{ knob, value }] : []
  })
}

/** The changes of a draft, one an agent. */
function changesOf(entry: ScenarioEntry, draft: Draft): Change[] {
  const at = Math.round(figure(draft.fromDay) * 24 * 1000) / 1000
  const byAgent = new Map<string, Change>()
  for (const { knob, value } of changed(entry, draft)) {
    const change: Change = byAgent.get(knob.agent) ?? { agent: knob.agent, ...(at > 0 ? { at } : {}) }
    const currency = /^storage\.(.+)$/.exec(knob.what)?.[1]
    if (currency !== undefined) change.storage = { ...change.storage, [currency]: value }
    else if (knob.what === 'rate') change.rate = value
    else change.amount = value
    byAgent.set(knob.agent, change)
  }
  return [...byAgent.values()]
}

function stepsOf(entry: ScenarioEntry, { days }: Draft): number {
  return Math.round((figure(days) * 24) / entry.dt)
}

/** Where a fault is shown. */
type Field = 'preset' | 'days' | 'seed' | 'seeds' | 'fromDay' | 'label' | 'project' | (string & {})

export type Faults = Readonly<Partial<Record<Field, string>>>

/** What cannot be sent as it is, by field. */
export function faultsOf(entry: ScenarioEntry, draft: Draft): Faults {
  const faults: Record<string, string> = {}
  const { knobs, more } = changeables(entry)
  for (const knob of [...knobs, ...more]) {
    const text = draft.values[keyOf(knob)]
    if (text === undefined) continue
    const value = figure(text)
    if (!Number.isFinite(value)) faults[keyOf(knob)] = 'Write a number.'
    else if (value < 0) faults[keyOf(knob)] = 'There is no less than 0.'
  }
  const [days, seeds, fromDay] = [figure(draft.days), figure(draft.seeds), figure(draft.fromDay)]
  if (!(stepsOf(entry, draft) >= 1)) faults.days = `Write how many days, at least ${shown(entry.dt / 24)}.`
  if (!(fromDay >= 0)) faults.fromDay = 'Write a day of the run; 0 is its beginning.'
  else if (fromDay >= days) faults.fromDay = 'That is after its end.'
  const seed = figure(draft.seed)
  if (draft.seed.trim() !== '' && !(Number.isInteger(seed) && seed >= 0 && seed <= MOST_SEED)) {
    faults.seed = `Write a whole number from 0 to ${MOST_SEED}, or nothing.`
  }
  if (!(Number.isInteger(seeds) && seeds >= 1 && seeds <= MOST_SEEDS)) faults.seeds = 'Write a whole number from 1 on.'
  return faults
}

function shown(value: number): string {
  return String(Number(value.toPrecision(6)))
}

/** A name within a sentence begins small, but for formulas and abbreviations. */
function lowered(label: string): string {
  return /^\p{Lu}\p{Ll}/u.test(label) ? label.charAt(0).toLowerCase() + label.slice(1) : label
}

/** Units that a name need not say. */
const counted: ReadonlySet<string> = new Set(['person', 'persons', 'people', 'unit', 'units'])

/** What differs from the preset, in words: `crew 6 instead of 4, 30 d instead of 10 d`. */
export function wordsOf(entry: ScenarioEntry, draft: Draft): string {
  const plain = emptyDraft(entry)
  const words = changed(entry, draft).map(({ knob, value }) => {
    const unit = knob.unit === '' || counted.has(knob.unit) ? '' : ` ${knob.unit}`
    return `${lowered(knob.label)} ${shown(value)} instead of ${shown(knob.value)}${unit}`
  })
  const fromDay = figure(draft.fromDay)
  if (words.length > 0 && fromDay > 0) words.push(`from day ${shown(fromDay)} on`)
  if (draft.days !== plain.days) words.push(`${shown(figure(draft.days))} instead of ${plain.days} d`)
  if (draft.seed.trim() !== '') words.push(`seed ${draft.seed.trim()}`)
  if (figure(draft.seeds) > 1) words.push(`${shown(figure(draft.seeds))} seeds`)
  return words.length === 0 ? 'As it is' : titled(words.join(', '))
}

/** What is sent. */
export function requestOf(entry: ScenarioEntry, draft: Draft): JobRequest {
  const changes = changesOf(entry, draft)
  const steps = stepsOf(entry, draft)
  const seeds = figure(draft.seeds)
  const label = draft.label.trim() === '' ? wordsOf(entry, draft) : draft.label.trim()
  const every = entry.id === LIVE ? Math.ceil(steps / MOST_ROWS) : 1
  return {
    ...(entry.id === LIVE ? { from: { live: true as const } } : { scenario: entry.id }),
    label: label.slice(0, 200),
    ...(every > 1 ? { every } : {}),
    ...(changes.length > 0 ? { changes } : {}),
    ...(steps === entry.steps ? {} : { steps }),
    ...(draft.seed.trim() === '' ? {} : { seed: figure(draft.seed) }),
    ...(seeds > 1 ? { ensemble: { seeds, sweep: [] } } : {}),
    ...(draft.project.trim() === '' ? {} : { project: draft.project.trim() }),
  }
}

const fields: readonly (readonly [RegExp, Field])[] = [
  [/^steps\b/, 'days'],
  [/^every\b/, 'days'],
  [/^seed\b/, 'seed'],
  [/^ensemble\b/, 'seeds'],
  [/^label\b/, 'label'],
  [/^project\b/, 'project'],
  [/^scenario\b/, 'preset'],
  [/^from\b/, 'preset'],
]

/**
 * What the server found wrong, put to the fields that it names: `changes[0].amount: …` goes to that agent's amount.
 * @param detail lines (or parts parted by `;`) of `path: what`
 * @returns by field; under '' what belongs to none
 */
export function placed(detail: string, request: JobRequest): Faults {
  const faults: Record<string, string> = {}
  for (const line of detail.split(/\n|; (?=[\w[\]./]+: )/)) {
    const [, path = '', what = line] = /^([\w[\]./]+): (.*)$/s.exec(line) ?? []
    const field = fieldOf(path, request)
    const text = titled(field === '' ? line : what)
    faults[field] = faults[field] === undefined ? text : `${faults[field]} ${text}`
  }
  return faults
}

function fieldOf(path: string, { changes = [] }: JobRequest): Field {
  const [, index, rest = ''] =
    /^changes(?:\[(\d+)\]|[./](\d+))[./]?(.*)$/.exec(path)?.filter((one) => one !== undefined) ?? []
  if (index !== undefined) {
    const agent = changes[Number(index)]?.agent
    if (agent === undefined) return ''
    if (rest.startsWith('at')) return 'fromDay'
    return keyOf({ agent, what: rest.replace('/', '.') || 'amount' })
  }
  return fields.find(([pattern]) => pattern.test(path))?.[1] ?? ''
}

/** The draft that an earlier request came from, as far as the form can say it. */
export function draftOf(entry: ScenarioEntry, { changes = [], steps, seed, ensemble, project }: JobRequest): Draft {
  const values: Record<string, string> = {}
  let at = 0
  for (const change of changes) {
    at = Math.max(at, change.at ?? 0)
    const said = { amount: change.amount, rate: change.rate }
    const storage = Object.entries(change.storage ?? {}).map(
      ([currency, value]) => [`storage.${currency}`, value] as const,
    )
    for (const [what, value] of [...Object.entries(said), ...storage]) {
      if (typeof value === 'number') values[keyOf({ agent: change.agent, what })] = String(value)
    }
  }
  const plain = emptyDraft(entry)
  return {
    ...plain,
    values,
    days: steps === undefined ? plain.days : shown((steps * entry.dt) / 24),
    seed: seed === undefined ? '' : String(seed),
    seeds: String(ensemble?.seeds ?? 1),
    fromDay: shown(at / 24),
    project: project ?? '',
  }
}

/** Points of the grid that a request asks for. */
export function pointsOf({ ensemble }: JobRequest): number {
  return (ensemble?.sweep ?? []).reduce((points, { values }) => points * values.length, 1)
}
