/** Whatever prints its readings as lines of text: an Arduino, a scale, a logger. */
import {
  convert,
  convertible,
  type DevicePoint,
  HabtwinError,
  id,
  isPoint,
  pointInfo,
  unitCode,
} from '@habtwin/contract'
import { duration } from '@habtwin/runtime/config/quantity'
import { z } from 'zod'
import { TextPeer } from '../simulated/serial/text.ts'
import { defineDriver, type Sample } from './driver.ts'
import { wireTime } from './serial/alone.ts'
import type { SerialBus } from './serial/bus.ts'
import { ask, follow } from './serial/exchange.ts'
import { Lines } from './serial/lines.ts'
import { lineReader } from './serial/text.ts'

const textPoint = z.strictObject({
  /** Key, column or group of the line; the name of the point where left out. */
  from: z.string().min(1).optional(),
  /** value = figure × scale + offset */
  scale: z.number().default(1),
  offset: z.number().default(0),
  /** What the value is then in; converted where the point of the vocabulary has another unit. */
  unit: z.string().optional(),
  label: z.string().optional(),
  range: z.tuple([z.number(), z.number()]).optional(),
})

export type TextPoint = z.output<typeof textPoint>

const options = z.object({
  /** `pairs`: co2=812 t=22.1. `csv`: 812,22.1. `json`: {"co2": 812}. `regex`: whatever the pattern finds. */
  format: z.enum(['pairs', 'csv', 'json', 'regex']).default('pairs'),
  /** Names of the columns in their order (`csv`). */
  columns: z.array(z.string()).optional(),
  separator: z.string().min(1).default(','),
  /** With a named group for each key (`regex`): `CO2: (?<co2>\d+) ppm`. */
  pattern: z.string().optional(),
  decimal: z.enum(['.', ',']).default('.'),
  /** `nmea`: only lines that end in `*` and the exclusive or of what is before it count. */
  checksum: z.enum(['none', 'nmea']).default('none'),
  /** Point → where it stands. */
  points: z.record(id, textPoint),
  /** Sent to have a line; without it the device is listened to. */
  ask: z.string().min(1).optional(),
  /** Bytes of the longest line. */
  longest: z.int().min(8).max(4_096).default(512),
  /** Without a line for so long, it counts as gone; three times `every`, and at least 10 s, where left out. */
  silence: duration('30 s').optional(),
})

export type TextOptions = z.output<typeof options>

export default defineDriver<TextOptions, SerialBus['settings'], SerialBus>({
  name: 'serial-text',
  simulated: false,
  options,
  rides: ['serial'],
  describe(options) {
    check(options)
    return {
      points: Object.fromEntries(Object.entries(options.points).map(([name, point]) => [name, declare(name, point)])),
    }
  },
  // a line is taken for half as long as it may be
  airtime: ({ ask, longest }, { options }) =>
    ask === undefined ? 0 : wireTime(options, ask.length + Math.min(64, longest / 2)),
  standIn: (options, air) => new TextPeer(options, air),
  async open({ bus, clock, every, id: where, options, report, signal }) {
    const lines = new Lines(options.longest)
    const read = lineReader({
      ...options,
      keys: Object.entries(options.points).map(([name, { from }]) => from ?? name),
    })
    const sample = (line: string) => sampleOf(read(line), options.points)
    const end = { async [Symbol.asyncDispose]() {} } // the line is the bus's
    await bus.connect(signal)
    if (options.ask !== undefined) {
      const question = { bus, where, request: Buffer.from(options.ask), parser: lines, answer: sample }
      // the end of any line shows where the next begins: what comes before it may be half a line
      await ask({ ...question, parser: lines.ends, answer: () => true }, signal)
      return { ...end, read: (signal) => ask(question, signal) }
    }
    const silence = options.silence ?? Math.max(3 * every, 10_000)
    return {
      ...end,
      stream(emit, signal) {
        lines.clear()
        let unread = 0
        const samples = (bytes: Uint8Array) =>
          lines.push(bytes).flatMap((line) => {
            const read = sample(line)
            if (read === undefined) unread++
            return read ?? []
          })
        const spoilt = () => lines.dropped + unread
        return follow({ bus, clock, where, every, silence, samples, spoilt, report }, emit, signal)
      },
    }
  },
})

/** Throws config/invalid where the options of a format are not all there. */
function check({ format, columns, pattern, points }: TextOptions): void {
  const keys = Object.entries(points).map(([name, { from }]) => from ?? name)
  const wrong = (message: string) => new HabtwinError('config/invalid', message, { where: 'serial-text' })
  if (keys.length === 0) throw wrong('there is no point to read')
  if (format === 'csv') {
    const missing = keys.filter((key) => !columns?.includes(key))
    if (missing.length > 0) throw wrong(`\`columns\` has no ${missing.join(', ')}`)
  }
  if (format === 'regex') {
    const missing = keys.filter((key) => !pattern?.includes(`(?<${key}>`))
    if (missing.length > 0) throw wrong(`\`pattern\` has no group ${missing.map((key) => `(?<${key}>…)`).join(', ')}`)
    try {
      new RegExp(pattern ?? '')
    } catch (error) {
      throw wrong(`\`pattern\` is no regular expression: ${(error as Error).message}`)
    }
  }
}

/** Throws config/unit where a unit does not fit its point. */
function declare(name: string, { unit, label, range }: TextPoint): DevicePoint {
  const info = pointInfo(name)
  const code = unit === undefined ? undefined : unitCode(unit)
  if (unit !== undefined && (code === undefined || (isPoint(name) && !convertible(code, info.unit)))) {
    const message = isPoint(name) ? `${unit} does not convert to ${info.unit}` : `habtwin knows no unit ${unit}`
    throw new HabtwinError('config/unit', `${message} (${name})`, { where: `points.${name}.unit` })
  }
  return {
    unit: isPoint(name) ? info.unit : (code ?? '1'),
    ...(label === undefined ? {} : { label }),
    ...(range === undefined ? {} : { range }),
  }
}

function sampleOf(
  figures: Record<string, number | null> | undefined,
  points: Readonly<Record<string, TextPoint>>,
): Sample | undefined {
  if (figures === undefined) return undefined
  const values: Record<string, number | null> = {}
  for (const [name, point] of Object.entries(points)) {
    const figure = figures[point.from ?? name]
    if (figure !== undefined) values[name] = figure === null ? null : reading(name, point, figure)
  }
  return { values }
}

function reading(name: string, { scale, offset, unit }: TextPoint, figure: number): number {
  // 851 × 0.1 is 85.10000000000001 in binary
  const value = scale === 1 && offset === 0 ? figure : Number((figure * scale + offset).toPrecision(12))
  const code = unit === undefined ? undefined : unitCode(unit)
  return code === undefined || !isPoint(name) ? value : convert(value, code, pointInfo(name).unit)
}
