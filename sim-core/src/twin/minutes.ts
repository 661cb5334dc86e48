/**
 * Readings of one quantity in one zone, summed up by minute until the model takes them. Adding costs next to
 * nothing: the model runs once a minute, whatever the rate of the instruments.
 */

/** A reading of uncertain quality counts only where there is no good one. */
export type Trust = 'good' | 'uncertain'

interface Cell {
  minute: number
  good: number
  goods: number
  uncertain: number
  uncertains: number
}

interface Source {
  readonly cells: Map<number, Cell>
  latest: Cell | undefined
}

/** Minutes that may wait for the model; beyond that the first that came go. */
const MOST = 60 * 1_440

export class Minutes {
  readonly #sources = new Map<string, Source>()
  readonly #waiting = new Set<number>()
  /** The minute last taken: all up to it are closed. */
  #closed = Number.NEGATIVE_INFINITY
  /** The newest minute that came. */
  newest = Number.NEGATIVE_INFINITY
  /** Something came that was older than the newest: a backlog is arriving. To be reset by who looks at it. */
  backlog = false

  /**
   * @param minute whole minutes since the epoch; one that is closed takes nothing any more
   * @param sum of `n` readings
   * @returns false where the minute is closed
   */
  add(device: string, minute: number, sum: number, n: number, trust: Trust): boolean {
    if (minute <= this.#closed) return false
    let source = this.#sources.get(device)
    if (source === undefined) {
      source = { cells: new Map(), latest: undefined }
      this.#sources.set(device, source)
    }
    let cell = source.latest
    if (cell === undefined || cell.minute !== minute) {
      cell = source.cells.get(minute) ?? this.#cell(source, minute)
      source.latest = cell
    }
    if (trust === 'good') {
      cell.good += sum
      cell.goods += n
    } else {
      cell.uncertain += sum
      cell.uncertains += n
    }
    return true
  }

  #cell(source: Source, minute: number): Cell {
    const cell = { minute, good: 0, goods: 0, uncertain: 0, uncertains: 0 }
    source.cells.set(minute, cell)
    this.#waiting.add(minute)
    if (minute > this.newest) this.newest = minute
    else if (minute < this.newest - 1) this.backlog = true
    if (this.#waiting.size > MOST) this.#drop(this.#waiting.values().next().value ?? minute)
    return cell
  }

  /** The oldest minute that waits; infinite where none does. */
  oldest(): number {
    let oldest = Number.POSITIVE_INFINITY
    for (const minute of this.#waiting) if (minute < oldest) oldest = minute
    return oldest
  }

  /** Mean of each device within the minute; uncertain where it said nothing better. */
  each(minute: number, take: (device: string, value: number, trust: Trust) => void): void {
    for (const [device, { cells }] of this.#sources) {
      const cell = cells.get(minute)
      if (cell === undefined) continue
      if (cell.goods > 0) take(device, cell.good / cell.goods, 'good')
      else take(device, cell.uncertain / cell.uncertains, 'uncertain')
    }
  }

  /** Minutes before this one are closed, taken or not. */
  forget(before: number): void {
    this.#closed = Math.max(this.#closed, before - 1)
    for (const minute of this.#waiting) if (minute < before) this.#drop(minute)
  }

  has(minute: number): boolean {
    return this.#waiting.has(minute)
  }

  /** Mean over devices of their means within the minute, or undefined; the minute is closed thereby. */
  take(minute: number): number | undefined {
    const mean = this.peek(minute)
    this.#closed = minute
    this.#drop(minute)
    return mean
  }

  /** The same, with the minute left open. */
  peek(minute: number): number | undefined {
    const sums = { good: 0, uncertain: 0 }
    const counts = { good: 0, uncertain: 0 }
    this.each(minute, (_, value, trust) => {
      sums[trust] += value
      counts[trust]++
    })
    if (counts.good > 0) return sums.good / counts.good
    return counts.uncertain > 0 ? sums.uncertain / counts.uncertain : undefined
  }

  #drop(minute: number): void {
    if (!this.#waiting.delete(minute)) return
    for (const source of this.#sources.values()) {
      source.cells.delete(minute)
      if (source.latest?.minute === minute) source.latest = undefined
    }
  }
}
