/** A recording played back: at its own pace, faster, or as fast as it goes. Recorded times are kept, and gaps too. */
import { HabtwinError, id, pointInfo } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import { timezone } from '@habtwin/runtime/config/quantity'
import type { Row } from '@habtwin/runtime/csv/rows'
import { z } from 'zod'
import { type DeviceContext, defineDriver, type Emit, type Sample } from './driver.ts'

const options = z.object({
  /** CSV with one header line. */
  file: z.string().min(1),
  /** Name of the column that says when. */
  time: z.string().min(1),
  /** For times that do not say it themselves. */
  timezone: timezone.default('UTC'),
  /** Point → name of its column. */
  columns: z.record(id, z.string().min(1)),
  /** How many times faster than it was recorded. */
  speed: z.union([z.number().positive(), z.literal('max')]).default(1),
  /** A recording is not begun again: its times would come twice. */
  loop: z.literal(false).default(false),
})

type Options = z.output<typeof options>

export default defineDriver<Options>({
  name: 'replay',
  simulated: true,
  options,
  describe: ({ columns, speed }) => ({ points: pointsOf(columns), pace: speed === 'max' ? 0 : speed }),
  async open(device) {
    const [{ readNumber, readRows }, { timeReader }] = await Promise.all([
      import('@habtwin/runtime/csv/rows'),
      import('@habtwin/runtime/csv/times'),
    ])
    const { options } = device
    const columns = await headerOf(readRows(options.file, options.time), options)
    const readTime = timeReader(options)
    let abort: AbortController | undefined
    return {
      stream(emit, signal) {
        abort = new AbortController()
        const source = { rows: readRows(options.file, options.time), columns, readTime, readNumber }
        return play(device, source, emit, AbortSignal.any([signal, abort.signal]))
      },
      async [Symbol.asyncDispose]() {
        abort?.abort()
      },
    }
  },
})

/** Where in a row everything lies. */
interface Columns {
  readonly time: number
  readonly points: readonly (readonly [point: string, column: number])[]
  /** The header itself; a recording with another one is another recording. */
  readonly header: string
}

interface Source {
  readonly rows: AsyncIterable<Row>
  readonly columns: Columns
  readonly readTime: (text: string, previous: number) => number | undefined
  readonly readNumber: (text: string | undefined) => number | null | undefined
}

/** Up to where a recording was played. */
interface Played {
  readonly header: string
  readonly line: number
  readonly t: number
}

/** Bad rows are told one by one up to here, then only counted. */
const TOLD = 20
/** Rows after which other work gets its turn when nothing else gives it one. */
const BREATH = 500
/**
 * Where it is, is kept before a wait of this length (ms), and once a second while rows come faster: each time costs a
 * write to the disk. So a crash repeats at most what one busy second brought; an orderly end repeats nothing.
 */
const WORTH_KEEPING = 100
const KEEP_EVERY = 1_000
/** The longest single sleep: timers of Node end at 24.8 days. */
const DAY = 86_400_000

/** Plays what has not been played yet. */
async function play(device: DeviceContext<Options>, source: Source, emit: Emit, signal: AbortSignal): Promise<string> {
  const { clock, options } = device
  const { header } = source.columns
  const played = lastPlayed(device, header)
  const pace = pacer(clock, options.speed === 'max' ? Number.POSITIVE_INFINITY : options.speed)
  let last = played?.t ?? Number.NEGATIVE_INFINITY
  let bad = 0
  let rows = 0
  const place = keeper(device)
  using _kept = place
  for await (const row of source.rows) {
    signal.throwIfAborted()
    if (rows++ === 0 || row.line <= (played?.line ?? 0)) continue
    const sample = read(row, source, last)
    if (typeof sample === 'string') {
      if (++bad <= TOLD) device.report(new HabtwinError('replay/row', sample, { where: `${options.file}:${row.line}` }))
      continue
    }
    const wait = pace(sample.t)
    if (wait > WORTH_KEEPING) place.keep()
    if (wait > 0) await sleep(clock, wait, signal)
    const late = sample.t < last
    last = Math.max(last, sample.t)
    await emit(sample, late ? { late } : undefined)
    place.at({ header, line: row.line, t: last })
    if (rows % BREATH === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return bad === 0 ? 'recording finished' : `recording finished, ${bad} ${bad === 1 ? 'row' : 'rows'} skipped`
}

/** The sample of a row, or what is wrong with it. */
function read(
  { fields }: Row,
  { columns, readTime, readNumber }: Source,
  last: number,
): (Sample & { t: number }) | string {
  const text = fields[columns.time]
  const t = text === undefined ? undefined : readTime(text, last)
  if (t === undefined) return `"${text ?? ''}" is not a time`
  const values: Record<string, number | null> = {}
  for (const [point, column] of columns.points) {
    const value = readNumber(fields[column])
    if (value === undefined)
      return fields[column] === undefined ? 'the row is too short' : `"${fields[column]}" is not a number`
    values[point] = value
  }
  return { t, values }
}

/** How long until a recorded time is due, ms; the first is due at once. */
function pacer(clock: Clock, speed: number): (t: number) => number {
  let first: number | undefined
  const began = clock.mono()
  return (t) => {
    if (speed === Number.POSITIVE_INFINITY) return 0
    first ??= t
    return began + (t - first) / speed - clock.mono()
  }
}

async function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const end = clock.mono() + ms
  for (let left = ms; left > 0; left = end - clock.mono()) await clock.sleep(Math.min(left, DAY), signal)
}

/** Keeps the place in the recording, not too often; disposing keeps the last one. */
function keeper({ clock, state }: DeviceContext<Options>) {
  let place: Played | undefined
  let keptAt = clock.mono()
  const keep = () => {
    if (place === undefined) return
    state?.save(JSON.stringify(place))
    place = undefined
    keptAt = clock.mono()
  }
  return {
    keep,
    at(played: Played) {
      place = played
      if (clock.mono() - keptAt >= KEEP_EVERY) keep()
    },
    [Symbol.dispose]: keep,
  }
}

/** Finds the columns by name. Throws replay/column with those there are. */
async function headerOf(rows: AsyncIterable<Row>, { file: where, time, columns }: Options): Promise<Columns> {
  let names: readonly string[] = []
  for await (const { fields } of rows) {
    names = fields
    break
  }
  const find = (name: string): number => {
    const column = names.indexOf(name)
    if (column >= 0) return column
    throw new HabtwinError('replay/column', `there is no column ${name}; there are ${names.join(', ')}`, { where })
  }
  const points = Object.entries(columns).map(([point, name]) => [point, find(name)] as const)
  return { time: find(time), points, header: names.join() }
}

/** Where it was left; nothing where it never was begun, or was another recording. */
function lastPlayed({ id: where, state, report }: DeviceContext<Options>, header: string): Played | undefined {
  const text = state?.load()
  if (text === undefined) return undefined
  try {
    const played = JSON.parse(text) as Played
    return played.header === header ? played : undefined
  } catch (cause) {
    report(
      new HabtwinError('data/unusable', 'where the recording was left cannot be read; it begins anew', {
        where,
        cause,
      }),
    )
    return undefined
  }
}

function pointsOf(columns: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.keys(columns).map((point) => {
      const { unit, label } = pointInfo(point)
      return [point, { unit, label }]
    }),
  )
}
