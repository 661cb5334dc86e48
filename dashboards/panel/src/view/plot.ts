/** uPlot, told what to draw: measured solid, forecast dashed in a band, what had been said fainter behind. */
import uPlot from 'uplot'
import { drawMarks, type Mark } from '../events/marks.ts'
import { number, type Scale } from '../model/format.ts'
import type { Limit } from '../model/limits.ts'
import { clock, date, isoDate } from '../model/mission.ts'
import { rangeOf } from '../model/range.ts'
import type { Band, Line } from '../model/series.ts'
import { drawLimits } from './limit-lines.ts'

export interface Drawn {
  readonly unit: Scale
  readonly past: Line
  readonly future: Band
  readonly said: Band
  readonly limits: readonly Limit[]
  /** What people did, in order of time. */
  readonly marks: readonly Mark[]
  /** ms */
  readonly now: number
  readonly from: number
  readonly until: number
  readonly timezone: string
}

/** The values under the crosshair, in the point's own unit. */
export interface Pointed {
  readonly t: number
  readonly value: number | null
  readonly p05: number | null
  readonly p50: number | null
  readonly p95: number | null
  readonly said05: number | null
  readonly said50: number | null
  readonly said95: number | null
}

type Column = (number | null | undefined)[]

/** The rows in one table by time; undefined where a series has no row, null where the past has a gap. */
function table(of: Drawn): uPlot.AlignedData {
  const inside = (t: number) => t >= of.from && t <= of.until
  const cut = (t: readonly number[], columns: readonly (readonly (number | null)[])[]) => {
    const rows = [...t.keys()].filter((i) => inside(t[i] ?? 0))
    const values = columns.map((column): Column => rows.map((i) => (column[i] == null ? null : of.unit.of(column[i]))))
    return [rows.map((i) => t[i] ?? 0), ...values]
  }
  const { past, future, said } = of
  const tables = [
    cut(said.t, [said.p95, said.p05, said.p50]),
    cut(past.t, [past.value]),
    cut(future.t, [future.p95, future.p05, future.p50]),
  ]
  return uPlot.join(tables as uPlot.AlignedData[], [
    [1, 1, 1, 1],
    // A gap of the past is one up to its very ends, whatever rows the forecasts have in it.
    [1, 2],
    [1, 1, 1, 1],
  ])
}

/** The last known value of a column at or before a row. */
function near(u: uPlot, series: number, row: number, of: Drawn, reach: number): number | null {
  const times = u.data[0]
  const t = times[row]
  const column = u.data[series]
  if (t === undefined || column === undefined) return null
  for (let i = row; i >= 0 && t - (times[i] ?? 0) <= reach; i--) {
    const value = column[i]
    // The crosshair speaks in the point's unit; the table is in the viewer's: the scale is linear, so it inverts.
    if (typeof value === 'number') return invert(of.unit, value)
  }
  return null
}

function invert(unit: Scale, shown: number): number {
  const zero = unit.of(0)
  return (shown - zero) / (unit.of(1) - zero)
}

function colour(element: Element, name: string): string {
  return getComputedStyle(element).getPropertyValue(`--${name}`).trim()
}

/** A chart in an element that follows its size until destroyed. */
export class Plot {
  readonly #u: uPlot
  readonly #observer: ResizeObserver
  #of: Drawn

  constructor(element: HTMLElement, of: Drawn, onPoint: (at: Pointed | undefined) => void) {
    this.#of = of
    this.#u = new uPlot(this.#options(element, onPoint), table(of), element)
    this.#observer = new ResizeObserver(() => this.#u.setSize(sizeOf(element)))
    this.#observer.observe(element)
  }

  /** Draws anew; the crosshair stays where it is. */
  draw(of: Drawn): void {
    this.#of = of
    this.#u.setData(table(of), false)
    this.#u.batch(() => {
      this.#u.setScale('x', { min: of.from, max: of.until })
      this.#u.setScale('y', this.#range())
    })
  }

  /** Moves the crosshair by a fiftieth of the width. */
  move(step: number): void {
    const width = this.#u.over.clientWidth
    const left = this.#u.cursor.left ?? -1
    const from = left < 0 ? this.#u.valToPos(this.#of.now, 'x') : left
    this.#u.setCursor({ left: Math.max(0, Math.min(width - 1, from + (step * width) / 50)), top: 10 })
  }

  destroy(): void {
    this.#observer.disconnect()
    this.#u.destroy()
  }

  #range(): { min: number; max: number } {
    const { unit, limits } = this.#of
    // The edges of the band that was forecast earlier (1, 2) never rule: in the first hours they are immense.
    const column = (i: number) => [...(this.#u.data[i] ?? [])].filter((value) => typeof value === 'number')
    const range = rangeOf({
      ruling: [4, 5, 6, 7].flatMap(column),
      earlier: column(3),
      limits: limits.map(({ value }) => unit.of(value)),
      least: 10 ** -unit.digits * 8,
    })
    return range ?? { min: 0, max: 1 }
  }

  #span(): [number, number] {
    const { min, max } = this.#range()
    return [min, max]
  }

  #options(element: HTMLElement, onPoint: (at: Pointed | undefined) => void): uPlot.Options {
    const ink = (name: string) => colour(element, name)
    const fine = {
      stroke: ink('ink-2'),
      grid: { stroke: ink('grid'), width: 1 },
      ticks: { show: false },
      font: `14px ${ink('font')}`,
    }
    const edge = { stroke: 'transparent', width: 0, points: { show: false } }
    const middle = (name: string, width: number) => ({
      stroke: ink(name),
      width,
      dash: [7, 5],
      points: { show: false },
    })
    const zone = this.#of.timezone
    return {
      ...sizeOf(element),
      ms: 1,
      tzDate: (t) => uPlot.tzDate(new Date(t), zone),
      legend: { show: false },
      padding: [6, 14, 0, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      scales: {
        x: { time: true, range: () => [this.#of.from, this.#of.until] },
        y: { range: () => this.#span() },
      },
      axes: [
        {
          ...fine,
          space: 70,
          size: 34,
          values: (_u: uPlot, splits: number[]) => splits.map((t, i) => mark(t, splits[i - 1], zone)),
        },
        { ...fine, size: 58, space: 44, values: (_u, splits) => splits.map((v) => number(v, decimals(splits))) },
      ],
      series: [
        {},
        { ...edge },
        { ...edge },
        { ...middle('said', 1.5) },
        { stroke: ink('past'), width: 2.5, points: { show: false } },
        { ...edge, stroke: ink('future-band'), width: 1.5 },
        { ...edge, stroke: ink('future-band'), width: 1.5 },
        { ...middle('future', 2.5) },
      ],
      bands: [
        { series: [1, 2], fill: ink('said-band') },
        { series: [5, 6], fill: ink('future-band') },
      ],
      hooks: {
        drawAxes: [(u) => this.#under(u, ink)],
        draw: [(u) => this.#nowLine(u, ink), (u) => drawMarks(u, this.#of.marks, ink)],
        setCursor: [(u) => onPoint(this.#pointed(u))],
      },
    }
  }

  #pointed(u: uPlot): Pointed | undefined {
    const row = u.cursor.idx
    const left = u.cursor.left ?? -1
    const t = row === null || row === undefined || left < 0 ? undefined : u.data[0][row]
    if (t === undefined || row === null || row === undefined) return undefined
    const of = this.#of
    const reach = (of.until - of.from) / 40
    const at = (series: number) => near(u, series, row, of, reach)
    const isFuture = t > of.now
    const [said95, said05, said50] = [at(1), at(2), at(3)]
    const value = isFuture ? null : at(4)
    const [p95, p05, p50] = isFuture ? [at(5), at(6), at(7)] : [null, null, null]
    return { t, value, p05, p50, p95, said05, said50, said95 }
  }

  #under(u: uPlot, ink: (name: string) => string): void {
    const { ctx, bbox } = u
    ctx.save()
    ctx.beginPath()
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
    ctx.clip()
    const x = u.valToPos(this.#of.now, 'x', true)
    ctx.fillStyle = ink('tomorrow')
    ctx.fillRect(x, bbox.top, bbox.left + bbox.width - x, bbox.height)
    drawLimits(u, this.#of.limits, this.#of.unit, ink)
    ctx.restore()
  }

  #nowLine(u: uPlot, ink: (name: string) => string): void {
    const { ctx, bbox } = u
    const ratio = devicePixelRatio
    const x = u.valToPos(this.#of.now, 'x', true)
    if (x < bbox.left || x > bbox.left + bbox.width) return
    ctx.save()
    ctx.strokeStyle = ink('ink-3')
    ctx.fillStyle = ink('ink-2')
    ctx.lineWidth = ratio
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.font = `600 ${12 * ratio}px ${ink('font')}`
    ctx.textAlign = 'left'
    ctx.fillText('now', x + 6 * ratio, bbox.top + 14 * ratio)
    ctx.restore()
  }
}

export function sizeOf(element: HTMLElement): { width: number; height: number } {
  return { width: Math.max(200, element.clientWidth), height: Math.max(200, element.clientHeight) }
}

/** As many digits as tell two neighbouring marks apart. */
export function decimals(splits: readonly number[]): number {
  const step = Math.abs((splits[1] ?? 1) - (splits[0] ?? 0))
  return step >= 1 ? 0 : step >= 0.1 ? 1 : 2
}

/** A mark of the time axis: the hour, and the date where a new day begins. */
export function mark(t: number, before: number | undefined, zone: string): string {
  const isNewDay = before !== undefined && isoDate(before, zone) !== isoDate(t, zone)
  return isNewDay || (before !== undefined && t - before >= 86_400_000)
    ? date(t, zone).replace(/^\w+ /, '')
    : clock(t, zone)
}
