/** Times as recordings write them. */
import { fromLocal, zoneOffset } from '../local-time.ts'

const time = String.raw`(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?`
const zone = String.raw`\s*(Z|[+-]\d{2}:?\d{2})?`
const yearFirst = new RegExp(`^(\\d{4})[-/.](\\d{1,2})[-/.](\\d{1,2})${time}${zone}$`, 'i')
/** Only with dots: 03/04/2026 is April here and March there. */
const dayFirst = new RegExp(`^(\\d{1,2})\\.(\\d{1,2})\\.(\\d{4})${time}${zone}$`, 'i')

/**
 * Reads a time: ISO 8601 or the like, day.month.year, or seconds or milliseconds since the epoch.
 * @param timezone IANA name, for times without an offset of their own
 * @returns a function of the text and the time of the row before (ms), giving ms since the epoch, or undefined
 */
export function timeReader(timezone: string): (text: string, previous: number) => number | undefined {
  const offsetAt = zoneOffset(timezone)
  return (text, previous) => {
    if (/^\d+(\.\d+)?$/.test(text)) {
      const number = Number(text)
      // as milliseconds, anything below is before March 1973
      return number < 1e11 ? Math.round(number * 1_000) : number
    }
    const year = yearFirst.exec(text)
    const day = year === null ? dayFirst.exec(text) : null
    if (day !== null) [day[1], day[3]] = [day[3] as string, day[1] as string]
    const match = year ?? day
    if (match === null) return undefined
    const [, y, mo, d, h = '0', mi = '0', s = '0', fraction = '', offset] = match
    const local = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s))
    const check = new Date(local)
    if (check.getUTCMonth() !== Number(mo) - 1 || check.getUTCHours() !== Number(h) || Number(mi) > 59) return undefined
    const exact = local + Math.round(Number(`0.${fraction}0`) * 1_000)
    return offset === undefined ? fromLocal(exact, offsetAt, previous) : exact - ahead(offset)
  }
}

/** ms of `Z`, `+02:00` or `-0700`. */
function ahead(offset: string): number {
  if (offset.toUpperCase() === 'Z') return 0
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2))
  return (offset.startsWith('-') ? -1 : 1) * minutes * 60_000
}
