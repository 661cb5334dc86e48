/** A report as a tidy table (RFC 4180): one figure a row, with its unit. */
import { eventText, isWithdrawal, type Report, ucum } from '@habtwin/contract'

const HEADER = 'section,zone,device,item,figure,value,unit,from,to,by,text'
type Row = Partial<
  Record<'section' | 'zone' | 'device' | 'item' | 'figure' | 'unit' | 'from' | 'to' | 'by' | 'text', string>
> & { value?: number | string | null }

export function csvOf(report: Report): string {
  const rows = [...aboutRows(report), ...powerRows(report), ...waterRows(report), ...airRows(report)]
  rows.push(
    ...forecastRows(report),
    ...alertRows(report),
    ...eventRows(report),
    ...dataRows(report),
    ...textRows(report),
  )
  return `${[HEADER, ...rows.map(line)].join('\r\n')}\r\n`
}

const iso = (t: number) => new Date(t).toISOString()

function* aboutRows({ habitat, day, made }: Report): Generator<Row> {
  const span = { from: iso(day.from), to: iso(day.to) }
  yield { section: 'day', item: day.key, figure: 'state', value: day.state, ...span, text: habitat.label }
  yield { section: 'day', item: day.key, figure: 'simulated', value: habitat.simulated ? 1 : 0 }
  yield { section: 'day', item: day.key, figure: 'made', value: iso(made) }
}

function* powerRows({ power: { total, meters, batteries } }: Report): Generator<Row> {
  for (const [item, value] of Object.entries(total)) {
    yield { section: 'power', item, figure: 'energy', value, unit: 'kWh' }
  }
  for (const one of meters) {
    const of = { section: 'power', device: one.device, item: `${one.point} (${one.role})` }
    yield { ...of, figure: 'energy', value: one.energy, unit: 'kWh' }
    yield* figures(of, one, ['min', 'mean', 'max'])
  }
  for (const one of batteries) {
    yield* figures({ section: 'power', device: one.device, item: one.point }, one, [
      'begin',
      'min',
      'mean',
      'max',
      'end',
    ])
  }
}

function* waterRows({ water }: Report): Generator<Row> {
  for (const one of water) {
    const of = { section: 'water', device: one.device, item: one.point }
    yield { ...of, figure: 'total', value: one.total, unit: 'L' }
    yield* figures(of, one, ['begin', 'min', 'mean', 'max', 'end'])
  }
}

function* airRows({ air }: Report): Generator<Row> {
  for (const one of air) {
    const of = { section: 'air', zone: one.zone, item: one.quantity }
    yield* figures(of, one, ['min', 'mean', 'max'])
    for (const { level, time } of one.beyond) {
      yield { ...of, figure: `beyond ${level}`, value: time / 60_000, unit: 'min' }
    }
  }
}

function* forecastRows({ forecasts }: Report): Generator<Row> {
  for (const { zone, quantity, lead, unit, n, mae, persistence, skill, coverage90 } of forecasts) {
    const of = { section: 'forecasts', zone, item: `${quantity} ${lead}` }
    yield { ...of, figure: 'n', value: n }
    yield { ...of, figure: 'mae', value: mae, unit: ucum(unit) }
    yield { ...of, figure: 'persistence', value: persistence, unit: ucum(unit) }
    yield { ...of, figure: 'skill', value: skill }
    yield { ...of, figure: 'coverage90', value: coverage90 }
  }
}

function* alertRows({ alerts }: Report): Generator<Row> {
  for (const { id, level, zone, text, since, ended, time, acknowledged } of alerts) {
    const to = ended === null ? {} : { to: iso(ended) }
    const by = acknowledged ? { by: acknowledged.by } : {}
    yield {
      section: 'alerts',
      zone,
      item: id,
      figure: level,
      value: time / 60_000,
      unit: 'min',
      from: iso(since),
      ...to,
      ...by,
      text,
    }
  }
}

function* eventRows({ events }: Report): Generator<Row> {
  for (const event of events) {
    const { kind, zone, value, unit, t, by, point, withdrawn } = event
    yield {
      section: 'events',
      ...(zone === undefined ? {} : { zone }),
      item: point ?? kind,
      figure: isWithdrawal(event) ? 'withdrawal' : withdrawn ? 'withdrawn' : kind,
      value: value ?? null,
      unit: unit === undefined ? '' : ucum(unit),
      from: iso(t),
      by,
      text: eventText(event),
    }
  }
}

function* dataRows({ data }: Report): Generator<Row> {
  for (const { device, zone, readings, lost, covered } of data) {
    const of = { section: 'data', zone, device }
    yield { ...of, figure: 'readings', value: readings }
    yield { ...of, figure: 'lost', value: lost }
    yield { ...of, figure: 'measured', value: covered }
  }
}

function* textRows({ texts, versions }: Report): Generator<Row> {
  const by = versions.at(-1)?.by
  for (const [item, text] of Object.entries(texts)) {
    if (text !== '') yield { section: 'remarks', item, text, ...(by === undefined ? {} : { by }) }
  }
}

type Figure = 'begin' | 'min' | 'mean' | 'max' | 'end'

function* figures<K extends Figure>(
  of: Row,
  one: Readonly<Record<K, number | null>> & { readonly unit: string; readonly covered: number },
  which: readonly K[],
): Generator<Row> {
  for (const figure of which) yield { ...of, figure, value: one[figure], unit: ucum(one.unit) }
  yield { ...of, figure: 'measured', value: one.covered }
}

function line(row: Row): string {
  const { value = null } = row
  const text = value === null ? '' : typeof value === 'number' ? String(Number(value.toPrecision(9))) : value
  const { section, zone, device, item, figure, unit, from, to, by } = row
  return [section, zone, device, item, figure, text, unit, from, to, by, row.text].map(cell).join(',')
}

/** Quoted where it must be; what a spreadsheet would take for a formula is made words. */
function cell(text = ''): string {
  const safe = /^[=+@\t\r]|^-(?!\d)/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
