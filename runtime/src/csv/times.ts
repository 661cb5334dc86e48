/** Times as recordings write them. */
import { fromLocal, zoneOffset } from '../local-time.ts'

/** Of 03/04/2026: is it the third of April, or the fourth of March? */
export type DateOrder = 'day-first' | 'month-first'

/** What a bare number counts since the epoch. */
const SPANS = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const
export type TimeUnit = keyof typeof SPANS

export interface TimeOptions {
  /** IANA name, for times without an offset of their own. */
  readonly timezone: string
  /** Without it only 03.04.2026 (the third of April) is read, not 03/04/2026. */
  readonly order?: DateOrder | undefined
  /** Of bare numbers; without it they are told by their size. */
  readonly unit?: TimeUnit | undefined
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const clock = String.raw`(?:[T ,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?)?\s*([AP]\.?M\.?)?`
const zone = String.raw`\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?`
const yearFirst = new RegExp(String.raw`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})${clock}${zone}$`, 'i')
const compact = /^(\d{4})(\d{2})(\d{2})[T ]?(\d{2})(\d{2})(\d{2})?()()(Z)?$/i
const yearLast = new RegExp(String.raw`^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})${clock}${zone}$`, 'i')
const dayMonth = new RegExp(String.raw`^(\d{1,2})[- ]([a-z]{3,9})\.?[- ,]+(\d{4}|\d{2})${clock}${zone}$`, 'i')
const monthDay = new RegExp(String.raw`^([a-z]{3,9})\.? (\d{1,2}),? (\d{4})${clock}${zone}$`, 'i')
const weekday = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +/i

/**
 * Reads a time: ISO 8601 or the like, day.month.year, names of months, seconds or milliseconds since the epoch,
 * days as Excel counts them.
 * @returns a function of the text and the time of the row before (ms), giving ms since the epoch, or undefined
 */
export function timeReader(options: TimeOptions): (text: string, previous: number) => number | undefined {
  const offsetAt = zoneOffset(options.timezone)
  return (text, previous) => {
    if (/^-?\d+([.,]\d+)?(e\+?\d+)?$/i.test(text) && !(options.unit === undefined && compact.test(text))) {
      return ofNumber(Number(text.replace(',', '.')), options.unit, (local) => fromLocal(local, offsetAt, previous))
    }
    const parts = partsOf(text.replace(weekday, ''), options.order)
    if (parts === undefined) return undefined
    const [y, mo, d, h = '0', mi = '0', s = '0', fraction = '', half, offset] = parts
    const hour = half === undefined || half === '' ? Number(h) : (Number(h) % 12) + (/^p/i.test(half) ? 12 : 0)
    const year = y?.length === 2 ? Number(y) + (Number(y) < 70 ? 2_000 : 1_900) : Number(y)
    const local = Date.UTC(year, Number(mo) - 1, Number(d), hour, Number(mi), Number(s))
    const check = new Date(local)
    if (check.getUTCMonth() !== Number(mo) - 1 || check.getUTCHours() !== hour) return undefined
    if (Number(mi) > 59 || Number(s) > 60 || (half && Number(h) > 12)) return undefined
    const exact = local + Math.round(Number(`0.${fraction}0`) * 1_000)
    return offset === undefined ? fromLocal(exact, offsetAt, previous) : exact - ahead(offset)
  }
}

type Parts = readonly (string | undefined)[]

/** Year, month, day, hour, minute, second, fraction, half of the day, offset. */
function partsOf(text: string, order: DateOrder | undefined): Parts | undefined {
  const straight = yearFirst.exec(text) ?? compact.exec(text)
  if (straight !== null) return straight.slice(1)
  const last = yearLast.exec(text)
  if (last !== null) {
    const [, first, separator, second, year, ...rest] = last
    const by = separator === '.' ? 'day-first' : order
    if (by === undefined) return undefined
    return by === 'day-first' ? [year, second, first, ...rest] : [year, first, second, ...rest]
  }
  const named = dayMonth.exec(text)
  if (named !== null) return [named[3], monthOf(named[2]), named[1], ...named.slice(4)]
  const american = monthDay.exec(text)
  if (american !== null) return [american[3], monthOf(american[1]), american[2], ...american.slice(4)]
  return undefined
}

function monthOf(name = ''): string {
  return String(MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1)
}

/** Days since 1899-12-30 in local time, as Excel counts (20,000 to 80,000 are 1954 to 2119); else since the epoch. */
function ofNumber(number: number, unit: TimeUnit | undefined, fromLocal: (ms: number) => number): number {
  if (unit !== undefined) return Math.round(number * SPANS[unit])
  if (number > 20_000 && number < 80_000) return fromLocal(Math.round((number - 25_569) * 86_400) * 1_000)
  // as milliseconds, anything below is before March 1973; then micro- and nanoseconds
  if (number < 1e11) return Math.round(number * 1_000)
  return number < 1e14 ? number : Math.round(number / (number < 1e17 ? 1e3 : 1e6))
}

/** ms of `Z`, `+02:00`, `+02` or `-0700`. */
function ahead(offset: string): number {
  if (!/\d/.test(offset)) return 0
  const digits = offset.slice(1).replace(':', '')
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0)
  return (offset.startsWith('-') ? -1 : 1) * minutes * 60_000
}

/**
 * The order in which a column writes its dates: the one in which all are dates, or else in which time goes on the
 * more evenly. Undefined where there is nothing to decide.
 */
export function dateOrder(texts: readonly string[]): DateOrder | undefined {
  const dates = texts.map((text) => yearLast.exec(text)).filter((match) => match !== null && match[2] !== '.')
  if (dates.length === 0) return undefined
  const readers = {
    'day-first': timeReader({ timezone: 'UTC', order: 'day-first' }),
    'month-first': timeReader({ timezone: 'UTC', order: 'month-first' }),
  }
  const judged = (['day-first', 'month-first'] as const).map((order) => {
    const times = dates.map((match) => readers[order]((match as RegExpExecArray)[0], 0))
    const steps: number[] = []
    for (let i = 1; i < times.length; i++) steps.push(Math.abs((times[i] ?? 0) - (times[i - 1] ?? 0)))
    return { order, wrong: times.filter((t) => t === undefined).length, way: steps.reduce((a, b) => a + b, 0) }
  })
  const [day, month] = judged as [(typeof judged)[0], (typeof judged)[0]]
  if (day.wrong !== month.wrong) return day.wrong < month.wrong ? 'day-first' : 'month-first'
  return month.way < day.way ? 'month-first' : 'day-first'
}
