/** Fewer rows to draw: a line of hours over a year is a hundred thousand pixels in a chart of four hundred. */
import type { Figures, Series } from './table.ts'

export interface Drawable {
  readonly hours: readonly number[]
  readonly mid: Figures
  readonly low?: Figures
  readonly high?: Figures
}

const DAY = 24

/** Days by their mean, shaded between the lowest and the highest of each; the last figure stays as it is. */
export function daily(hours: readonly number[], { mid, low = mid, high = mid }: Series): Drawable {
  const [x, means, lows, highs]: [number[], (number | null)[], (number | null)[], (number | null)[]] = [[], [], [], []]
  let day = Number.NaN
  let [sum, n, first, last, least, most] = [0, 0, 0, 0, 0, 0]
  const close = () => {
    if (Number.isNaN(day)) return
    x.push((first + last) / 2)
    means.push(n > 0 ? sum / n : null)
    lows.push(n > 0 ? least : null)
    highs.push(n > 0 ? most : null)
  }
  for (const [row, hour] of hours.entries()) {
    // a step's figure is that at its end: midnight belongs to the day that it ends
    const of = Math.ceil(hour / DAY)
    if (of !== day) {
      close()
      day = of
      ;[sum, n, first, least, most] = [0, 0, hour, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    }
    last = hour
    const [at, down, up] = [mid[row], low[row], high[row]]
    if (typeof at !== 'number') continue
    sum += at
    n++
    least = Math.min(least, down ?? at)
    most = Math.max(most, up ?? at)
  }
  close()
  return { hours: x, mid: means, low: lows, high: highs }
}

/** The rows between two hours, with one beyond either end, and at most about so many. */
export function within(hours: readonly number[], series: Series, from: number, to: number, most: number): Drawable {
  const after = hours.findIndex((hour) => hour >= from)
  if (after === -1) return { hours: [], mid: [] }
  const beyond = hours.findIndex((hour) => hour > to)
  const [begin, end] = [Math.max(0, after - 1), beyond === -1 ? hours.length : beyond + 1]
  const stride = Math.max(1, Math.ceil((end - begin) / most))
  const cut = <T>(list: readonly T[]): T[] => {
    const rows = list.slice(begin, end)
    return stride === 1 ? rows : rows.filter((_, i) => i % stride === 0 || i === rows.length - 1)
  }
  const { mid, low, high } = series
  const lines = { hours: cut(hours), mid: cut(mid) }
  return low && high ? { ...lines, low: cut(low), high: cut(high) } : lines
}
