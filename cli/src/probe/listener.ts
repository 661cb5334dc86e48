/** Recognises what talks on a serial line by its frames and lines. */
import { intact } from '@habtwin/gateway/drivers/modbus/frames'
import { Deframer, type FrameShape } from '@habtwin/gateway/drivers/serial/frames'
import { Lines } from '@habtwin/gateway/drivers/serial/lines'
import { novaFrame, READING } from '@habtwin/gateway/drivers/serial/nova'
import { DATA, plantowerFrame } from '@habtwin/gateway/drivers/serial/plantower'
import { lineReader } from '@habtwin/gateway/drivers/serial/text'
import { READ, winsenFrame } from '@habtwin/gateway/drivers/serial/winsen'

export interface Talker {
  /** What it is, in words. */
  readonly what: string
  /** Frames or lines of it. */
  readonly count: number
  /** Its driver, and keys of a device beyond zone, driver and bus. */
  readonly driver?: string
  readonly keys?: string
  /** A line of it, as it came. */
  readonly sample?: string
}

interface Frames {
  readonly what: string
  readonly driver: string
  readonly keys?: string
  readonly shape: FrameShape
  readonly counts: (frame: Uint8Array) => boolean
}

const KNOWN: readonly Frames[] = [
  {
    what: 'MH-Z19 or MH-Z16, which speaks by itself',
    driver: 'mhz19',
    keys: 'mode: listen',
    shape: winsenFrame,
    counts: (frame) => frame[1] === READ,
  },
  {
    what: 'PMS5003, or another of Plantower',
    driver: 'pms5003',
    shape: plantowerFrame,
    counts: (frame) => frame.length === DATA,
  },
  { what: 'SDS011', driver: 'sds011', shape: novaFrame, counts: (frame) => frame[1] === READING },
]

/** Frames with a check of one byte come about by chance as well: once in some hundred that begin so. */
const ENOUGH = 2
/** Bytes kept for a look at Modbus frames. */
const KEPT = 4_096

export class Listener {
  #frames = KNOWN.map((known) => ({ ...known, deframer: new Deframer(known.shape), count: 0 }))
  #lines = new Lines(512)
  #text: string[] = []
  #raw = Buffer.alloc(0)
  bytes = 0

  push(bytes: Uint8Array): void {
    this.bytes += bytes.length
    for (const one of this.#frames) one.count += one.deframer.push(bytes).filter(one.counts).length
    this.#text.push(...this.#lines.push(bytes))
    this.#raw = Buffer.concat([this.#raw, bytes]).subarray(-KEPT)
  }

  /** What it has heard; undefined where it is nothing that it knows. @param least frames or lines that are enough */
  heard(least = ENOUGH): Talker | undefined {
    const known = this.#frames.find(({ count }) => count >= least)
    if (known !== undefined) {
      const { what, driver, keys, count } = known
      return { what, driver, count, ...(keys === undefined ? {} : { keys }) }
    }
    const modbus = modbusFrames(this.#raw)
    if (modbus >= least) return { what: 'Modbus: another program asks here', count: modbus }
    return this.#text.length >= least ? asText(this.#text) : undefined
  }
}

/** Whole frames with a right check; by chance once in 65,536. */
function modbusFrames(bytes: Buffer): number {
  let [count, at] = [0, 0]
  while (at + 4 <= bytes.length) {
    const sizes = [8, 5, 5 + (bytes[at + 2] ?? 0)]
    const size = sizes.find((size) => at + size <= bytes.length && intact(bytes.subarray(at, at + size)))
    if (size !== undefined) count++
    at += size ?? 1
  }
  return count
}

/** Keys as people write them, by point. */
const NAMES: Readonly<Record<string, string>> = {
  t: 'temperature',
  temp: 'temperature',
  temperature: 'temperature',
  h: 'humidity',
  hum: 'humidity',
  rh: 'humidity',
  humidity: 'humidity',
  p: 'pressure',
  pressure: 'pressure',
  co2: 'co2',
  lux: 'light',
  light: 'light',
  v: 'voltage',
}

function asText(lines: readonly string[]): Talker | undefined {
  const sample = lines.at(-1) ?? ''
  const base = { separator: ',', decimal: '.', checksum: 'none' } as const
  for (const format of ['json', 'pairs'] as const) {
    const keys = keysIn(sample, format)
    const read = lineReader({ ...base, format, keys })
    const count = lines.filter((line) => read(line) !== undefined).length
    if (keys.length === 0 || count * 2 < lines.length) continue
    const points = keys.map((key) => `${pointOf(key)}: { from: ${key} }`).join(', ')
    const keysOf = `${format === 'pairs' ? '' : `format: ${format}, `}points: { ${points} }`
    return { what: `lines of text (${format})`, count, driver: 'serial-text', keys: keysOf, sample }
  }
  const columns = sample.split(',').map((_, i) => `c${i + 1}`)
  const csv = lineReader({ ...base, format: 'csv', columns, keys: columns })
  const count = lines.filter((line) => csv(line) !== undefined).length
  if (columns.length > 1 && count * 2 >= lines.length) {
    const points = columns.map((column) => `${column}: {}`).join(', ')
    return {
      what: 'lines of text (csv)',
      count,
      driver: 'serial-text',
      keys: `format: csv, columns: [${columns.join(', ')}], points: { ${points} }`,
      sample,
    }
  }
  return { what: 'lines of text', count: lines.length, sample }
}

function keysIn(line: string, format: 'json' | 'pairs'): string[] {
  const found =
    format === 'json'
      ? [...line.matchAll(/"([A-Za-z_][\w-]*)"\s*:\s*-?\d/g)]
      : [...line.matchAll(/([A-Za-z_][\w./-]*)\s*[=:]\s*-?\d/g)]
  return [...new Set(found.map(([, key = '']) => key))]
}

function pointOf(key: string): string {
  return NAMES[key.toLowerCase()] ?? key.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')
}
