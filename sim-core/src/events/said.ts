/** From what somebody writes to an event as it is kept: in one unit a quantity, with place and time. */
import {
  convert,
  convertible,
  type EventKind,
  eventFault,
  eventKind,
  HabtwinError,
  isPoint,
  type LoggedEvent,
  partialPressureToPpm,
  pointInfo,
  ucum,
  unitCode,
} from '@habtwin/contract'

/** An entry as it is sent. */
export interface Said {
  readonly id: string
  readonly kind: EventKind
  readonly by: string
  readonly t?: number | undefined
  readonly zone?: string | undefined
  readonly to?: string | undefined
  readonly value?: number | undefined
  readonly point?: string | undefined
  readonly unit?: string | undefined
  readonly text?: string | undefined
  readonly withdraws?: string | undefined
}

/** What it is judged by. */
export interface Surroundings {
  readonly zones: readonly string[]
  /** hPa: makes a fraction of a partial pressure. */
  readonly pressure: number
  /** The habitat's clock, ms. */
  readonly now: number
}

/** Clocks of tablets differ; beyond this an entry is of the future, ms. */
const AHEAD = 120_000
/** No habtwin is older: a smaller figure is one in seconds, or a clock that was never set. */
const OLDEST = Date.UTC(2000, 0, 1)
const FLOW = 'm3/h'

/** The event as it is kept. Throws request/invalid, naming the field. */
export function kept(said: Said, { zones, pressure, now }: Surroundings): LoggedEvent {
  const { kind, by, id, t = now, text, withdraws } = said
  const invalid = (fault: string) => new HabtwinError('request/invalid', fault)
  if (!(t <= now + AHEAD)) throw invalid(`t: ${t} has not come yet; it is ${now} here`)
  if (t < OLDEST) throw invalid('t: milliseconds since 1970, and not before 2000')
  // where there is one place only, it goes without saying
  const zone = said.zone ?? (eventKind[kind].zoned && zones.length === 1 ? zones[0] : undefined)
  for (const [field, name] of [
    ['zone', zone],
    ['to', said.to],
  ] as const) {
    if (name !== undefined && !zones.includes(name)) throw invalid(`${field}: there is no zone ${name}`)
  }
  // "exercise", "EVA": whoever says no more speaks of themselves
  const isOne = said.value === undefined && (kind === 'eva' || kind === 'exercise')
  const event = defined({
    id,
    kind,
    t: Math.round(t),
    by: by.trim(),
    zone,
    to: said.to,
    ...measured({ ...said, value: isOne ? 1 : said.value }, pressure),
    text: text?.trim() || undefined,
    withdraws,
  }) as LoggedEvent
  const fault = eventFault(event)
  if (fault !== undefined) throw invalid(fault)
  return event
}

/** Value and unit: a flow in m3/h, a meter's in the unit of its point. */
function measured({ kind, value, point, unit }: Said, pressure: number): Pick<Said, 'value' | 'point' | 'unit'> {
  if (unit === undefined || value === undefined) {
    return { value, point, unit: unit ?? (point !== undefined && isPoint(point) ? pointInfo(point).unit : undefined) }
  }
  const code = unitCode(unit)
  const wanted = kind === 'manual' ? (point !== undefined && isPoint(point) ? pointInfo(point).unit : code) : FLOW
  if (code === undefined || wanted === undefined) {
    throw new HabtwinError('request/invalid', `unit: habtwin does not know ${unit}`)
  }
  if (convertible(code, wanted)) return { value: exact(convert(value, code, wanted)), point, unit: wanted }
  if (convertible(code, 'Pa') && convertible('[ppm]', wanted)) {
    const ppm = partialPressureToPpm(convert(value, code, 'Pa'), pressure * 100)
    return { value: exact(convert(ppm, '[ppm]', wanted)), point, unit: wanted }
  }
  throw new HabtwinError('request/invalid', `unit: ${ucum(code)} does not convert to ${ucum(wanted)}`)
}

/** Without the last digits, which a conversion makes up. */
function exact(value: number): number {
  return Number(value.toPrecision(12))
}

function defined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>
}
