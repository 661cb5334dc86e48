/** The runs over each other, a chart for each quantity, all over the same hours. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { number } from '../../model/format.ts'
import { theme } from '../../state.ts'
import { Glyph } from '../../view/icons.tsx'
import { type Chart, charts, drawable, isDaily, longest, pointed, rowAt, spanChoices, zoom } from '../charts.ts'
import { hourText, lengthText } from '../model/run.ts'
import type { Series } from '../model/table.ts'
import { hidden, names } from '../store/state.ts'
import { type Plotted, RunPlot, shapeOf } from './plot.ts'
import { ColumnSearch } from './search.tsx'

/** Hours that are drawn. */
function span(): readonly [number, number] {
  return zoom.value ?? [0, Math.max(1, longest.value)]
}

/** Widens or narrows what is drawn around an hour. */
function zoomBy(factor: number): void {
  const [from, to] = span()
  const middle = pointed.value ?? (from + to) / 2
  const next = [middle - (middle - from) * factor, middle + (to - middle) * factor] as const
  if (next[0] <= 0 && next[1] >= longest.value) zoom.value = undefined
  else if (next[1] - next[0] >= 2) zoom.value = [Math.max(0, next[0]), Math.min(longest.value, next[1])]
}

/** An element that a plot fills; arrow keys move the crosshair, + and − zoom, 0 shows all. */
export function Canvas({ of, label, testid }: { of: Plotted; label: string; testid: string }) {
  const ref = useRef<HTMLDivElement>(null)
  const plot = useRef<RunPlot | undefined>(undefined)
  // a new theme or another set of runs is a new plot
  useEffect(() => {
    const element = ref.current
    if (!element) return
    const made = new RunPlot(element, of, {
      point: (hour) => (pointed.value = hour),
      zoom: (to) => (zoom.value = to),
    })
    plot.current = made
    return () => {
      plot.current = undefined
      made.destroy()
    }
  }, [theme.value, shapeOf(of)])
  useEffect(() => plot.current?.draw(of), [of])
  useEffect(() => plot.current?.point(pointed.value), [pointed.value])
  const onKeyDown = (event: KeyboardEvent) => {
    const [from, to] = span()
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (step !== undefined) {
      const at = (pointed.value ?? from) + (step * (to - from)) / 50
      pointed.value = Math.min(to, Math.max(from, at))
    } else if (event.key === '+' || event.key === '=') zoomBy(0.5)
    else if (event.key === '-') zoomBy(2)
    else if (event.key === '0' || event.key === 'Escape') {
      zoom.value = undefined
      pointed.value = undefined
    } else return
    event.preventDefault()
  }
  return (
    <div
      class="sc-canvas"
      ref={ref}
      role="img"
      aria-label={label}
      data-testid={testid}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move the crosshair
      tabIndex={0}
      onKeyDown={onKeyDown}
    />
  )
}

function plotted({ quantity, lines }: Chart): Plotted {
  const [from, to] = span()
  const count = quantity.unit === ''
  return {
    lines: lines.map((line) => ({ slot: line.run.slot, ...drawable(line, [from, to], count) })),
    from,
    to,
    zero: count,
    count,
  }
}

function figures({ mid, low, high }: Series, row: number, digits: number): string {
  const [at, from, to] = [mid[row], low?.[row], high?.[row]]
  if (at === null || at === undefined) return '–'
  const [a, b] = [from, to].map((edge) => (typeof edge === 'number' ? number(edge, digits) : ''))
  const band = a === b || a === '' || b === '' ? '' : ` (${a} to ${b})`
  return `${number(at, digits)}${band}`
}

/** The figures at the crosshair; without one those of the end. */
function Legend({ chart }: { chart: Chart }) {
  const hour = pointed.value
  return (
    <ul class="sc-legend" data-testid="chart-legend">
      {chart.lines.map(({ run, hours, series }) => {
        const row = hour === undefined ? hours.length - 1 : rowAt(hours, hour)
        return (
          <li key={run.key} title={names.value.get(run.key)}>
            <span class={`sc-slot run-${run.slot}`} aria-hidden="true">
              {run.slot}
            </span>
            {row === undefined ? '–' : figures(series, row, chart.quantity.digits)}
          </li>
        )
      })}
    </ul>
  )
}

/** The chart in a sentence, for who cannot see it. */
function summary({ quantity, unit, lines }: Chart): string {
  const parts = lines.map(({ run, series: { mid } }) => {
    const known = mid.filter((one) => one !== null)
    if (known.length === 0) return `${names.value.get(run.key)}: no figures`
    const [low, high] = [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))]
    const figure = (value: number) => number(value, quantity.digits)
    return `${names.value.get(run.key)}: ${figure(low)} to ${figure(high)}, at the end ${figure(known.at(-1) ?? 0)}`
  })
  const place = quantity.place === '' ? '' : `, ${quantity.place}`
  return `${quantity.label}${place}${unit === '' ? '' : `, in ${unit}`}. ${parts.join('; ')}`
}

function ChartCard({ chart }: { chart: Chart }) {
  const wide = useSignal(false)
  const { quantity, unit } = chart
  const title = quantity.place === '' ? quantity.label : `${quantity.label}, ${quantity.place}`
  return (
    <section class={wide.value ? 'card sc-chart wide' : 'card sc-chart'} data-chart={chart.id} aria-label={title}>
      <div class="sc-charttop">
        <h4>
          {quantity.label} {quantity.place !== '' && <span>{quantity.place}</span>}
          {unit !== '' && <span class="sc-unit">{unit}</span>}
        </h4>
        <button
          type="button"
          class="plain"
          aria-pressed={wide.value}
          aria-label={`${title}: large`}
          onClick={() => (wide.value = !wide.value)}
        >
          <Glyph of={wide.value ? 'small' : 'large'} />
        </button>
        <button
          type="button"
          class="plain"
          aria-label={`Put away ${title}`}
          onClick={() => (hidden.value = new Set([...hidden.value, chart.id]))}
        >
          <Glyph of="close" />
        </button>
      </div>
      <Legend chart={chart} />
      {chart.lines.length === 0 ? (
        <p class="empty sc-canvas">Fetching…</p>
      ) : (
        <Canvas of={plotted(chart)} label={summary(chart)} testid={`chart-${chart.id}`} />
      )}
    </section>
  )
}

function Spans() {
  const at = zoom.value
  const choices = spanChoices.value
  return (
    <fieldset class="pick" aria-label="Span of the charts" data-testid="spans">
      <button type="button" aria-pressed={at === undefined} onClick={() => (zoom.value = undefined)}>
        All {lengthText(longest.value)}
      </button>
      {choices.map(([hours, label]) => (
        <button
          key={hours}
          type="button"
          aria-pressed={at?.[0] === 0 && at[1] === hours}
          onClick={() => (zoom.value = [0, hours])}
        >
          {label}
        </button>
      ))}
    </fieldset>
  )
}

/** What is drawn where it is not simply each step. */
function Notes() {
  const some = charts.value.some(({ lines }) => lines.some(({ series }) => series.low !== undefined))
  return (
    <>
      {isDaily(span()) && charts.value.length > 0 && (
        <p class="quiet">
          So long a span is drawn by days: the line is each day’s mean, the shade reaches from its lowest to its
          highest. A shorter span shows each step: drag over a chart, or press + on it.
        </p>
      )}
      {some && <BandNote />}
    </>
  )
}

function BandNote() {
  return (
    <p class="quiet">
      Bands: 90 of 100 seeds lie within (P05 to P95), the line is their median. Where a chart adds several stores, the
      bands are added too, which makes them rather too wide; the band of a gas is its own, in air that is otherwise the
      median.
    </p>
  )
}

/** By itself, so that the charts are not put together anew with each move of the crosshair. */
function Moment() {
  return (
    <span class="quiet" data-testid="moment">
      {pointed.value === undefined ? 'figures at the end' : `figures at ${hourText(pointed.value)}`}
    </span>
  )
}

export function Charts() {
  const shown = charts.value
  return (
    <section aria-labelledby="charts-title" class="sc-charts">
      <div class="chart-top">
        <h3 id="charts-title">Over time</h3>
        <Moment />
        <Spans />
        {hidden.value.size > 0 && (
          <button type="button" class="sc-small" onClick={() => (hidden.value = new Set())}>
            Show {hidden.value.size} put away
          </button>
        )}
      </div>
      <div class="sc-grid" data-testid="charts">
        {shown.map((chart) => (
          <ChartCard key={chart.id} chart={chart} />
        ))}
      </div>
      {shown.length === 0 && <p class="empty">As soon as there are figures they are drawn here.</p>}
      <Notes />
      <ColumnSearch />
    </section>
  )
}
