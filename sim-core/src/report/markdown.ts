/** A report as Markdown: to be read as it is, printed, or sent home. */
import { eventKind, eventText, isWithdrawal, pointInfo, type Report } from '@habtwin/contract'
import { dateTime, lapse, percent, within, withUnit } from './words.ts'

/** The whole report, with a line break at its end. */
export function markdownOf(report: Report): string {
  const { habitat, day, texts } = report
  const parts: string[] = [`# Daily operations report: ${titleOf(report)}`, preamble(report)]
  const section = (title: string, key: keyof Report['texts'], body: string) => {
    parts.push(`## ${title}`)
    if (body !== '') parts.push(body)
    const read = byHand(report, key, at)
    if (read !== '') parts.push(read)
    if (texts[key].trim() !== '') parts.push(texts[key].trim())
  }
  const at = (t: number) => within(t, day.date, habitat.timezone)
  section('Summary', 'summary', texts.summary.trim() === '' ? '_Nothing written yet._' : '')
  if (day.state === 'future') return `${parts.join('\n\n')}\n`
  section('Power', 'power', power(report))
  section('Water', 'water', water(report))
  section('Air', 'air', air(report))
  section('Forecasts', 'forecasts', forecasts(report))
  section('Non-nominal', 'alerts', alerts(report, at))
  section('Events', 'events', events(report, at))
  section('Data', 'data', data(report))
  return `${parts.join('\n\n')}\n`
}

/** `Sol 12, 2026-11-20`, or the date alone. */
export function titleOf({ day }: Pick<Report, 'day'>): string {
  return day.sol === undefined ? day.date : `Sol ${day.sol}, ${day.date}`
}

function preamble({ habitat, day, made, versions }: Report): string {
  const { timezone } = habitat
  const span = `${dateTime(day.from, timezone)} to ${dateTime(day.to, timezone)} (${timezone})`
  const how = {
    future: 'The day has not begun.',
    running: `The day is not over: up to ${within(day.until, day.date, timezone)}.`,
    over: '',
  }[day.state]
  const last = versions.at(-1)
  const by = last ? `Remarks by ${last.by}, ${dateTime(last.saved, timezone)} (version ${last.version}).` : ''
  const name = `${cell(habitat.label)}${habitat.simulated ? ' (SIMULATED: no real instrument, no real crew)' : ''}`
  return [
    `${name} · ${span}`,
    [how, by, `Made ${dateTime(made, timezone)}.`].filter((one) => one !== '').join(' '),
  ].join('\n\n')
}

function power({ power: { total, meters, batteries } }: Report): string {
  if (meters.length + batteries.length === 0) return 'No power meter sends readings.'
  const kwh = (value: number | null) => (value === null ? '–' : `${value.toFixed(2)} kWh`)
  const sums = [
    ['used', total.used],
    ['solar', total.solar],
    ['grid', total.grid],
    ['into the battery', total.charged],
    ['out of the battery', total.discharged],
  ] as const
  const told = sums.filter(([, value]) => value !== null)
  return [
    told.length === 0 ? '' : told.map(([name, value]) => `- ${name}: ${kwh(value)}`).join('\n'),
    table(
      ['battery', 'begin', 'least', 'greatest', 'end'],
      batteries.map((one) => [
        one.label,
        ...[one.begin, one.min, one.max, one.end].map((value) => withUnit(value, one.point, one.unit)),
      ]),
    ),
    table(
      ['meter', 'what', 'energy', 'mean', 'greatest', 'measured'],
      meters.map((one) => {
        const isCounter = one.unit === 'kW.h'
        const value = (of: number | null) => (isCounter ? '' : withUnit(of, one.point, one.unit))
        return [one.label, one.role, kwh(one.energy), value(one.mean), value(one.max), percent(one.covered)]
      }),
    ),
  ]
    .filter((one) => one !== '')
    .join('\n\n')
}

function water({ water: rows }: Report): string {
  if (rows.length === 0) return 'No water meter sends readings.'
  return table(
    ['meter', 'total', 'begin', 'least', 'mean', 'greatest', 'end', 'measured'],
    rows.map((one) => [
      one.label,
      one.total === null ? '' : `${one.total.toFixed(1)} L`,
      ...[one.begin, one.min, one.mean, one.max, one.end].map((value) => withUnit(value, one.point, one.unit)),
      percent(one.covered),
    ]),
  )
}

function air({ air: rows }: Report): string {
  if (rows.length === 0) return 'Nothing is measured.'
  return table(
    ['zone', 'quantity', 'least', 'mean', 'greatest', 'beyond limits', 'measured'],
    rows.map((one) => [
      one.label,
      one.name,
      ...[one.min, one.mean, one.max].map((value) => withUnit(value, one.quantity, one.unit)),
      beyondText(one.beyond),
      percent(one.covered),
    ]),
  )
}

function byHand({ byHand: rows, zones }: Report, key: keyof Report['texts'], at: (t: number) => string): string {
  return table(
    ['read by hand', 'time', 'value', 'since the reading before', 'by'],
    rows
      .filter(({ section }) => section === key)
      .map(({ name, zone, point, unit, value, t, by, before }) => [
        zone === undefined ? name : `${name}, ${zones[zone] ?? zone}`,
        at(t),
        withUnit(value, point, unit),
        before === null ? '–' : `${withUnit(value - before.value, point, unit)} since ${at(before.t)}`,
        by,
      ]),
  )
}

/** `caution 40 min, warning 5 min`; `none` where there are limits and all was well. */
export function beyondText(beyond: Report['air'][number]['beyond']): string {
  if (beyond.length === 0) return 'no limit'
  const over = beyond.filter(({ time }) => time > 0)
  return over.length === 0 ? 'none' : over.map(({ level, time }) => `${level} ${lapse(time)}`).join(', ')
}

function forecasts({ forecasts: rows }: Report): string {
  if (rows.length === 0) return 'Nothing to compare yet: no forecast had been made for this time.'
  const leads = ['1h', '6h', '24h'] as const
  const lines = new Map<string, (typeof rows)[number][]>()
  for (const row of rows)
    lines.set(`${row.zone}/${row.quantity}`, [...(lines.get(`${row.zone}/${row.quantity}`) ?? []), row])
  const n = rows.reduce((sum, row) => sum + row.n, 0)
  const within = rows.reduce((sum, row) => sum + row.coverage90 * row.n, 0) / n
  return [
    'Mean error of what had been said 1, 6 and 24 h before; in brackets by how much it was better than "no change". ' +
      `${percent(within)} of what came lay within the 90 % bands.`,
    table(
      ['zone', 'quantity', ...leads.map((lead) => `${lead.replace('h', ' h')} before`)],
      [...lines.values()].map((all) => [
        all[0]?.label ?? '',
        pointInfo(all[0]?.quantity ?? '').label,
        ...leads.map((lead) => forecastCell(all.find((row) => row.lead === lead))),
      ]),
    ),
  ].join('\n\n')
}

function forecastCell(row: Report['forecasts'][number] | undefined): string {
  if (row === undefined) return '–'
  const error = withUnit(row.mae, row.quantity, row.unit, 1)
  if (row.skill === null) return error
  const percent = Math.round(row.skill * 100)
  return `${error} (${percent < -100 ? 'worse' : `${percent < 0 ? '−' : '+'}${Math.abs(percent)} %`})`
}

function alerts({ alerts: rows }: Report, at: (t: number) => string): string {
  if (rows.length === 0) return 'No alert.'
  return table(
    ['since', 'level', 'zone', 'what', 'lasted', 'acknowledged'],
    rows.map((one) => [
      at(one.since),
      one.level,
      one.label,
      one.text,
      one.ended === null ? `${lapse(one.time)}, holds` : lapse(one.time),
      one.acknowledged ? `${one.acknowledged.by}, ${at(one.acknowledged.t)}` : 'nobody',
    ]),
  )
}

function events({ events: rows, zones }: Report, at: (t: number) => string): string {
  const told = rows.filter((event) => !isWithdrawal(event))
  if (told.length === 0) return 'Nothing was logged.'
  const label = (zone: string) => zones[zone] ?? zone
  return table(
    ['time', 'what', 'zone', 'says', 'by'],
    told.map((event) => {
      const text = eventText(event, label)
      const gone = event.withdrawn ? ` (withdrawn by ${event.withdrawn.by}, ${at(event.withdrawn.t)})` : ''
      const zone = event.zone === undefined ? '' : label(event.zone)
      return [at(event.t), eventKind[event.kind].label, zone, `${text}${gone}`, event.by]
    }),
  )
}

function data({ data: rows }: Report): string {
  if (rows.length === 0) return 'No device.'
  return table(
    ['device', 'readings', 'lost', 'measured'],
    rows.map((one) => [one.label, String(one.readings), String(one.lost), percent(one.covered)]),
  )
}

/** A table; nothing where it would have no row. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** What people write must not break a table, nor become a link or markup. */
function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[|\\`*_<>[\]]/g, '\\$&')
}
