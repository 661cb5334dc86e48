/** What `habtwin backtest` is told about a recording: which column is what, and of which room. */
import { readFileSync } from 'node:fs'
import { convertible, HabtwinError, isPoint, messageOf, pointInfo, points, unitCode } from '@habtwin/contract'
import { ConfigError, type Fault, quantity, timezone } from '@habtwin/runtime'
import { makeFault } from '@habtwin/runtime/config/faults'
import { isNode, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'

const column = z.string().min(1)
const names = z.union([column, z.array(column).min(1)])
/** The volume of the zone: with its unit, or in m3. */
const volume = z.union([z.number().positive(), quantity('m3', '144 m3')])

const schema = z.looseObject({
  /** The column, or the columns of date and time. */
  time: z.union([names, z.strictObject({ column: names, unit: z.enum(['ms', 's', 'min', 'h', 'd']).optional() })]),
  timezone: timezone.default('UTC'),
  dates: z.enum(['day-first', 'month-first']).optional(),
  /** Point → its column, in the unit of the vocabulary or in the one that is given. */
  columns: z
    .record(z.string().min(1), z.union([column, z.strictObject({ column, unit: z.string().optional() })]))
    .refine((columns) => Object.keys(columns).length > 0, 'must name a column'),
  zone: z.union([z.string(), z.looseObject({ id: z.string().optional(), volume: volume.optional() })]).default('zone'),
  volume: volume.optional(),
})
const KEYS = new Set(Object.keys(schema.shape))

export interface ColumnOf {
  readonly point: string
  readonly column: string
  /** UCUM; undefined where it is that of the vocabulary. */
  readonly unit: string | undefined
}

export interface BacktestConfig {
  readonly time: { readonly columns: readonly string[]; readonly unit: 'ms' | 's' | 'min' | 'h' | 'd' | undefined }
  readonly timezone: string
  readonly dates: 'day-first' | 'month-first' | undefined
  readonly columns: readonly ColumnOf[]
  readonly zone: string
  /** m3 */
  readonly volume: number | undefined
  /** What was read but not understood as it was perhaps meant. */
  readonly notes: readonly string[]
}

/** @throws ConfigError with every fault, at its place */
export function readConfig(file: string): BacktestConfig {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new HabtwinError('config/unreadable', `${file} cannot be read: ${messageOf(cause)}`, { where: file, cause })
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const faults: Fault[] = document.errors.map((error) =>
    makeFault('config/syntax', '', error.message, lines.linePos(error.pos[0])),
  )
  if (faults.length > 0) throw new ConfigError(file, faults)
  const parsed = schema.safeParse(document.toJS() ?? {})
  const fault = (path: readonly PropertyKey[], message: string, code: Fault['code'] = 'config/invalid') => {
    const node = path.length === 0 ? undefined : document.getIn(path, true)
    const at = isNode(node) && node.range ? lines.linePos(node.range[0]) : undefined
    faults.push(makeFault(code, path.map(String).join('.'), message, at))
  }
  if (!parsed.success) {
    for (const { path, message, code } of parsed.error.issues) {
      fault(path, code === 'invalid_union' || message.startsWith('Invalid input') ? expected(path) : message)
    }
    throw new ConfigError(file, faults)
  }
  const { data } = parsed
  const notes = Object.keys(data)
    .filter((key) => !KEYS.has(key))
    .map((key) => `${file}: "${key}" means nothing here; there are ${[...KEYS].join(', ')}`)
  const columns = Object.entries(data.columns).map(([point, written]): ColumnOf => {
    const { column, unit } = typeof written === 'string' ? { column: written, unit: undefined } : written
    const code = unit === undefined ? undefined : unitCode(unit)
    if (!isPoint(point)) {
      const meant = Object.keys(points).find((known) => isNear(point.toLowerCase(), known))
      if (meant) fault(['columns', point], `there is no point "${point}"; is it ${meant}?`)
      else notes.push(`"${point}" is not in the vocabulary: it is taken as bare figures, without a range`)
    } else if (unit !== undefined && (code === undefined || !convertible(code, pointInfo(point).unit))) {
      fault(['columns', point, 'unit'], `"${unit}" does not convert to ${pointInfo(point).unit}`, 'config/unit')
    }
    return { point, column, unit: code }
  })
  if (faults.length > 0) throw new ConfigError(file, faults)
  const time = typeof data.time === 'string' || Array.isArray(data.time) ? { column: data.time } : data.time
  const zone = typeof data.zone === 'string' ? { id: data.zone } : data.zone
  return {
    time: { columns: [time.column].flat(), unit: 'unit' in time ? time.unit : undefined },
    timezone: data.timezone,
    dates: data.dates,
    columns,
    zone: zone.id ?? 'zone',
    volume: data.volume ?? ('volume' in zone ? zone.volume : undefined),
    notes,
  }
}

function expected([key, point]: readonly PropertyKey[]): string {
  if (key === 'time') return 'must be the name of the column that says when, as in `time: date`'
  if (key === 'columns' && point === undefined) return 'must say which column is what, as in `columns: {co2: CO2}`'
  if (key === 'columns') return 'must be the name of a column, as in `co2: CO2`, or `{column: CO2, unit: "%"}`'
  if (key === 'zone') return 'must be the name of the room, as in `zone: office`'
  if (key === 'volume') return 'must be a volume, as in `volume: 144 m3`'
  return key === undefined ? 'must have the keys `time` and `columns`' : 'cannot be used'
}

/** A letter too many, missing or wrong, or two that are. */
function isNear(a: string, b: string): boolean {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return (row[b.length] as number) <= (b.length > 4 ? 2 : 0)
}
