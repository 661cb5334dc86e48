/** What the list of habitats says, in words. No DOM, no network; every time is handed in. */
import type { Level } from '@habtwin/contract/alert'
import type { LinkState } from '@habtwin/contract/standing'
import { levels } from '../model/alerts.ts'
import { lapse, type Scale, scaleOf, share, span } from '../model/format.ts'
import { clock, moment } from '../model/mission.ts'

interface Span {
  readonly from: number
  readonly to: number
}

/** A row of `GET /api/habitats` (contract/src/habitats.ts has the schema, which the page does without). */
export interface Row {
  readonly habitat: string
  readonly label: string
  readonly node?: string
  readonly simulated: boolean
  readonly timezone: string
  /** hPa */
  readonly pressure?: number
  readonly link: {
    readonly state: LinkState
    readonly since: number
    readonly delay: number
    readonly heard?: number
    readonly contact?: Span
    readonly next?: Span
    readonly reason?: string
    /** How far the clock there is ahead, ms, where that is no matter of seconds. */
    readonly skew?: number
  }
  readonly t: number | null
  readonly alerts: { readonly worst: Level | null; readonly count: number; readonly text?: string }
  readonly co2: { readonly value: number; readonly unit: string; readonly zone: string; readonly t: number } | null
  readonly completeness: { readonly taken: number; readonly stored: number; readonly gaps: number }
  readonly devices: { readonly ok: number; readonly stale: number; readonly down: number }
  readonly refused?: string
}

export interface Receiver {
  readonly label: string
  readonly timezone: string
  readonly version: string
  readonly now: number
  readonly broker: { readonly up: boolean; readonly since: number }
  readonly processes: number
  /** How its configuration stands, where its file is followed. */
  readonly config?: {
    readonly state: 'ok' | 'faulty' | 'restart'
    readonly faults?: readonly { readonly path: string; readonly line?: number; readonly message: string }[]
    readonly restart?: readonly string[]
  }
}

export interface Change {
  readonly habitat: string
  readonly kind: 'alert' | 'event' | 'command' | 'gap' | 'link'
  readonly at: number
  readonly t: number
  readonly text: string
  readonly level?: Level
  readonly zone?: string
  readonly by?: string
}

/** How much a row wants to be looked at: 0 the most. */
function urgency({ alerts, link, devices, refused }: Row): number {
  if (alerts.worst === 'emergency') return 0
  if (alerts.worst === 'warning') return 1
  if (link.state === 'lost') return 2
  if (alerts.worst === 'caution' || refused !== undefined) return 3
  if (link.state === 'late' || devices.down > 0) return 4
  if (alerts.worst === 'advisory' || devices.stale > 0 || link.skew !== undefined) return 5
  return link.state === 'never' ? 7 : 6
}

export type Order = 'urgency' | 'name'

export function sorted(rows: readonly Row[], order: Order): Row[] {
  const byName = (a: Row, b: Row) => a.label.localeCompare(b.label, 'en', { numeric: true })
  return [...rows].sort((a, b) => (order === 'name' ? byName(a, b) : urgency(a) - urgency(b) || byName(a, b)))
}

/** Rows of which the name, or what is wrong with them, has these letters. */
export function matching(rows: readonly Row[], text: string): Row[] {
  const wanted = text.trim().toLowerCase()
  return rows.filter(({ habitat, label, alerts }) =>
    `${habitat} ${label} ${alerts.text ?? ''}`.toLowerCase().includes(wanted),
  )
}

/** How the link is, in a few words, and the detail below them. */
export function linkText(
  { link }: Pick<Row, 'link'>,
  now: number,
  timezone: string,
): { readonly words: string; readonly detail: string } {
  const { state, since, delay, heard, next, reason } = link
  const light = delay >= 1_000 ? `${span(delay)} one way` : ''
  const why = reason ?? ''
  switch (state) {
    case 'up':
      return { words: 'Signal', detail: light }
    case 'closed': {
      const opens = next && next.from + delay
      if (opens === undefined || opens <= now) return { words: 'Contact begins', detail: light }
      return { words: `Contact in ${lapse(opens - now)}`, detail: `at ${clock(opens, timezone)}, as planned` }
    }
    case 'late':
      return { words: `Silent for ${span(now - since)}`, detail: why || 'something should have come' }
    case 'lost':
      return { words: 'Loss of signal', detail: `for ${span(now - (heard ?? since))}${why === '' ? '' : `: ${why}`}` }
    case 'never':
      return { words: 'Never heard', detail: why }
  }
}

/** How far behind one sees a habitat from here, in a sentence. */
export function afarText(link: Row['link'], now: number): { readonly words: string; readonly isLost: boolean } {
  const light = link.delay >= 1_000 ? `It is seen as it was ${span(link.delay)} ago: that is the light time.` : ''
  const skew = skewText({ link })
  const clocks = skew === '' ? '' : ` ${skew.charAt(0).toUpperCase()}${skew.slice(1)}.`
  switch (link.state) {
    case 'up':
      return { words: `${light || 'It is seen from mission control, as it is now.'}${clocks}`, isLost: false }
    case 'closed': {
      const opens = link.next && link.next.from + link.delay
      const next = opens !== undefined && opens > now ? ` The next begins in ${lapse(opens - now)}.` : ''
      return { words: `Between contacts, as planned: all is as of the last one.${next}`, isLost: false }
    }
    case 'late':
      return { words: `Silent for ${span(now - link.since)}: something should have come.`, isLost: true }
    case 'lost':
      return { words: `Loss of signal for ${span(now - (link.heard ?? link.since))}: all is as of then.`, isLost: true }
    case 'never':
      return { words: 'Nothing was heard of it since this was begun.', isLost: true }
  }
}

/** What the clock there says now: by it the readings are stamped. */
export function thereNow({ link }: Pick<Row, 'link'>, now: number): number {
  return now + (link.skew ?? 0)
}

/** That the clocks differ, which makes no figure old and none new; empty where they do not. */
export function skewText({ link: { skew } }: Pick<Row, 'link'>): string {
  if (skew === undefined) return ''
  return `its clock is ${span(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'} ours`
}

/** In which unit CO2 is shown: a partial pressure only where the habitat has said what the pressure is there. */
export function co2Scale({ pressure }: Pick<Row, 'pressure'>, own: string, wanted: 'ppm' | 'mmHg'): Scale {
  const choice = { co2: pressure === undefined ? 'ppm' : wanted, temperature: 'Cel' } as const
  return scaleOf('co2', choice, pressure ?? Number.NaN, own)
}

/** How old the newest reading is, and how old it is at the least. */
export function ageText(row: Row, now: number): { readonly words: string; readonly detail: string } {
  const { t, link } = row
  if (t === null) return { words: '–', detail: 'no readings' }
  const age = thereNow(row, now) - t
  if (age < -60_000) return { words: `${span(-age)} ahead`, detail: 'its clock, or ours, is wrong' }
  const old = span(Math.max(0, age))
  if (link.delay < 1_000 || link.state !== 'up') return { words: old, detail: link.state === 'up' ? '' : 'as of then' }
  return { words: old, detail: `${span(link.delay)} of it light time` }
}

/** `12 ok`, `10 ok, 1 stale, 1 down`. */
export function deviceText({ devices: { ok, stale, down } }: Row): string {
  if (ok + stale + down === 0) return 'none'
  return [`${ok} ok`, ...(stale > 0 ? [`${stale} stale`] : []), ...(down > 0 ? [`${down} down`] : [])].join(', ')
}

/** Of what was taken there, how much is here; what is under way counts as missing until it comes. */
export function completeText({ completeness: { taken, stored, gaps } }: Row): { words: string; detail: string } {
  const missing = Math.max(0, taken - stored)
  const gap = gaps === 0 ? '' : gaps === 1 ? '1 gap' : `${gaps} gaps`
  const to = missing === 0 ? '' : `${missing.toLocaleString('en-GB')} to come`
  return { words: share(stored, taken), detail: [to, gap].filter((one) => one !== '').join(', ') }
}

/** What is to be known of a configuration that was changed; undefined where it is in force. */
export function configText({ config }: Pick<Receiver, 'config'>): string | undefined {
  if (config?.state === 'faulty') {
    const [first] = config.faults ?? []
    const where = first?.line === undefined ? '' : `line ${first.line}, `
    const what = first === undefined ? '' : ` ${where}${first.path}: ${first.message}.`
    return `The changed configuration has faults, and what was there before goes on.${what}`
  }
  if (config?.state !== 'restart') return undefined
  return `Part of the configuration waits for a restart: ${config.restart?.[0] ?? ''}.`
}

/** One line over all rows. */
export function summary(rows: readonly Row[]): string {
  const count = (is: (row: Row) => boolean) => rows.filter(is).length
  const some = (n: number, what: string) => (n === 0 ? [] : [`${n} ${what}`])
  const parts = [
    ...levels.flatMap((level) =>
      some(
        count((row) => row.alerts.worst === level),
        level,
      ),
    ),
    ...some(
      count((row) => row.link.state === 'lost'),
      'without signal',
    ),
    ...some(
      count((row) => row.link.state === 'late'),
      'silent',
    ),
    ...some(
      count((row) => row.devices.down > 0),
      'with devices down',
    ),
    ...some(
      count((row) => row.link.skew !== undefined),
      'with another clock',
    ),
  ]
  return parts.length === 0 ? 'all nominal' : parts.join(', ')
}

/** The worst over all rows, for the sign at the head; `unknown` where nothing at all is heard. */
export function worstOf(rows: readonly Row[]): Level | 'nominal' | 'unknown' {
  const level = levels.find((one) => rows.some((row) => row.alerts.worst === one))
  if (level) return level
  return rows.length === 0 || rows.every(({ link }) => link.state === 'lost' || link.state === 'never') ? 'unknown' : 'nominal' // biome-ignore format: one thought
}

/** When something became known, and when it was, where these are not the same. */
export function whenText({ at, t }: Change, now: number, timezone: string): { known: string; happened: string } {
  const apart = Math.abs(at - t) > 120_000
  return { known: moment(at, now, timezone), happened: apart ? `was ${moment(t, now, timezone)}` : '' }
}

/** Times from which a shift may look back. */
export const sinces = ['my shift', '1 h', '8 h', '24 h', '7 d'] as const
export type Since = (typeof sinces)[number]

const HOUR = 3_600_000
const spans: Readonly<Record<Exclude<Since, 'my shift'>, number>> = {
  '1 h': HOUR,
  '8 h': 8 * HOUR,
  '24 h': 24 * HOUR,
  '7 d': 168 * HOUR,
}

/** @param began when the viewer's shift began, ms; undefined where nobody said so: then eight hours ago */
export function sinceTime(since: Since, began: number | undefined, now: number): number {
  return since === 'my shift' ? (began ?? now - 8 * HOUR) : now - spans[since]
}
