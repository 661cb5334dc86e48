/**
 * What each kind of event must say, and how it reads as a sentence: one table for the server, the panel and the
 * reports. Without schemas, so that it costs a browser nothing.
 */
import { isPoint, pointInfo } from './points.ts'
import { ucum } from './units.ts'

export const eventKinds = ['hatch', 'eva', 'exercise', 'crew', 'blower', 'valve', 'manual', 'note'] as const
export type EventKind = (typeof eventKinds)[number]

/** `switch`: 1 or 0; `flow`: 1 or 0, or a flow with a unit; `count`: people; `meter`: a point's value. */
type ValueKind = 'switch' | 'flow' | 'count' | 'meter' | 'none'

interface KindInfo {
  readonly label: string
  readonly value: ValueKind
  /** True where it is of no use without knowing where. */
  readonly zoned: boolean
}

export const eventKind: Readonly<Record<EventKind, KindInfo>> = {
  hatch: { label: 'Hatch', value: 'switch', zoned: true },
  eva: { label: 'EVA', value: 'count', zoned: false },
  exercise: { label: 'Exercise', value: 'count', zoned: true },
  crew: { label: 'Crew', value: 'count', zoned: true },
  blower: { label: 'Blower', value: 'flow', zoned: true },
  valve: { label: 'Valve', value: 'flow', zoned: true },
  manual: { label: 'Meter', value: 'meter', zoned: false },
  note: { label: 'Note', value: 'none', zoned: false },
}

/** What an event says, but for who logged it and when. */
export interface Told {
  readonly kind: EventKind
  readonly zone?: string | undefined
  readonly to?: string | undefined
  readonly value?: number | undefined
  readonly point?: string | undefined
  readonly unit?: string | undefined
  readonly text?: string | undefined
  readonly withdraws?: string | undefined
}

const MOST_PEOPLE = 1_000

/** What is missing or cannot be, in a sentence that begins with the name of the field; undefined where all is well. */
export function eventFault(told: Told): string | undefined {
  const { kind, zone, to, value, point, unit, text, withdraws } = told
  const { value: wanted, zoned } = eventKind[kind]
  if (zoned && zone === undefined) return `zone: say where (${kind})`
  if (to !== undefined && kind !== 'hatch') return 'to: only a hatch leads somewhere'
  if (to !== undefined && to === zone) return 'to: a hatch leads to another zone'
  if (point !== undefined && kind !== 'manual') return 'point: only a meter that was read has one'
  if (unit !== undefined && wanted !== 'flow' && wanted !== 'meter') return `unit: ${kind} has none`
  if (wanted === 'none') {
    if (value !== undefined) return 'value: a note has none; log it as a meter reading'
    return text || withdraws ? undefined : 'text: a note needs some'
  }
  if (value === undefined || !Number.isFinite(value)) return `value: ${kind} needs a number`
  if (wanted === 'count' && !(Number.isInteger(value) && value >= 0 && value <= MOST_PEOPLE))
    return 'value: a whole number of people, 0 or more'
  if (wanted === 'switch' || (wanted === 'flow' && unit === undefined)) {
    if (value !== 0 && value !== 1) return 'value: 1 for open or running, 0 for not; a flow needs its unit'
  }
  if (wanted === 'flow' && value < 0) return 'value: a flow is 0 or more'
  if (wanted === 'meter') {
    if (point === undefined) return 'point: say what the meter measures'
    if (!isPoint(point) && unit === undefined) return `unit: ${point} is not in the vocabulary, so it needs one`
    const [low, high] = pointInfo(point).range
    if (isPoint(point) && (value < low || value > high)) return `value: ${point} lies between ${low} and ${high}`
  }
  return undefined
}

/** True where an event takes another back and puts nothing in its place. */
export function isWithdrawal({ kind, text, withdraws }: Told): boolean {
  return kind === 'note' && withdraws !== undefined && !text
}

/** The event as a person says it, without zone, time and name: `Hatch open to Greenhouse`, `3 people`. */
export function eventText(told: Told, label: (zone: string) => string = (zone) => zone): string {
  const { kind, to, value = 0, text } = told
  const said = kind === 'note' ? (text ?? (told.withdraws ? 'Withdrawn' : '')) : sentence(told, value)
  const where = kind === 'hatch' ? (to === undefined ? ' to the outside' : ` to ${label(to)}`) : ''
  return kind === 'note' || !text ? `${said}${where}` : `${said}${where}: ${text}`
}

function sentence({ kind, point = '', unit }: Told, value: number): string {
  switch (kind) {
    case 'hatch':
      return value === 0 ? 'Hatch closed' : 'Hatch open'
    case 'crew':
      return people(value)
    case 'eva':
      return value === 0 ? 'EVA over, all back' : `EVA, ${people(value)} outside`
    case 'exercise':
      return value === 0 ? 'Exercise over' : `Exercise, ${people(value)}`
    case 'blower':
    case 'valve':
      return flowing(kind, value, unit)
    case 'manual':
      return `${pointName(point)} ${figure(value)}${signed(unit ?? pointInfo(point).unit)} by hand`
    case 'note':
      return ''
  }
}

/** What people call a point: `CO₂`, and `Water meter` for `water-meter`, which is not in the vocabulary. */
export function pointName(point: string): string {
  if (isPoint(point)) return pointInfo(point).label
  const text = point.replaceAll('-', ' ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

function people(n: number): string {
  return n === 0 ? 'nobody' : n === 1 ? '1 person' : `${n} people`
}

function flowing(kind: 'blower' | 'valve', value: number, unit: string | undefined): string {
  const { label } = eventKind[kind]
  if (unit !== undefined && value > 0) return `${label} ${figure(value)}${signed(unit)}`
  const [off, on] = kind === 'blower' ? ['off', 'on'] : ['closed', 'open']
  return `${label} ${value === 0 ? off : on}`
}

function signed(unit: string): string {
  const sign = ucum(unit)
  return sign === '' ? '' : ` ${sign}`
}

/** As many digits as a person wrote, up to what a double holds. */
function figure(value: number): string {
  return String(Number(value.toPrecision(9)))
}
