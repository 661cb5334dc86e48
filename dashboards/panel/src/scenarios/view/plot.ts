/**
 * uPlot with runs over their hours: a line a run in its colour, with its number at the end so that the colour is not
 * the only word; around the median of several seeds a band; recorded history on top.
 */
import uPlot from 'uplot'
import { number } from '../../model/format.ts'
import type { Laid } from '../model/residual.ts'
import type { Figures } from '../model/table.ts'

interface PlotLine {
  /** The run's colour and number, from 1 on. */
  readonly slot: number
  readonly hours: readonly number[]
  readonly mid: Figures
  readonly low?: Figures | undefined
  readonly high?: Figures | undefined
}

export interface Plotted {
  readonly lines: readonly PlotLine[]
  readonly recorded?: Laid | undefined
  readonly from: number
  readonly to: number
  /** 0 is always on it: a residual's chart, a store's. */
  readonly zero: boolean
  /** Only whole numbers have marks. */
  readonly count?: boolean
}

/** What is heard of the viewer. */
export interface Heard {
  point(hour: number | undefined): void
  zoom(span: readonly [number, number] | undefined): void
}

/** Series of each line: upper edge, lower edge, middle. */
const EACH = 3

function table({ lines, recorded }: Plotted): uPlot.AlignedData {
  const tables = lines.map(({ hours, mid, low, high }): uPlot.AlignedData => {
    const none = low && high ? undefined : hours.map(() => null)
    return [hours, high ?? none, low ?? none, mid] as unknown as uPlot.AlignedData
  })
  if (recorded) tables.push([recorded.hours, recorded.values] as unknown as uPlot.AlignedData)
  if (tables.length === 0) return [[]]
  return tables.length === 1 ? (tables[0] as uPlot.AlignedData) : uPlot.join(tables)
}

/** The same series: then only the figures have changed, and the plot stays. */
export function shapeOf({ lines, recorded }: Plotted): string {
  return `${lines.map(({ slot, low }) => (low ? `${slot}b` : slot)).join()} ${recorded ? 'r' : ''}`
}

export class RunPlot {
  readonly #u: uPlot
  readonly #observer: ResizeObserver
  readonly #ink: (name: string) => string
  #of: Plotted

  constructor(element: HTMLElement, of: Plotted, heard: Heard) {
    this.#of = of
    const style = getComputedStyle(element)
    this.#ink = (name) => style.getPropertyValue(`--${name}`).trim()
    this.#u = new uPlot(this.#options(element, heard), table(of), element)
    this.#observer = new ResizeObserver(() => this.#u.setSize(sizeOf(element)))
    this.#observer.observe(element)
    // back to the whole
    this.#u.over.addEventListener('dblclick', () => heard.zoom(undefined))
  }

  draw(of: Plotted): void {
    this.#of = of
    this.#u.setData(table(of), false)
    this.#u.batch(() => {
      this.#u.setScale('x', { min: of.from, max: of.to })
      this.#u.setScale('y', this.#range())
    })
  }

  /** Puts the crosshair to an hour. */
  point(hour: number | undefined): void {
    const left = hour === undefined ? -10 : this.#u.valToPos(hour, 'x')
    if (Math.abs((this.#u.cursor.left ?? -10) - left) < 1) return
    this.#u.setCursor({ left, top: hour === undefined ? -10 : 10 }, false)
  }

  destroy(): void {
    this.#observer.disconnect()
    this.#u.destroy()
  }

  #range(): { min: number; max: number } {
    const { from, to, zero } = this.#of
    const [x, ...columns] = this.#u.data
    let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (const column of columns) {
      for (let i = 0; i < x.length; i++) {
        const value = column?.[i]
        const hour = x[i] ?? 0
        if (typeof value !== 'number' || hour < from || hour > to) continue
        if (value < min) min = value
        if (value > max) max = value
      }
    }
    if (min > max) return { min: 0, max: 1 }
    if (zero) [min, max] = [Math.min(0, min), Math.max(0, max)]
    const least = Math.max(Math.abs(min), Math.abs(max)) * 1e-3 || 1
    const air = Math.max(max - min, least) * 0.08
    // a store that is never negative gets no axis that is
    return { min: min >= 0 ? Math.max(0, min - air) : min - air, max: max + air }
  }

  #options(element: HTMLElement, heard: Heard): uPlot.Options {
    const ink = this.#ink
    const fine = {
      stroke: ink('ink-2'),
      grid: { stroke: ink('grid'), width: 1 },
      ticks: { show: false },
      font: `13px ${ink('font')}`,
    }
    const { lines, recorded } = this.#of
    const edge = { stroke: 'transparent', width: 0, points: { show: false } }
    const series = lines.flatMap(({ slot }): uPlot.Series[] => [
      edge,
      edge,
      { stroke: ink(`run-${slot}`), width: 1.75, points: { show: false }, ...dashOf(ink(`dash-${slot}`)) },
    ])
    const bands = lines.flatMap(({ slot, low }, i): uPlot.Band[] =>
      low ? [{ series: [1 + i * EACH, 2 + i * EACH], fill: ink(`band-${slot}`) }] : [],
    )
    if (recorded) series.push({ stroke: ink('recorded'), width: 1.5, points: { show: false } })
    return {
      ...sizeOf(element),
      ms: 1,
      legend: { show: false },
      padding: [8, 24, 0, 0],
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false, dist: 8 } },
      scales: {
        x: { time: false, range: () => [this.#of.from, this.#of.to] },
        y: {
          range: () => {
            const { min, max } = this.#range()
            return [min, max]
          },
        },
      },
      axes: [
        {
          ...fine,
          size: 30,
          splits: (u) => hourSplits(this.#of.from, this.#of.to, u.width / 84),
          values: (_u, splits) => splits.map((hour) => hourMark(hour, this.#of.to - this.#of.from)),
        },
        {
          ...fine,
          ...(this.#of.count ? { incrs: [1, 2, 5, 10, 20, 50, 100, 1000] } : {}),
          size: 62,
          space: this.#of.count ? 22 : 36,
          values: (_u, splits) => splits.map((v) => number(v, decimals(splits))),
        },
      ],
      series: [{}, ...series],
      bands,
      hooks: {
        draw: [(u) => this.#marks(u)],
        setCursor: [
          (u) => {
            const left = u.cursor.left ?? -1
            heard.point(left < 0 ? undefined : u.posToVal(left, 'x'))
          },
        ],
        setSelect: [
          (u) => {
            if (u.select.width < 8) return
            heard.zoom([u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x')])
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          },
        ],
      },
    }
  }

  /** Each run's number at the end of its line; a line at 0 where there are values on both sides. */
  #marks(u: uPlot): void {
    const { ctx, bbox } = u
    const ratio = devicePixelRatio
    ctx.save()
    ctx.font = `650 ${12 * ratio}px ${this.#ink('font')}`
    ctx.textAlign = 'left'
    ctx.textBaseline = 'middle'
    const taken: number[] = []
    for (const { slot, hours, mid } of this.#of.lines) {
      const row = lastInside(hours, mid, this.#of.to)
      const value = row === undefined ? null : mid[row]
      if (row === undefined || typeof value !== 'number') continue
      const x = u.valToPos(hours[row] ?? 0, 'x', true) + 5 * ratio
      let y = Math.min(bbox.top + bbox.height - 6 * ratio, Math.max(bbox.top + 6 * ratio, u.valToPos(value, 'y', true)))
      // numbers that would lie on each other are put below each other
      while (taken.some((other) => Math.abs(other - y) < 12 * ratio)) y += 12 * ratio
      taken.push(y)
      ctx.fillStyle = this.#ink(`run-${slot}`)
      ctx.fillText(String(slot), x, y)
    }
    const [low, high] = [u.scales.y?.min ?? 0, u.scales.y?.max ?? 0]
    if (low < 0 && high > 0) {
      const y = u.valToPos(0, 'y', true)
      ctx.strokeStyle = this.#ink('ink-3')
      ctx.lineWidth = ratio
      ctx.beginPath()
      ctx.moveTo(bbox.left, y)
      ctx.lineTo(bbox.left + bbox.width, y)
      ctx.stroke()
    }
    ctx.restore()
  }
}

function lastInside(hours: readonly number[], mid: Figures, to: number): number | undefined {
  for (let row = hours.length - 1; row >= 0; row--) {
    if ((hours[row] ?? 0) <= to && typeof mid[row] === 'number') return row
  }
  return undefined
}

function dashOf(text: string): { dash?: number[] } {
  const dash = text.split(/\s+/).map(Number).filter(Number.isFinite)
  return text === '' || dash.length < 2 ? {} : { dash }
}

function sizeOf(element: HTMLElement): { width: number; height: number } {
  return { width: Math.max(160, element.clientWidth), height: Math.max(120, element.clientHeight) }
}

/** As many digits as tell two neighbouring marks apart. */
function decimals(splits: readonly number[]): number {
  const step = Math.abs((splits[1] ?? 1) - (splits[0] ?? 0))
  for (let digits = 0; digits < 6; digits++) {
    const scaled = step * 10 ** digits
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 && scaled > 0.5) return digits
  }
  return step === 0 ? 0 : 6
}

const stepsOfHours = [1, 2, 3, 6, 12, 24, 48, 120, 240, 480, 720, 1200, 2400, 4800, 12_000, 24_000]

/** Marks at whole hours or days. @param most how many there is room for */
function hourSplits(from: number, to: number, most: number): number[] {
  const wanted = (to - from) / Math.max(2, most)
  const step = stepsOfHours.find((one) => one >= wanted) ?? Math.ceil(wanted / 24_000) * 24_000
  const marks: number[] = []
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) marks.push(at)
  return marks
}

function hourMark(hour: number, span: number): string {
  return span <= 72 && hour % 24 !== 0 ? `${hour % 24} h` : `day ${number(hour / 24, 0)}`
}
