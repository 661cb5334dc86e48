/** Recorded history laid over a run: brought to its hours and its unit, and what is left between the two. */
import { convert, convertible } from '@habtwin/contract/units'
import type { History } from '../../model/about.ts'
import type { Figures } from './table.ts'

const HOUR = 3_600_000

/** A line over the hours of a run. */
export interface Laid {
  readonly hours: readonly number[]
  readonly values: Figures
}

/**
 * A history over the hours of a run.
 * @param start the moment at which the run is taken to begin, ms
 * @param every span of one mean of the history, ms; it stands for its middle
 */
export function laid({ t, value }: Pick<History, 't' | 'value'>, start: number, every: number): Laid {
  return { hours: t.map((at) => (at + every / 2 - start) / HOUR), values: value }
}

/** True where a run's quantity can be compared with a point. A bare number (`1`) may be a share, or a state. */
export function comparable(unit: string, recorded: string): boolean {
  return unit !== '' && recorded !== '1' && convertible(unit, recorded)
}

/** Figures of a run in the unit of what was recorded. */
export function converted(figures: Figures, unit: string, recorded: string): Figures {
  return unit === recorded ? figures : figures.map((one) => (one === null ? null : convert(one, unit, recorded)))
}

/**
 * A run's figure between two of its rows, linearly; null outside of it, or beside a gap.
 * @param hours rising
 */
export function between(hours: readonly number[], figures: Figures, at: number): number | null {
  let low = 0
  let high = hours.length - 1
  if (high < 0 || at < (hours[0] ?? 0) || at > (hours[high] ?? 0)) return null
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((hours[middle] ?? 0) <= at) low = middle
    else high = middle
  }
  const [from, to] = [hours[low] ?? 0, hours[high] ?? 0]
  const [a, b] = [figures[low], figures[high]]
  if (typeof a !== 'number' || typeof b !== 'number') return null
  return to === from ? a : a + ((b - a) * (at - from)) / (to - from)
}

export interface Residuals extends Laid {
  /** Root of the mean square; undefined where nothing was compared. */
  readonly rms: number | undefined
  /** Mean of recorded less simulated. */
  readonly bias: number | undefined
  readonly n: number
}

/**
 * Recorded less simulated, at the moments that were recorded.
 * @param figures of the run at `hours`, in the recorded unit
 */
export function residuals(recorded: Laid, hours: readonly number[], figures: Figures): Residuals {
  let [sum, squares, n] = [0, 0, 0]
  const values = recorded.hours.map((at, i) => {
    const value = recorded.values[i]
    const simulated = between(hours, figures, at)
    if (typeof value !== 'number' || simulated === null) return null
    const residual = value - simulated
    sum += residual
    squares += residual * residual
    n++
    return residual
  })
  const some = n > 0
  return {
    hours: recorded.hours,
    values,
    n,
    rms: some ? Math.sqrt(squares / n) : undefined,
    bias: some ? sum / n : undefined,
  }
}
