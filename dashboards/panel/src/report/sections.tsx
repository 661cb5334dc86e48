/** What the instruments and people said of a day, section by section. */
import { eventKind, eventText, isWithdrawal } from '@habtwin/contract/event-words'
import { pointInfo } from '@habtwin/contract/points'
import type { Report } from '@habtwin/contract/report'
import { number, withUnit } from '../model/format.ts'
import { clock, moment } from '../model/mission.ts'
import { scale } from '../state.ts'
import { Table } from './table.tsx'

const kwh = (value: number | null) => (value === null ? '–' : `${number(value, 2)} kWh`)
const shown = (value: number | null, point: string, unit: string) => withUnit(value, scale(point, unit))

/** 100 % only where nothing is missing. */
function percent(share: number): string {
  return share >= 1 ? '100 %' : `${Math.min(99.9, Math.floor(share * 1_000) / 10)} %`
}

/** A length of time within a day: `2 h 05 min`. */
function lapse(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 1) return ms > 0 ? 'under a minute' : 'none'
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

export function Power({ power: { total, meters, batteries } }: Report) {
  if (meters.length + batteries.length === 0) return <p class="empty">No power meter sends readings.</p>
  const sums = [
    ['Used', total.used],
    ['Solar', total.solar],
    ['Grid', total.grid],
    ['Into the battery', total.charged],
    ['Out of the battery', total.discharged],
  ] as const
  return (
    <>
      <dl class="re-sums">
        {sums.map(([name, value]) =>
          value === null ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{kwh(value)}</dd>
            </div>
          ),
        )}
        {batteries.map((one) => (
          <div key={`${one.device}/${one.point}`}>
            <dt>{one.label}</dt>
            <dd>
              {shown(one.end, one.point, one.unit)}
              <small>
                {shown(one.min, one.point, one.unit)} to {shown(one.max, one.point, one.unit)}
              </small>
            </dd>
          </div>
        ))}
      </dl>
      <Table
        label="Power by meter"
        head={['Meter', 'Energy', 'Mean', 'Greatest', 'Measured']}
        rows={meters.map((one) => ({
          key: `${one.device}/${one.point}`,
          cells: [
            one.label,
            kwh(one.energy),
            one.unit === 'kW.h' ? '' : shown(one.mean, one.point, one.unit),
            one.unit === 'kW.h' ? '' : shown(one.max, one.point, one.unit),
            percent(one.covered),
          ],
        }))}
      />
    </>
  )
}

export function Water({ water }: Report) {
  if (water.length === 0) return <p class="empty">No water meter sends readings.</p>
  return (
    <Table
      label="Water by meter"
      head={['Meter', 'Total', 'Begin', 'Least', 'Greatest', 'End', 'Measured']}
      rows={water.map((one) => ({
        key: `${one.device}/${one.point}`,
        cells: [
          one.label,
          one.total === null ? '' : `${number(one.total, 1)} L`,
          ...[one.begin, one.min, one.max, one.end].map((value) => shown(value, one.point, one.unit)),
          percent(one.covered),
        ],
      }))}
    />
  )
}

/** What people read off meters, for the sections that have such. */
export function ByHand({ byHand, zones, day, habitat: { timezone }, section }: Report & { readonly section: string }) {
  const rows = byHand.filter((one) => one.section === section)
  if (rows.length === 0) return null
  const at = (t: number) => moment(t, day.from, timezone)
  return (
    <Table
      label={`Read by hand, ${section}`}
      head={['Read by hand', 'Time', 'Value', 'Since before', 'By']}
      rows={rows.map(({ name, zone, point, unit, value, t, by, before }) => ({
        key: `${point}${zone}${t}`,
        cells: [
          zone === undefined ? name : `${name}, ${zones[zone] ?? zone}`,
          at(t),
          shown(value, point, unit),
          before === null ? '–' : `${shown(value - before.value, point, unit)} since ${at(before.t)}`,
          by,
        ],
      }))}
    />
  )
}

function Beyond({ beyond }: { beyond: Report['air'][number]['beyond'] }) {
  if (beyond.length === 0) return <span class="quiet">no limit</span>
  const over = beyond.filter(({ time }) => time > 0)
  if (over.length === 0) return <>none</>
  return (
    <>
      {over.map(({ level, time }) => (
        <span key={level} class="re-over" data-level={level}>
          <b>{level}</b> {lapse(time)}
        </span>
      ))}
    </>
  )
}

export function Air({ air }: Report) {
  if (air.length === 0) return <p class="empty">Nothing is measured.</p>
  const zones = [...new Set(air.map(({ zone }) => zone))]
  return (
    <>
      {zones.map((zone) => {
        const rows = air.filter((one) => one.zone === zone)
        const label = rows[0]?.label ?? zone
        return (
          <div key={zone}>
            <h4>{label}</h4>
            <Table
              label={`Air of ${label}`}
              head={['Quantity', 'Least', 'Mean', 'Greatest', 'Beyond limits', 'Measured']}
              rows={rows.map((one) => ({
                key: one.quantity,
                cells: [
                  one.name,
                  ...[one.min, one.mean, one.max].map((value) => shown(value, one.quantity, one.unit)),
                  <Beyond key="beyond" beyond={one.beyond} />,
                  percent(one.covered),
                ],
              }))}
            />
          </div>
        )
      })}
    </>
  )
}

function Forecast({ row }: { row: Report['forecasts'][number] | undefined }) {
  if (row === undefined) return <>–</>
  const { unit, digits, of } = scale(row.quantity, row.unit)
  // an error is a difference: the zero of a scale does not matter, its step does
  const error = `${number(of(row.mae) - of(0), digits + 1)} ${unit}`
  const skill = row.skill === null ? undefined : Math.round(row.skill * 100)
  return (
    <>
      {error}
      {skill !== undefined && <small>{skill < 0 ? 'no better' : `${skill} % better`}</small>}
    </>
  )
}

export function Forecasts({ forecasts }: Report) {
  if (forecasts.length === 0)
    return <p class="empty">Nothing to compare yet: no forecast had been made for this time.</p>
  const names = [...new Set(forecasts.map(({ zone, quantity }) => `${zone}/${quantity}`))]
  const n = forecasts.reduce((sum, row) => sum + row.n, 0)
  const within = forecasts.reduce((sum, row) => sum + row.coverage90 * row.n, 0) / n
  return (
    <>
      <p class="quiet">
        Mean error of what had been said before, and how much better it was than “no change”. {percent(within)} of what
        came lay within the 90 % bands.
      </p>
      <Table
        label="Forecasts beside what came"
        head={['Forecast', '1 h before', '6 h before', '24 h before']}
        rows={names.map((name) => {
          const all = forecasts.filter(({ zone, quantity }) => `${zone}/${quantity}` === name)
          const label = `${pointInfo(all[0]?.quantity ?? '').label}, ${all[0]?.label}`
          const leads = ['1h', '6h', '24h'] as const
          return {
            key: name,
            cells: [label, ...leads.map((lead) => <Forecast key={lead} row={all.find((row) => row.lead === lead)} />)],
          }
        })}
      />
    </>
  )
}

export function Alerts({ alerts, day, habitat: { timezone } }: Report) {
  if (alerts.length === 0) return <p class="empty">No alert. All was nominal.</p>
  const at = (t: number) => moment(t, day.from, timezone)
  return (
    <Table
      label="Alerts of the day"
      head={['Alert', 'Since', 'Lasted', 'Acknowledged']}
      rows={alerts.map((one) => ({
        key: `${one.id}${one.since}`,
        level: one.level,
        cells: [
          <span key="what" class="re-over" data-level={one.level}>
            <b>{one.level}</b> {one.label}: {one.text}
          </span>,
          at(one.since),
          `${lapse(one.time)}${one.ended === null ? ', holds' : ''}`,
          one.acknowledged ? `${one.acknowledged.by}, ${at(one.acknowledged.t)}` : 'nobody',
        ],
      }))}
    />
  )
}

export function Events({ events, zones, habitat: { timezone } }: Report) {
  const told = events.filter((event) => !isWithdrawal(event))
  if (told.length === 0) return <p class="empty">Nothing was logged.</p>
  const label = (zone: string) => zones[zone] ?? zone
  return (
    <Table
      label="Events of the day"
      head={['Time', 'What', 'Where', 'By']}
      rows={told.map((event) => {
        const text = eventText(event, label)
        const kind = eventKind[event.kind].label
        return {
          key: event.id,
          cells: [
            clock(event.t, timezone),
            <span key="what" data-event={event.id}>
              {event.withdrawn ? <s>{text}</s> : text}
              {event.kind !== 'note' && !text.startsWith(kind) && event.kind !== 'manual' && <small>{kind}</small>}
              {event.withdrawn && <small>withdrawn by {event.withdrawn.by}</small>}
            </span>,
            event.zone === undefined ? '' : label(event.zone),
            event.by,
          ],
        }
      })}
    />
  )
}

export function Data({ data }: Report) {
  if (data.length === 0) return <p class="empty">No device.</p>
  const complete = data.filter(({ covered, lost }) => covered >= 1 && lost === 0)
  const rest = data.filter((one) => !complete.includes(one)).sort((a, b) => a.covered - b.covered)
  return (
    <>
      {complete.length > 0 && (
        <p>
          {complete.length === data.length ? 'All' : complete.length} of {data.length}{' '}
          {data.length === 1 ? 'device' : 'devices'} complete.
        </p>
      )}
      {rest.length > 0 && (
        <Table
          label="Devices that are not complete"
          head={['Device', 'Readings', 'Lost', 'Measured']}
          rows={rest.map((one) => ({
            key: one.device,
            cells: [one.label, number(one.readings, 0), number(one.lost, 0), percent(one.covered)],
          }))}
        />
      )}
    </>
  )
}
