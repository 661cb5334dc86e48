/** From readings at whatever times to a grid of whole steps, with an account of what was left out on the way. */

const MINUTE = 60_000
const DAY = 1_440 * MINUTE
const WEEK = 7 * DAY

/** Readings of some points, in the order in which they were written. */
export interface Recording {
  /** ms since the epoch. */
  readonly times: readonly number[]
  /** By point; NaN where there is none. */
  readonly values: Readonly<Record<string, readonly number[]>>
}

/** What became of rows or values that were not taken as they are. */
export interface Remark {
  readonly count: number
  readonly text: string
}

export interface Grid {
  /** Of the first step, ms since the epoch. */
  readonly start: number
  /** Minutes. */
  readonly step: number
  readonly length: number
  /** By point; NaN where there was no reading. */
  readonly values: Readonly<Record<string, Float64Array>>
  readonly remarks: readonly Remark[]
}

/** Steps that are meant where the usual distance is near to them, in seconds. */
const USUAL = [
  60, 120, 180, 240, 300, 360, 600, 720, 900, 1_200, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 28_800, 43_200,
  86_400,
]
const NEAR = 0.03

/**
 * @param step minutes; else the usual distance between the readings, at least one
 * @throws RangeError where there are no two different times
 */
export function toGrid(recording: Recording, step?: number): Grid {
  const remarks: Remark[] = []
  const note = (count: number, text: string) => {
    if (count > 0) remarks.push({ count, text })
  }
  const { times } = recording
  const inOrder = order(times, note)
  const rows = near(inOrder, times, note)
  const sorted = rows.map((row) => times[row] as number)
  const length = step === undefined ? usualStep(sorted) : Math.round(step * MINUTE)
  const start = phase(sorted, length)
  const cells = shorten(
    sorted.map((t) => Math.round((t - start) / length)),
    Math.round(WEEK / length),
    note,
  )
  const first = cells[0] as number
  const count = (cells.at(-1) as number) - first + 1
  const shared = sharing(rows, cells, recording)
  note(shared.same, 'at the same time as another, with the same values')
  note(shared.other, 'within the same step as another: the mean of all was taken')
  const values = Object.fromEntries(
    Object.entries(recording.values).map(([point, column]) => {
      const sums = new Float64Array(count)
      const counts = new Uint32Array(count)
      for (const [i, row] of rows.entries()) {
        const value = column[row] as number
        if (Number.isNaN(value) || shared.dropped.has(row)) continue
        const cell = (cells[i] as number) - first
        sums[cell] = (sums[cell] as number) + value
        counts[cell] = (counts[cell] as number) + 1
      }
      // a sum of one is exact
      for (let cell = 0; cell < count; cell++)
        sums[cell] = counts[cell] === 0 ? Number.NaN : (sums[cell] as number) / (counts[cell] as number)
      return [point, sums]
    }),
  )
  return { start: start + first * length, step: length / MINUTE, length: count, values, remarks }
}

type Note = (count: number, text: string) => void

/** Rows by time. */
function order(times: readonly number[], note: Note): number[] {
  let back = 0
  let newest = Number.NEGATIVE_INFINITY
  for (const t of times) {
    if (t < newest) back++
    newest = Math.max(newest, t)
  }
  note(back, 'earlier than a row before: put in order of time')
  return times.map((_, row) => row).sort((a, b) => (times[a] as number) - (times[b] as number) || a - b)
}

/** Without those of a clock that was not set: far from all others. */
function near(rows: readonly number[], times: readonly number[], note: Note): number[] {
  const at = (share: number) => times[rows[Math.floor(share * (rows.length - 1))] as number] as number
  const reach = 10 * (at(0.75) - at(0.25)) + 30 * DAY
  const kept = rows.filter((row) => {
    const t = times[row] as number
    return t >= at(0.25) - reach && t <= at(0.75) + reach
  })
  note(rows.length - kept.length, 'left out: their time is far from that of all others')
  return kept
}

/** ms */
function usualStep(times: readonly number[]): number {
  const apart: number[] = []
  for (let i = 1; i < times.length; i++) {
    const distance = (times[i] as number) - (times[i - 1] as number)
    if (distance > 0) apart.push(distance)
  }
  if (apart.length === 0) throw new RangeError('there are no two different times')
  apart.sort((a, b) => a - b)
  const seconds = (apart[apart.length >> 1] as number) / 1_000
  if (seconds <= 60 * (1 + NEAR)) return MINUTE
  const usual = USUAL.find((one) => Math.abs(seconds / one - 1) <= NEAR)
  return (usual ?? Math.round(seconds)) * 1_000
}

/** Where within a step the readings usually lie (mean on the circle), so that jitter moves none to a neighbour. */
function phase(times: readonly number[], step: number): number {
  let [x, y] = [0, 0]
  const first = times[0] as number
  for (const t of times) {
    const angle = (2 * Math.PI * ((t - first) % step)) / step
    x += Math.cos(angle)
    y += Math.sin(angle)
  }
  // readings that are many within a step lie everywhere in it
  if (Math.hypot(x, y) < 0.5 * times.length) return Math.floor(first / step) * step + step / 2
  return first + 1_000 * Math.round((Math.atan2(y, x) / (2 * Math.PI)) * (step / 1_000))
}

/** Silences of more than two weeks are made shorter by whole weeks: nothing is learned from them. */
function shorten(cells: readonly number[], week: number, note: Note): number[] {
  let less = 0
  const gaps = cells.map((cell, i) => {
    const gap = i === 0 ? 0 : cell - (cells[i - 1] as number)
    if (gap > 2 * week) less += week * Math.floor(gap / week - 1)
    return cell - less
  })
  if (less > 0) note(Math.round(less / week), 'weeks without a reading were passed over')
  return gaps
}

/** Readings that share a step: those that say the same again are dropped. */
function sharing(rows: readonly number[], cells: readonly number[], { times, values }: Recording) {
  const columns = Object.values(values)
  const dropped = new Set<number>()
  let other = 0
  for (let i = 1; i < rows.length; i++) {
    if (cells[i] !== cells[i - 1]) continue
    const [a, b] = [rows[i - 1] as number, rows[i] as number]
    const isSame = times[a] === times[b] && columns.every((column) => Object.is(column[a], column[b]))
    if (isSame) dropped.add(b)
    else other++
  }
  return { dropped, same: dropped.size, other }
}
