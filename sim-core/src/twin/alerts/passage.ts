/** When paths first reach a limit: of the value itself, or of its mean over a time. */
import type { Paths } from './paths.ts'

/** What was, up to the present: minute means, ms and ascending, the present last. */
export interface Past {
  readonly t: readonly number[]
  readonly value: readonly number[]
}

export interface Passage {
  /** ms from the present until the limit is reached, ascending, of those paths that reach it. */
  readonly times: Float64Array
  /** Of all paths. */
  readonly count: number
}

/**
 * First passages. Between leads a path runs straight; one that stands beyond already has reached it at 0.
 * @param past ends at the present, from which the paths go on
 * @param mean ms; where given, the mean over that time is what must not pass the limit
 */
export function firstPassage(past: Past, paths: Paths, limit: number, above: boolean, mean = 0): Passage {
  const sign = above ? 1 : -1
  const now = past.value.at(-1) as number
  const judge = mean > 0 ? new Mean(past, mean) : undefined
  const start = judge ? judge.present() : now
  const { leads, count, values } = paths
  const times: number[] = []
  for (let path = 0; path < count; path++) {
    let before = sign * (start - limit)
    if (before > 0) {
      times.push(0)
      continue
    }
    judge?.begin()
    let from = 0
    for (let l = 0; l < leads.length; l++) {
      const to = leads[l] as number
      const value = values[l * count + path] as number
      const beyond = sign * ((judge ? judge.on(to, value) : value) - limit)
      if (beyond > 0) {
        times.push(from + ((to - from) * -before) / (beyond - before))
        break
      }
      before = beyond
      from = to
    }
  }
  return { times: Float64Array.from(times).sort(), count }
}

/** The chance that it is reached within `horizon` ms. */
export function oddsWithin({ times, count }: Passage, horizon: number): number {
  let n = 0
  while (n < times.length && (times[n] as number) <= horizon) n++
  return count === 0 ? 0 : n / count
}

/** A quantile of the times, straight between its neighbours; null where nothing reaches the limit. */
export function timeAt({ times }: Passage, level: number): number | null {
  if (times.length === 0) return null
  const at = level * (times.length - 1)
  const low = times[Math.floor(at)] as number
  const high = times[Math.ceil(at)] as number
  return low + (high - low) * (at - Math.floor(at))
}

/**
 * The running mean along a path, by the integral of straight pieces. What nobody saw of the past counts as the
 * oldest that was seen.
 */
class Mean {
  readonly #span: number
  /** Knots: ms from the present, value, integral since the first knot. */
  readonly #t: number[] = []
  readonly #x: number[] = []
  readonly #sum: number[] = []
  readonly #knots: number

  constructor(past: Past, span: number) {
    this.#span = span
    const now = past.t.at(-1) as number
    let first = past.t.length - 1
    while (first > 0 && (past.t[first] as number) > now - span) first--
    if ((past.t[first] as number) > now - span) this.#knot(-span, past.value[first] as number)
    for (let i = first; i < past.t.length; i++) this.#knot((past.t[i] as number) - now, past.value[i] as number)
    this.#knots = this.#t.length
  }

  present(): number {
    return this.#mean(0)
  }

  /** A path begins at the present. */
  begin(): void {
    this.#t.length = this.#knots
    this.#x.length = this.#knots
    this.#sum.length = this.#knots
  }

  /** The path goes on; the mean at its new end. */
  on(t: number, value: number): number {
    this.#knot(t, value)
    return this.#mean(t)
  }

  #knot(t: number, value: number): void {
    const n = this.#t.length
    const piece = n === 0 ? 0 : ((t - (this.#t[n - 1] as number)) * (value + (this.#x[n - 1] as number))) / 2
    this.#t.push(t)
    this.#x.push(value)
    this.#sum.push(n === 0 ? 0 : (this.#sum[n - 1] as number) + piece)
  }

  /** The mean over the span that ends at the last knot. */
  #mean(t: number): number {
    const from = t - this.#span
    let k = this.#t.length - 1
    while (k > 0 && (this.#t[k] as number) > from) k--
    const end = this.#sum.at(-1) as number
    const t0 = this.#t[k] as number
    const t1 = this.#t[k + 1]
    if (t1 === undefined) return this.#x[k] as number
    const x0 = this.#x[k] as number
    const x = x0 + ((this.#x[k + 1] as number) - x0) * ((from - t0) / (t1 - t0))
    const upTo = (this.#sum[k] as number) + ((from - t0) * (x0 + x)) / 2
    return (end - upTo) / this.#span
  }
}
