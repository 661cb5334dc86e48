/**
 * Two instruments that changed places: at one moment each jumps to where the other was, and stays there. Air that is
 * mixed by an open hatch meets; it does not cross over within minutes.
 */
import { type Instrument, isRestless, minuteAt } from './instrument.ts'
import { median, spread } from './trend.ts'

const MINUTE = 60_000
/** How long before it, and after, both are looked at, ms. */
const BEFORE = 30 * MINUTE
const AFTER = 60 * MINUTE
/** Within this time both must have been moved, ms. */
const WHILE = 20 * MINUTE
/** How near each must be to where the other was, of the gap between them; and how many times the noise the gap is. */
const NEAR = 0.25
const CLEAR = 8

export interface Swap {
  readonly a: Instrument
  readonly b: Instrument
  /** When, ms. */
  readonly since: number
}

/** Whether two instruments of one point in different zones were swapped an hour ago. */
export function swapped(a: Instrument, b: Instrument, t: number): Swap | undefined {
  if (!isRestless(a.point)) return undefined
  const moment = Math.floor(t / MINUTE) * MINUTE - AFTER - WHILE
  const [a0, b0] = [values(a, moment - BEFORE, moment), values(b, moment - BEFORE, moment)]
  const [a1, b1] = [
    values(a, moment + WHILE, moment + WHILE + AFTER),
    values(b, moment + WHILE, moment + WHILE + AFTER),
  ]
  if (Math.min(a0.length, b0.length) < 15 || Math.min(a1.length, b1.length) < 30) return undefined
  const [ma0, mb0, ma1, mb1] = [median(a0), median(b0), median(a1), median(b1)]
  const gap = Math.abs(ma0 - mb0)
  const noise = Math.max(spread(a0), spread(b0), spread(a1), spread(b1))
  if (gap < CLEAR * noise || gap === 0) return undefined
  if (Math.abs(ma1 - mb0) > NEAR * gap || Math.abs(mb1 - ma0) > NEAR * gap) return undefined
  const when = [a, b].map((one) => jump(one, moment, moment + WHILE, gap))
  const [first, second] = when
  return first === undefined || second === undefined ? undefined : { a, b, since: Math.min(first, second) }
}

/** When it went much of the gap (a minute may have seen both places) from one minute with a value to the next; undefined where it went slowly. */
function jump(one: Instrument, from: number, to: number, gap: number): number | undefined {
  let before = Number.NaN
  for (let t = from - MINUTE; t <= to; t += MINUTE) {
    const value = minuteAt(one, t)
    if (Number.isNaN(value)) continue
    if (Math.abs(value - before) > 0.4 * gap) return t
    before = value
  }
  return undefined
}

function values(one: Instrument, from: number, to: number): number[] {
  const found: number[] = []
  for (let t = from; t < to; t += MINUTE) {
    const value = minuteAt(one, t)
    if (!Number.isNaN(value)) found.push(value)
  }
  return found
}
