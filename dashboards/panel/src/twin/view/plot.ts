/** uPlot with two futures over each other: as it is, dashed and grey, and with the changes; limits as lines. */
import uPlot from 'uplot'
import { number, type Scale } from '../../model/format.ts'
import type { Limit } from '../../model/limits.ts'
import { rangeOf } from '../../model/range.ts'
import { drawLimits } from '../../view/limit-lines.ts'
import { decimals, mark, sizeOf } from '../../view/plot.ts'
import type { Bands } from '../model/answer.ts'

export interface Futures {
  readonly t: readonly number[]
  readonly base: Bands
  /** Undefined where it makes no difference. */
  readonly changed: Bands | undefined
  readonly unit: Scale
  readonly limits: readonly Limit[]
  readonly timezone: string
}

function table({ t, base, changed, unit }: Futures): uPlot.AlignedData {
  const columns = [base, changed].flatMap((bands) => [bands?.p95, bands?.p05, bands?.p50])
  return [[...t], ...columns.map((column) => column?.map(unit.of) ?? t.map(() => null))]
}

export class FuturesPlot {
  readonly #u: uPlot
  readonly #observer: ResizeObserver
  #of: Futures

  constructor(element: HTMLElement, of: Futures, onPoint: (t: number | undefined) => void) {
    this.#of = of
    this.#u = new uPlot(this.#options(element, onPoint), table(of), element)
    this.#observer = new ResizeObserver(() => this.#u.setSize(sizeOf(element)))
    this.#observer.observe(element)
  }

  draw(of: Futures): void {
    this.#of = of
    this.#u.setData(table(of))
  }

  /** Puts the crosshair to a moment. */
  point(t: number | undefined): void {
    const left = t === undefined ? -10 : this.#u.valToPos(t, 'x')
    if (Math.abs((this.#u.cursor.left ?? -10) - left) < 1) return
    this.#u.setCursor({ left, top: t === undefined ? -10 : 10 }, false)
  }

  destroy(): void {
    this.#observer.disconnect()
    this.#u.destroy()
  }

  #range(): [number, number] {
    const { unit, limits } = this.#of
    const range = rangeOf({
      ruling: this.#u.data.slice(1).flatMap((column) => [...column].filter((value) => typeof value === 'number')),
      earlier: [],
      limits: limits.map(({ value }) => unit.of(value)),
      least: 10 ** -unit.digits * 8,
    })
    return range ? [range.min, range.max] : [0, 1]
  }

  #options(element: HTMLElement, onPoint: (t: number | undefined) => void): uPlot.Options {
    const style = getComputedStyle(element)
    const ink = (name: string) => style.getPropertyValue(`--${name}`).trim()
    const zone = this.#of.timezone
    const fine = {
      stroke: ink('ink-2'),
      grid: { stroke: ink('grid'), width: 1 },
      ticks: { show: false },
      font: `13px ${ink('font')}`,
    }
    const edge = (name: string) => ({ stroke: ink(name), width: 1, points: { show: false } })
    return {
      ...sizeOf(element),
      ms: 1,
      tzDate: (t) => uPlot.tzDate(new Date(t), zone),
      legend: { show: false },
      padding: [8, 24, 0, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      scales: { x: { time: true }, y: { range: () => this.#range() } },
      axes: [
        {
          ...fine,
          space: 64,
          size: 30,
          values: (_u: uPlot, splits: number[]) => splits.map((t, i) => mark(t, splits[i - 1], zone)),
        },
        { ...fine, size: 56, space: 36, values: (_u, splits) => splits.map((v) => number(v, decimals(splits))) },
      ],
      series: [
        {},
        edge('said-band'),
        edge('said-band'),
        { stroke: ink('said'), width: 2, dash: [5, 5], points: { show: false } },
        edge('future-band'),
        edge('future-band'),
        { stroke: ink('future'), width: 2.5, points: { show: false } },
      ],
      bands: [
        { series: [1, 2], fill: ink('said-band') },
        { series: [4, 5], fill: ink('future-band') },
      ],
      hooks: {
        drawAxes: [(u) => drawLimits(u, this.#of.limits, this.#of.unit, ink)],
        setCursor: [
          (u) => {
            const row = u.cursor.idx
            onPoint((u.cursor.left ?? -1) < 0 || row == null ? undefined : u.data[0][row])
          },
        ],
      },
    }
  }
}
