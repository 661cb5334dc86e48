/** What the charts and the table draw: the quantities of the shown runs, over their hours. */
import { ucum } from '@habtwin/contract/units'
import { computed, signal } from '@preact/signals'
import { evaluate, type Quantity } from './model/quantities.ts'
import { type Drawable, daily, within } from './model/reduce.ts'
import { lengthText, type Run } from './model/run.ts'
import type { Series, Table } from './model/table.ts'
import { drawnOf } from './store/runs.ts'
import { naming, runs } from './store/state.ts'

export interface ChartLine {
  readonly run: Run
  readonly hours: readonly number[]
  readonly series: Series
}

export interface Chart {
  readonly id: string
  readonly quantity: Quantity
  /** What a person reads beside a figure. */
  readonly unit: string
  readonly lines: readonly ChartLine[]
}

const order = ['air.co2', 'air.o2', 'crew', 'water', 'food', 'energy', 'crops', 'made', 'used', 'column']

function rank(id: string): number {
  const at = order.findIndex((one) => id.startsWith(one))
  return at === -1 ? order.length : at
}

/** Tables are long, and what was reckoned of one holds for as long as there is the table. */
const reckoned = new WeakMap<Table, Map<string, Series | undefined>>()

function seriesOf(table: Table, quantity: Quantity): Series | undefined {
  const known = reckoned.get(table) ?? new Map<string, Series | undefined>()
  reckoned.set(table, known)
  const key = `${quantity.id} ${quantity.factor}`
  if (!known.has(key)) known.set(key, evaluate(quantity, table))
  return known.get(key)
}

const hours = new WeakMap<Table, { readonly dt: number; readonly is: readonly number[] }>()

function hoursOf(table: Table, dt: number): readonly number[] {
  const known = hours.get(table)
  if (known?.dt === dt) return known.is
  const is = table.steps.map((step) => step * dt)
  hours.set(table, { dt, is })
  return is
}

export const charts = computed((): Chart[] => {
  const found = new Map<string, Chart & { lines: ChartLine[] }>()
  for (const run of runs.value) {
    const { dt } = naming(run)
    for (const quantity of drawnOf(run)) {
      const chart = found.get(quantity.id) ?? { id: quantity.id, quantity, unit: ucum(quantity.unit), lines: [] }
      found.set(quantity.id, chart)
      const { table } = run
      const series = table && seriesOf(table, quantity)
      if (table && series) chart.lines.push({ run, hours: hoursOf(table, dt), series })
    }
  }
  return [...found.values()].sort((a, b) => rank(a.id) - rank(b.id))
})

/** Hours of simulated time that there are figures of, by run. */
export function lengthOf(run: Run): number {
  return (run.table?.steps.at(-1) ?? 0) * naming(run).dt
}

/** The longest of the shown runs, h; what is still to come is counted too. */
export const longest = computed(() =>
  runs.value.reduce((most, run) => {
    const { job } = run
    const planned = job === undefined ? 0 : (job.steps / Math.max(1, job.runs)) * naming(run).dt
    const isToCome = job?.state === 'running' || run.table === undefined
    return Math.max(most, lengthOf(run), isToCome ? planned : 0)
  }, 0),
)

/** What of it is drawn, hours from and to; undefined for all of it. */
export const zoom = signal<readonly [from: number, to: number] | undefined>(undefined)

/** The hour under the crosshair, in all charts alike. */
export const pointed = signal<number | undefined>(undefined)

/** Spans from the beginning that are worth a button. */
export const spanChoices = computed(() => {
  const lengths = [24, 240, 720, 2400].filter((one) => one < longest.value * 0.9)
  return lengths.map((one) => [one, `First ${lengthText(one)}`] as const)
})

/** The row of a line that is nearest to an hour; undefined where it lies beyond the line. */
export function rowAt(hours: readonly number[], hour: number): number | undefined {
  let [low, high] = [0, hours.length - 1]
  if (high < 0) return undefined
  const slack = ((hours[high] ?? 0) - (hours[0] ?? 0)) / Math.max(1, high)
  if (hour < (hours[0] ?? 0) - slack || hour > (hours[high] ?? 0) + slack) return undefined
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((hours[middle] ?? 0) <= hour) low = middle
    else high = middle
  }
  return hour - (hours[low] ?? 0) <= (hours[high] ?? 0) - hour ? low : high
}

/** Hours beyond which days are drawn by their means: the ups and downs of each would lie on the same pixels. */
const DAILY = 21 * 24
/** Rows of a line; more would lie on the same pixels as well. */
const MOST_ROWS = 1_500

/** The longest of the shown runs so far, h. */
const known = computed(() => runs.value.reduce((most, run) => Math.max(most, lengthOf(run)), 0))

/** True where the charts draw days by their means. */
export function isDaily([from, to]: readonly [number, number]): boolean {
  return Math.min(to, known.value) - from > DAILY
}

const days = new WeakMap<Series, Drawable>()

/** A line as it is drawn between two hours. Counts are never means: there is no half a person. */
export function drawable({ hours, series }: ChartLine, span: readonly [number, number], count: boolean): Drawable {
  if (count || !isDaily(span)) return within(hours, series, ...span, MOST_ROWS)
  const drawn = days.get(series) ?? daily(hours, series)
  days.set(series, drawn)
  return drawn
}
