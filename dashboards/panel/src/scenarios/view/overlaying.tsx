/** Recorded history over a run: which, from when, and what is left between the two. */

import { ucum } from '@habtwin/contract/units'
import { useState } from 'preact/hooks'
import { number } from '../../model/format.ts'
import { now, timezone, zones } from '../../state.ts'
import { type Chart, longest, zoom } from '../charts.ts'
import { localMoment, localText } from '../model/moment.ts'
import { converted } from '../model/residual.ts'
import { choices, fetched, type Over, over, overlay, overlayable } from '../overlay.ts'
import { names } from '../store/state.ts'
import { Canvas } from './charts.tsx'

const HOUR = 3_600_000

function chartTitle({ quantity }: Chart): string {
  return quantity.place === '' ? quantity.label : `${quantity.label}, ${quantity.place}`
}

/** The beginning of the hour that lies the runs' length back, at most a day. */
function usualStart(): number {
  return Math.floor((now.peek() - Math.min(24, Math.max(1, longest.peek())) * HOUR) / HOUR) * HOUR
}

/** The runs and what was recorded, both in the recorded unit. */
function Both({ of }: { of: Over }) {
  const { chart, unit, recorded } = of
  const [from, to] = zoom.value ?? extent(of)
  const lines = chart.lines.map(({ run, hours, series }) => ({
    slot: run.slot,
    hours,
    mid: converted(series.mid, chart.quantity.unit, unit),
    low: series.low && converted(series.low, chart.quantity.unit, unit),
    high: series.high && converted(series.high, chart.quantity.unit, unit),
  }))
  const left = chart.lines.map(({ run }) => {
    const { hours, values } = of.left.get(run.key) ?? { hours: [], values: [] }
    return { slot: run.slot, hours, mid: values }
  })
  return (
    <>
      <p class="sc-caption">
        {chartTitle(chart)}, simulated, and <span class="sc-recorded">{of.label}, recorded</span>; {of.sign}
      </p>
      <Canvas
        of={{ lines, recorded, from, to, zero: false }}
        label={`${chartTitle(chart)}: the runs, with ${of.label} as it was recorded, in ${of.sign}`}
        testid="overlay-chart"
      />
      <p class="sc-caption">Residual: recorded less simulated; {of.sign}</p>
      <Canvas of={{ lines: left, from, to, zero: true }} label={said(of)} testid="residual-chart" />
      <ul class="sc-legend">
        {chart.lines.map(({ run }) => {
          const { rms, bias, n } = of.left.get(run.key) ?? {}
          return (
            <li key={run.key} data-residual={run.key}>
              <span class={`sc-slot run-${run.slot}`} aria-hidden="true">
                {run.slot}
              </span>
              {rms === undefined || bias === undefined
                ? 'nothing was recorded in its time'
                : `RMS ${number(rms, of.digits)}, bias ${number(bias, of.digits)} ${of.sign}, of ${number(n ?? 0, 0)}`}
            </li>
          )
        })}
      </ul>
    </>
  )
}

/** The hours that were recorded, with the whole run where it is shorter. */
function extent({ recorded }: Over): readonly [number, number] {
  const last = recorded.hours.at(-1) ?? 0
  return [0, Math.max(1, Math.min(longest.value, last * 1.05))]
}

function said(of: Over): string {
  const parts = of.chart.lines.map(({ run }) => {
    const { rms, bias } = of.left.get(run.key) ?? {}
    const figures =
      rms === undefined || bias === undefined
        ? 'nothing to compare'
        : `root mean square ${number(rms, of.digits)}, bias ${number(bias, of.digits)}`
    return `${names.value.get(run.key)}: ${figures}`
  })
  return `Residuals in ${of.sign}. ${parts.join('; ')}`
}

function Choice() {
  const possible = overlayable.value
  const current = overlay.value
  const [chart, setChart] = useState(current?.chart ?? possible[0]?.id ?? '')
  const [source, setSource] = useState(current ? `${current.device} ${current.point}` : '')
  const [typed, setStart] = useState<string>()
  const start = typed ?? localText(current?.start ?? usualStart(), timezone.value)
  const over = possible.find(({ id }) => id === chart) ?? possible[0]
  if (over === undefined) return null
  const sources = choices(over.quantity)
  const picked = sources.find(({ info, point }) => `${info.device} ${point}` === source) ?? sources[0]
  const moment = localMoment(start, timezone.value)
  const lay = () => {
    if (picked === undefined || moment === undefined) return
    overlay.value = { chart: over.id, device: picked.info.device, point: picked.point, start: moment }
  }
  return (
    <form
      class="sc-choice"
      onSubmit={(event) => {
        event.preventDefault()
        lay()
      }}
    >
      <label>
        Over
        <select
          value={over.id}
          data-testid="overlay-chart-choice"
          onChange={({ currentTarget }) => setChart(currentTarget.value)}
        >
          {possible.map((one) => (
            <option key={one.id} value={one.id}>
              {chartTitle(one)}
            </option>
          ))}
        </select>
      </label>
      <label>
        What was recorded
        <select
          value={picked ? `${picked.info.device} ${picked.point}` : ''}
          data-testid="overlay-source"
          onChange={({ currentTarget }) => setSource(currentTarget.value)}
        >
          {sources.map(({ info, point, label }) => (
            <option key={`${info.device} ${point}`} value={`${info.device} ${point}`}>
              {label} ({zones.peek().get(info.zone)?.label ?? info.zone}, {ucum(info.points[point]?.unit ?? '')})
            </option>
          ))}
        </select>
      </label>
      <label>
        The run begins at ({timezone.value})
        <input
          type="datetime-local"
          value={start}
          aria-invalid={moment === undefined}
          data-testid="overlay-start"
          onInput={({ currentTarget }) => setStart(currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={moment === undefined || picked === undefined} data-testid="overlay-lay">
        Lay over
      </button>
      {current && (
        <button type="button" onClick={() => (overlay.value = undefined)}>
          Take away
        </button>
      )}
    </form>
  )
}

export function Overlaying() {
  const state = fetched.value
  if (overlayable.value.length === 0) return null
  return (
    <section class="card" aria-labelledby="overlay-title" data-testid="overlay">
      <h3 id="overlay-title">Against what was recorded</h3>
      <p class="quiet">Lays a device’s history over the runs, and shows what is left between them.</p>
      <Choice />
      {state.state === 'loading' && <p class="quiet">Fetching what was recorded…</p>}
      {state.state === 'failed' && (
        <p class="wrong" role="alert">
          {state.why}
        </p>
      )}
      {over.value && <Both of={over.value} />}
    </section>
  )
}
