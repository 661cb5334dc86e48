/** The quantities of each zone over the next two days, as it is and with the changes. */
import { pointInfo } from '@habtwin/contract/points'
import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { type Scale, scaled, withUnit } from '../../model/format.ts'
import { limitsOf } from '../../model/limits.ts'
import { moment } from '../../model/mission.ts'
import { about, now, quantities, scale, theme, timezone, zones } from '../../state.ts'
import { type Bands, type Pair, pairsOf } from '../model/answer.ts'
import { answer } from '../store.ts'
import { type Futures, FuturesPlot } from './plot.ts'

const HOUR = 3_600_000

/** The moment under the crosshair, of all charts alike. */
const pointed = signal<number | undefined>(undefined)

function Canvas({ of, label, testid }: { of: Futures; label: string; testid: string }) {
  const ref = useRef<HTMLDivElement>(null)
  const plot = useRef<FuturesPlot | undefined>(undefined)
  useEffect(() => {
    const element = ref.current
    if (!element) return
    const made = new FuturesPlot(element, of, (t) => (pointed.value = t))
    plot.current = made
    return () => {
      plot.current = undefined
      made.destroy()
    }
  }, [theme.value, of.unit.unit, of.timezone])
  useEffect(() => plot.current?.draw(of), [of.base, of.changed, of.t])
  useEffect(() => plot.current?.point(pointed.value), [pointed.value])
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (event.key === 'Escape') pointed.value = undefined
    if (step === undefined) return
    event.preventDefault()
    const at = rowAt(of.t, pointed.value ?? of.t[0] ?? 0) + step
    pointed.value = of.t[Math.max(0, Math.min(of.t.length - 1, at))]
  }
  return (
    <div
      class="tw-canvas"
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

/** The last row at or before a moment. */
function rowAt(t: readonly number[], at: number): number {
  const after = t.findIndex((one) => one > at)
  return after === -1 ? t.length - 1 : Math.max(0, after - 1)
}

function bandWords({ p05, p50, p95 }: Bands, row: number, unit: Scale): string {
  return `${scaled(p50[row], unit)} (${scaled(p05[row], unit)} to ${scaled(p95[row], unit)})`
}

function summary(
  { quantity, zone, base, changed, isSame }: Pair,
  t: readonly number[],
  made: number,
  unit: Scale,
): string {
  const row = t.length - 1
  const hours = Math.round(((t[row] ?? made) - made) / HOUR)
  const at = (bands: Bands) => `${withUnit(bands.p50[row], unit)}, 90 % band ${bandWords(bands, row, unit)}`
  const place = zones.value.get(zone)?.label ?? zone
  const then = isSame ? 'no difference with the changes' : `with the changes ${at(changed)}`
  return `${pointInfo(quantity).label} in ${place}, ${hours} h ahead: as it is ${at(base)}; ${then}`
}

function Readout({ pair, t, unit }: { pair: Pair; t: readonly number[]; unit: Scale }) {
  const row = pointed.value === undefined ? t.length - 1 : rowAt(t, pointed.value)
  return (
    <p class="tw-readout">
      <span class="of-base">
        <i aria-hidden="true" />
        {bandWords(pair.base, row, unit)}
      </span>
      {!pair.isSame && (
        <span class="of-changed">
          <i aria-hidden="true" />
          {bandWords(pair.changed, row, unit)}
        </span>
      )}
      {pair.isSame && <span class="quiet">no difference</span>}
    </p>
  )
}

function ChartCard({ pair, t, made }: { pair: Pair; t: readonly number[]; made: number }) {
  const { zone, quantity } = pair
  const unit = scale(quantity)
  const of = {
    t,
    base: pair.base,
    changed: pair.isSame ? undefined : pair.changed,
    unit,
    limits: limitsOf(about.value?.zones[zone], quantity),
    timezone: timezone.value,
  }
  return (
    <section class="card tw-chart" data-chart={`${zone}/${quantity}`} data-same={pair.isSame}>
      <h5>
        {pointInfo(quantity).label} {unit.unit !== '' && <span class="quiet">{unit.unit}</span>}
      </h5>
      <Readout pair={pair} t={t} unit={unit} />
      <Canvas of={of} label={summary(pair, t, made, unit)} testid={`whatif-${zone}-${quantity}`} />
    </section>
  )
}

/** By itself, so that the charts are not put together anew with each move of the crosshair. */
function Moment({ end }: { end: number }) {
  const t = pointed.value ?? end
  return <>{moment(t, now.value, timezone.value)}</>
}

export function FutureCharts() {
  const got = answer.value?.is
  if (got === undefined) return null
  const pairs = pairsOf(got, [...zones.value.keys()], quantities)
  const places = [...new Set(pairs.map(({ zone }) => zone))]
  return (
    <section aria-labelledby="futures-title" class="tw-section">
      <div class="tw-chartstop">
        <h3 id="futures-title">The next 48 hours</h3>
        <p class="tw-readout">
          <span class="of-base">
            <i aria-hidden="true" />
            as it is
          </span>
          <span class="of-changed">
            <i aria-hidden="true" />
            with the changes
          </span>
          <span class="quiet">
            medians and 90 % bands; figures at <Moment end={got.t.at(-1) ?? got.made} />
          </span>
        </p>
      </div>
      {places.map((zone) => (
        <section key={zone} class="tw-section" aria-label={zones.value.get(zone)?.label ?? zone}>
          <h4>{zones.value.get(zone)?.label ?? zone}</h4>
          <div class="tw-charts">
            {pairs
              .filter((pair) => pair.zone === zone)
              .map((pair) => (
                <ChartCard key={`${zone}/${pair.quantity}`} pair={pair} t={got.t} made={got.made} />
              ))}
          </div>
        </section>
      ))}
    </section>
  )
}
