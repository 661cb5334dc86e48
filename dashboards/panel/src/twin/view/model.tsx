/** What the twin goes by: figures that nobody measures, what it took for granted, and readings that it did not believe. */
import { pointInfo } from '@habtwin/contract/points'
import type { Parameter, TwinModel } from '@habtwin/contract/twin'
import { disbelief, parameterFigure, parameterUnit } from '../../model/explained.ts'
import { withUnit } from '../../model/format.ts'
import { moment } from '../../model/mission.ts'
import { habitat, now, scale, timezone, zones } from '../../state.ts'
import { grouped, knowledge, priorBand, spreadOf } from '../model/parameters.ts'

function figures(parameter: Parameter): string {
  const { mean, p05, p95, unit, kind } = parameter
  const figure = (value: number) => parameterFigure(value, unit, kind)
  const sign = parameterUnit(unit, kind)
  return `${figure(mean)}${sign === '' ? '' : ` ${sign}`} (${figure(p05)} to ${figure(p95)})`
}

function priorWords(parameter: Parameter): string {
  const { prior, unit, kind } = parameter
  const figure = (value: number) => parameterFigure(value, unit, kind)
  const [low, high] = priorBand(parameter).map(figure)
  return `${figure(prior.mean)} (${low} to ${high}) before any reading`
}

function Line({ of }: { of: Parameter }) {
  const { prior, band, mean, zero } = spreadOf(of)
  const part = ([from, to]: readonly [number, number]) => ({ left: `${from}%`, width: `${Math.max(0.5, to - from)}%` })
  return (
    <li data-parameter={of.id}>
      <span class="tw-name">{of.label}</span>
      <span class="tw-value">{figures(of)}</span>
      <span class="tw-spread" title={priorWords(of)} aria-hidden="true">
        <i class="tw-prior" style={part(prior)} />
        <i class="tw-known" style={part(band)} />
        {zero !== undefined && <i class="tw-zero" style={{ left: `${zero}%` }} />}
        <b style={{ left: `${mean}%` }} />
      </span>
      <span class="quiet">
        {knowledge(of)}; {priorWords(of)}
      </span>
    </li>
  )
}

function groupLabel(of: string | undefined): string {
  if (of === undefined) return 'Habitat'
  if (of === 'instruments') return 'Instruments'
  return zones.value.get(of)?.label ?? of
}

function Parameters({ of }: { of: readonly Parameter[] }) {
  if (of.length === 0) return <p class="empty">Nothing yet: it is found out from readings.</p>
  return (
    <>
      <p class="quiet">
        The bar holds the figure with a chance of 90 %; the faint one behind it is what was assumed before any reading.
      </p>
      <div class="tw-groups">
        {grouped(of, [...zones.value.keys()]).map((group) => (
          <section key={group.of ?? ''} aria-label={groupLabel(group.of)}>
            <h5>{groupLabel(group.of)}</h5>
            <ul class="tw-parameters">
              {group.parameters.map((one) => (
                <Line key={one.id} of={one} />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </>
  )
}

function Ignored({ of }: { of: TwinModel['ignored'] }) {
  if (of.length === 0) return <p class="empty">Every reading was believed.</p>
  return (
    <ul class="tw-ignored">
      {of.map(({ device, point, t, count, value, reason }) => (
        <li key={`${device}/${point}/${reason}`}>
          <b>
            {habitat.value.infos.get(device)?.label ?? device}, {pointInfo(point).label}
          </b>{' '}
          {count === 1 ? 'one reading' : `${count.toLocaleString('en-GB')} readings`}: {disbelief(reason)}
          <span class="quiet">
            {' '}
            last {value === null ? 'without a number' : withUnit(value, scale(point))},{' '}
            {moment(t, now.value, timezone.value)}
          </span>
        </li>
      ))}
    </ul>
  )
}

export function Model({ of, isAsking }: { of: TwinModel | undefined; isAsking: boolean }) {
  if (of === undefined) {
    return (
      <section class="tw-section" aria-labelledby="model-title" data-testid="model">
        <h3 id="model-title">What the twin goes by</h3>
        <p class="card empty" data-testid="no-model">
          {isAsking ? 'Asking for the model…' : 'No model yet: it is made from the first minutes of readings.'}
        </p>
      </section>
    )
  }
  return (
    <section class="tw-section" aria-labelledby="model-title" data-testid="model">
      <h3 id="model-title">What the twin goes by</h3>
      <section class="card" aria-labelledby="found-title">
        <h4 id="found-title">What it has found out</h4>
        <Parameters of={of.parameters} />
      </section>
      <div class="pair">
        <section class="card" aria-labelledby="assumed-title" data-testid="assumptions">
          <h4 id="assumed-title">What it takes for granted</h4>
          {of.assumptions.length === 0 && <p class="empty">Nothing that was not said or measured.</p>}
          <ul class="tw-sentences">
            {of.assumptions.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </section>
        <section class="card" aria-labelledby="ignored-title" data-testid="ignored">
          <h4 id="ignored-title">What it did not believe</h4>
          <Ignored of={of.ignored} />
        </section>
      </div>
    </section>
  )
}
