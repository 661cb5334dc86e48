/** One quantity of one zone over time: what was, what is to come, and what had been said would come. */
import type { DeviceInfo } from '@habtwin/contract/device'
import { pointInfo } from '@habtwin/contract/points'
import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { marksOf } from '../events/marks.ts'
import { standing } from '../events/store.ts'
import { MarkWords } from '../events/under.tsx'
import { type ChartData, chartData, load } from '../link/chart-data.ts'
import { devicesOf } from '../model/figure.ts'
import { type Scale, scaled, withUnit } from '../model/format.ts'
import { limitsOf } from '../model/limits.ts'
import { deviceChoices, deviceLabel, keyOf, type Measure, zoneChoices } from '../model/measures.ts'
import { moment } from '../model/mission.ts'
import { ahead, continued, coverage, noBand, spans, upTo } from '../model/series.ts'
import {
  about,
  chosen,
  connection,
  figureFor,
  habitat,
  lead,
  now,
  scale,
  spanName,
  theme,
  timezone,
  zones,
} from '../state.ts'
import { type Drawn, Plot, type Pointed } from './plot.ts'

const HOUR = 3_600_000
const leads = ['off', '1h', '6h', '24h'] as const

const pointed = signal<Pointed | undefined>(undefined)

/** What is charted: what was chosen, else CO₂ (or what is measured instead) of the first zone with people. */
function selection(): Measure {
  const pick = chosen.value
  if (pick && zones.value.has(pick.zone)) return pick
  const ids = [...zones.value]
  const zone = (ids.find(([, { crew }]) => crew) ?? ids[0])?.[0] ?? ''
  const first = [...zoneChoices(infos(), zone), ...deviceChoices(infos(), zone)][0]
  return first?.measure ?? { zone, quantity: 'co2' }
}

/** All devices but the virtual habitat's handles. */
function infos(): DeviceInfo[] {
  return [...habitat.value.infos.values()].filter(({ device }) => device !== about.value?.disturb?.device)
}

function labelOf({ quantity, device }: Measure): string {
  const info = device === undefined ? undefined : habitat.value.infos.get(device)
  return info === undefined ? pointInfo(quantity).label : deviceLabel(info, quantity)
}

function unitOf({ quantity, device }: Measure): Scale {
  const info = device === undefined ? undefined : habitat.value.infos.get(device)
  return scale(quantity, info?.points[quantity]?.unit)
}

interface PickProps<T extends string> {
  readonly name: string
  readonly of: readonly (readonly [value: T, label: string])[]
  readonly value: T
  readonly onPick: (value: T) => void
}

function Pick<T extends string>({ name, of, value, onPick }: PickProps<T>) {
  return (
    <fieldset class="pick" aria-label={name} data-testid={`pick-${name.toLowerCase().replaceAll(' ', '-')}`}>
      {of.map(([one, label]) => (
        <button key={one} type="button" aria-pressed={one === value} data-value={one} onClick={() => onPick(one)}>
          {label}
        </button>
      ))}
    </fieldset>
  )
}

function drawn(measure: Measure): Drawn {
  const { back, ahead: forth } = spans.find(({ name }) => name === spanName.value) ?? spans[0]
  const t = now.value
  const { past: fetched, since } = chartData.value
  const said = lead.value === 'off' ? noBand : upTo(chartData.value.said, t)
  const past = continued(fetched, since)
  const forecast = measure.device === undefined ? habitat.value.forecasts.get(keyOf(measure)) : undefined
  // Where nothing is forecast, the room is for the past.
  const until = t + (forecast === undefined ? back / 50 : forth)
  return {
    unit: unitOf(measure),
    past,
    future: ahead(forecast, t, until, past.value.at(-1) ?? null),
    said,
    limits: limitsOf(about.value?.zones[measure.zone], measure.quantity),
    marks: marksOf(standing.value, measure.zone, (zone) => zones.value.get(zone)?.label ?? zone),
    now: t,
    from: t - back,
    until,
    timezone: timezone.value,
  }
}

function Legend({ of, measure }: { of: Drawn; measure: Measure }) {
  const at = pointed.value
  const share = coverage(of.said, of.past)
  const cell = (label: string, kind: string, text: string) => (
    <span class={`key of-${kind}`}>
      <i aria-hidden="true" />
      {label} <b>{text}</b>
    </span>
  )
  const band = (low: number | null | undefined, mid: number | null | undefined, high: number | null | undefined) =>
    mid === null || mid === undefined
      ? ''
      : `${scaled(mid, of.unit)} (${scaled(low, of.unit)} to ${scaled(high, of.unit)})`
  return (
    <p class="legend" data-testid="legend">
      <span class="moment">
        {at ? moment(at.t, of.now, of.timezone) : `now${of.unit.unit === '' ? '' : `, in ${of.unit.unit}`}`}
      </span>
      {cell('measured', 'past', withUnit(at ? at.value : figureFor(measure).value, of.unit))}
      {of.future.t.length > 0 && cell('forecast', 'future', at ? band(at.p05, at.p50, at.p95) : '90 % band')}
      {of.said.t.length > 0 &&
        cell(
          `made ${lead.value.replace('h', ' h')} before`,
          'said',
          at
            ? band(at.said05, at.said50, at.said95)
            : share === undefined
              ? ''
              : `${Math.round(share * 100)} % came within its band`,
        )}
    </p>
  )
}

/** The chart in a sentence, for who cannot see it. */
function summary(of: Drawn, measure: Measure): string {
  const values = of.past.value.filter((value) => value !== null)
  const label = `${labelOf(measure)} in ${zones.value.get(measure.zone)?.label ?? measure.zone}`
  if (values.length === 0) return `${label}: no readings in this span`
  const [least, most] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))]
  const [low, end, high] = [of.future.p05, of.future.p50, of.future.p95].map((column) => column.at(-1))
  const lead = Math.round(((of.future.t.at(-1) ?? of.now) - of.now) / HOUR)
  const range = `${scaled(least, of.unit)} to ${withUnit(most, of.unit)} over the last ${spanName.value}`
  if (end === undefined || end === null) return `${label}: ${range}`
  const band = `${scaled(low, of.unit)} to ${scaled(high, of.unit)}`
  return `${label}: ${range}; forecast ${withUnit(end, of.unit)} in ${lead} h, 90 % band ${band}`
}

function Canvas({ of, label }: { of: Drawn; label: string }) {
  const ref = useRef<HTMLDivElement>(null)
  const plot = useRef<Plot | undefined>(undefined)
  // A new theme or unit is a new plot: both are baked into its axes.
  useEffect(() => {
    const element = ref.current
    if (!element) return
    const made = new Plot(element, of, (at) => (pointed.value = at))
    plot.current = made
    return () => {
      plot.current = undefined
      made.destroy()
    }
  }, [theme.value, of.unit.unit, of.timezone])
  useEffect(() => plot.current?.draw(of))
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    plot.current?.move(step)
  }
  return (
    <div
      class="canvas"
      ref={ref}
      role="img"
      aria-label={label}
      data-testid="chart"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move the crosshair
      tabIndex={0}
      onKeyDown={onKeyDown}
    />
  )
}

const emptyWords: Readonly<Record<ChartData['state'], string>> = {
  loading: 'Fetching the past…',
  there: 'No readings in this span.',
  failed: 'The past cannot be fetched now; trying again.',
  none: 'No instrument measures this here.',
}

/** The zone's own quantities side by side; what single devices say of themselves in a list behind them. */
function Quantities({ measure }: { measure: Measure }) {
  const { zone, quantity, device } = measure
  const ofDevices = deviceChoices(infos(), zone)
  const current = device === undefined ? '' : keyOf(measure)
  return (
    <div class="measures">
      <Pick
        name="Quantity"
        of={zoneChoices(infos(), zone).map(({ measure, label }) => [measure.quantity, label] as const)}
        value={device === undefined ? quantity : ''}
        onPick={(next) => (chosen.value = { zone, quantity: next })}
      />
      {ofDevices.length > 0 && (
        <select
          aria-label="A device's own points"
          data-testid="pick-device"
          data-chosen={current !== ''}
          value={current}
          onChange={(event) => {
            const key = event.currentTarget.value
            const pick = ofDevices.find((one) => keyOf(one.measure) === key)
            if (pick) chosen.value = pick.measure
          }}
        >
          <option value="" disabled hidden>
            Devices…
          </option>
          {ofDevices.map((one) => (
            <option key={keyOf(one.measure)} value={keyOf(one.measure)}>
              {one.label}
            </option>
          ))}
        </select>
      )}
    </div>
  )
}

/** The same quantity in another zone, where that zone has it. */
function inZone(zone: string, { quantity, device }: Measure): Measure | undefined {
  if (device === undefined) return { zone, quantity }
  return zoneChoices(infos(), zone)[0]?.measure
}

export function ChartSection() {
  const measure = selection()
  const { zone, quantity, device } = measure
  const devices = devicesOf(habitat.value, measure).join(' ')
  useEffect(
    () => load(measure, devices === '' ? [] : devices.split(' ')),
    [zone, quantity, device, devices, spanName.value, lead.value],
  )
  const of = drawn(measure)
  return (
    <section
      class="card chart"
      aria-labelledby="chart-title"
      data-zone={zone}
      data-quantity={quantity}
      data-device={device}
      data-offline={connection.value === 'offline'}
    >
      <div class="chart-top">
        <h2 id="chart-title">
          {labelOf(measure)} <span>{zones.value.get(zone)?.label ?? zone}</span>
        </h2>
        {zones.value.size > 1 && (
          <Pick
            name="Zone"
            of={[...zones.value].map(([id, { label }]) => [id, label] as const)}
            value={zone}
            onPick={(next) => (chosen.value = inZone(next, measure) ?? { zone: next, quantity: 'co2' })}
          />
        )}
        <Pick
          name="Span"
          of={spans.map(({ name }) => [name, name] as const)}
          value={spanName.value}
          onPick={(name) => (spanName.value = name as typeof spanName.value)}
        />
      </div>
      <div class="chart-top">
        <Quantities measure={measure} />
        {device === undefined && (
          <div class="leads">
            <span class="quiet">what was said</span>
            <Pick
              name="Lead"
              of={leads.map((one) => [one, one.replace('h', ' h')] as const)}
              value={lead.value}
              onPick={(next) => (lead.value = next)}
            />
            <span class="quiet">before</span>
          </div>
        )}
      </div>
      <Legend of={of} measure={measure} />
      <div class="stage">
        <Canvas of={of} label={summary(of, measure)} />
        {of.past.t.length < 2 && <p class="empty">{emptyWords[chartData.value.state]}</p>}
      </div>
      <MarkWords {...of} at={pointed.value?.t} />
    </section>
  )
}
