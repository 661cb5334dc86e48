/** How each instrument fares, and whether all that it took has been stored. */
import type { DeviceHealth, DeviceInfo } from '@habtwin/contract/device'
import type { Completeness, Gap } from '../model/about.ts'
import { freshness } from '../model/clock.ts'
import { share, span, words } from '../model/format.ts'
import { calibrations, doubts, type Remark } from '../model/instrument.ts'
import { moment } from '../model/mission.ts'
import { everyOf, hasFinished, isRecording } from '../model/recording.ts'
import { about, anchor, completeness, habitat, now, timezone, wall, zones } from '../state.ts'

type Fares = 'ok' | 'uncertain' | 'no value' | 'degraded' | 'down' | 'stale' | 'finished' | 'unknown'

/** The worse of what the gateway says and what this page sees: a gateway that is gone says nothing. */
function fares(health: DeviceHealth | undefined, info: DeviceInfo): { state: Fares; age: number | undefined } {
  const received = habitat.value.readings.get(info.device)
  if (received === undefined) return { state: health?.state ?? 'unknown', age: undefined }
  const { age, freshness: fresh } = freshness(received, everyOf(info, received), anchor.value, wall.value)
  if (hasFinished(health)) return { state: 'finished', age: undefined }
  const stale = fresh === 'stale' && health?.state !== 'down'
  const state = stale ? 'stale' : (health?.state ?? 'ok')
  return { state: state === 'ok' ? believed(doubts(info, received.reading)) : state, age }
}

function believed(remarks: readonly Remark[]): Fares {
  if (remarks.some(({ kind }) => kind === 'bad')) return 'no value'
  return remarks.length > 0 ? 'uncertain' : 'ok'
}

/** `CO₂: warming up`, each on a line of its own. */
function Remarks({ of }: { of: readonly Remark[] }) {
  return (
    <>
      {of.map(({ kind, what, text }) => (
        <span key={`${kind} ${text}`} class="remark" data-remark={kind}>
          {kind === 'calibrated' ? `${what} calibrated ${text}` : `${what}: ${text}`}
        </span>
      ))}
    </>
  )
}

function Gaps({ gaps }: { gaps: readonly Gap[] }) {
  if (gaps.length === 0) return <>none</>
  const at = (t: number) => moment(t, now.value, timezone.value)
  return (
    <details>
      <summary>
        {gaps.length} {gaps.length === 1 ? 'gap' : 'gaps'}
      </summary>
      <ul class="gaps">
        {gaps.slice(-20).map((gap) => (
          <li key={gap.from}>
            {at(gap.from)} to {at(gap.to)}
            {gap.count === undefined ? '' : `, ${gap.count} readings`}: {words(gap.reason)}
          </li>
        ))}
      </ul>
    </details>
  )
}

/** When it last spoke: an age beside the habitat's clock, but for a recording the moment that it has reached. */
function lastWords(info: DeviceInfo, age: number | undefined) {
  const received = habitat.value.readings.get(info.device)
  if (received === undefined) return 'none yet'
  if (isRecording(info) || (info.pace ?? 1) !== 1 || age === undefined)
    return moment(received.reading.t, now.value, timezone.value)
  return (
    <>
      {span(age)} ago
      <span class="quiet">
        {info.heartbeat === undefined ? `each ${span(info.every)}` : `on change, or each ${span(info.heartbeat)}`}
      </span>
    </>
  )
}

function Row({ info, complete }: { info: DeviceInfo; complete: Completeness | undefined }) {
  const health = habitat.value.health.get(info.device)
  const { state, age } = fares(health, info)
  const reading = habitat.value.readings.get(info.device)?.reading
  const unset = habitat.value.readings.get(info.device)?.reading.clock !== undefined
  const zone = zones.value.get(info.zone)?.label ?? info.zone
  return (
    <tr data-device={info.device} data-state={state}>
      <th scope="row">
        {info.label}
        <span class="quiet">
          {info.device}
          <span class="driver"> · {info.driver}</span>
          {info.simulated ? ' · simulated' : ''}
          <span class="where"> · {zone}</span>
        </span>
        <Remarks of={calibrations(info, now.value)} />
      </th>
      <td data-label="Zone">{zone}</td>
      <td data-label="State">
        <span class="state">
          <span class="mark" aria-hidden="true" />
          {state}
        </span>
        {health?.reason && health.reason !== 'recording finished' && <span class="quiet">{words(health.reason)}</span>}
        {unset && <span class="quiet">clock not set: time is an estimate</span>}
        {state !== 'down' && state !== 'stale' && <Remarks of={doubts(info, reading)} />}
      </td>
      <td data-label="Last reading">{lastWords(info, age)}</td>
      <td data-label="Complete">
        {complete ? share(complete.stored, complete.taken) : '–'}
        {complete && (
          <span class="quiet">
            {complete.stored.toLocaleString('en-GB')} of {complete.taken.toLocaleString('en-GB')}
          </span>
        )}
      </td>
      <td data-label="Gaps" data-none={complete?.gaps.length === 0}>
        {complete ? <Gaps gaps={complete.gaps} /> : '–'}
      </td>
    </tr>
  )
}

export function Devices() {
  const infos = [...habitat.value.infos.values()].sort(
    (a, b) => a.zone.localeCompare(b.zone) || a.device.localeCompare(b.device),
  )
  const complete = new Map(completeness.value.map((one) => [one.device, one]))
  return (
    <section class="card" aria-labelledby="devices-title" data-testid="devices">
      <h2 id="devices-title">Instruments</h2>
      {infos.length === 0 ? (
        <p class="empty">
          {about.value?.afar ? 'Nothing has arrived yet.' : 'No devices yet. The card “Add your sensor” shows how.'}
        </p>
      ) : (
        <table class="devices">
          <thead>
            <tr>
              {['Instrument', 'Zone', 'State', 'Last reading', 'Stored of taken', 'Gaps'].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {infos.map((info) => (
              <Row key={info.device} info={info} complete={complete.get(info.device)} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
