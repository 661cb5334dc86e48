/** Whether a condition of an interlock holds, in words for the crew. What nobody can judge counts as if it held. */
import { pointName, ucum } from '@habtwin/contract'
import { span } from '@habtwin/runtime/alert-words'
import type { Clock } from '@habtwin/runtime/clock'
import type { Condition } from '@habtwin/runtime/config/commands'

interface Newest {
  /** The newest good value, and when it came, monotonic ms. */
  value: number | undefined
  at: number
  /** Why what came last is no good; undefined where it is. */
  bad: string | undefined
}

/** A device whose readings conditions go by. */
interface Source {
  readonly label: string
  /** A good value is believed for so long, ms. */
  readonly lasts: number
}

/** A value is believed for three intervals of its device, and for this at least, ms. */
const LEAST = 3_000

/** The newest value of each point that a condition speaks of. */
export class Inputs {
  readonly #clock: Pick<Clock, 'mono'>
  readonly #values = new Map<string, Newest>()
  readonly #sources = new Map<string, Source>()
  readonly #began: number

  constructor(clock: Pick<Clock, 'mono'>) {
    this.#clock = clock
    this.#began = clock.mono()
  }

  /** @param every ms between its readings, by the wall's clock */
  device(id: string, label: string, every: number, timeout: number): void {
    this.#sources.set(id, { label, lasts: Math.max(LEAST, 3 * every + timeout) })
  }

  forget(id: string): void {
    this.#sources.delete(id)
    for (const key of this.#values.keys()) if (key.startsWith(`${id}/`)) this.#values.delete(key)
  }

  /** @param points those that a condition speaks of */
  reading(
    device: string,
    points: Iterable<string>,
    values: Readonly<Record<string, number | null>>,
    quality: Readonly<Record<string, string>> = {},
  ): void {
    const now = this.#clock.mono()
    for (const point of points) {
      const value = values[point]
      if (value === undefined) continue
      const key = `${device}/${point}`
      const newest = this.#values.get(key) ?? { value: undefined, at: this.#began, bad: undefined }
      const why = quality[point]
      if (value === null || !Number.isFinite(value) || why?.startsWith('bad:')) newest.bad = why ?? 'no value'
      else {
        newest.value = value
        newest.at = now
        newest.bad = undefined
      }
      this.#values.set(key, newest)
    }
  }

  /**
   * Why a condition holds, or counts as if it held; undefined where it does not.
   * @param patient lets one bad reading pass as long as the last good value is not too old: for what would switch off
   *   something that runs, while whatever is switched on needs a good value now
   */
  holds(condition: Condition, patient = false): string | undefined {
    const { device, point, unit, above, below, is, because } = condition
    const source = this.#sources.get(device)
    const what = `${pointName(point)} of ${source?.label ?? device}`
    if (source === undefined) return `${what} is not known: there is no such device now`
    const newest = this.#values.get(`${device}/${point}`)
    const age = this.#clock.mono() - (newest?.at ?? this.#began)
    if (age > source.lasts) {
      const last = newest?.value === undefined ? 'no good value has come' : `the last good value is ${span(age)} old`
      return `${what} is not known: ${last}`
    }
    if (newest === undefined) return patient ? undefined : `${what} is not known yet`
    if (newest.bad !== undefined && !patient) return `${what} is not known: what came last is ${newest.bad}`
    const { value } = newest
    if (value === undefined) return patient ? undefined : `${what} is not known yet`
    const why = because === undefined ? '' : ` (${because})`
    const said = `${what} is ${figure(value, unit)}`
    if (above !== undefined && value > above) return `${said}, above ${figure(above, unit)}${why}`
    if (below !== undefined && value < below) return `${said}, below ${figure(below, unit)}${why}`
    if (is !== undefined && value === is) return `${said}${why}`
    return undefined
  }
}

/** A value with its sign. */
export function figure(value: number | string, unit: string): string {
  const sign = ucum(unit)
  const text = typeof value === 'number' ? String(Number(value.toPrecision(6))) : value
  return sign === '' || typeof value === 'string' ? text : `${text} ${sign}`
}
