/** Moments as `<input type="datetime-local">` writes them, in the habitat's time zone. */
import { clock, isoDate } from '../../model/mission.ts'

/** `2026-11-20T14:07` in a time zone. */
export function localText(t: number, timezone: string): string {
  return `${isoDate(t, timezone)}T${clock(t, timezone)}`
}

/** The moment of such a text, ms; undefined for none. In the hour that a change of clocks skips, one beside it. */
export function localMoment(text: string, timezone: string): number | undefined {
  const wanted = Date.parse(`${text.slice(0, 16)}:00Z`)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) || !Number.isFinite(wanted)) return undefined
  const offBy = (t: number) => Date.parse(`${localText(t, timezone)}:00Z`) - wanted
  const guess = wanted - offBy(wanted)
  return guess - offBy(guess)
}
