/**
 * Writes `docs/devices.md` from the drivers themselves: `node scripts/gen-devices.ts`. What a driver is stands in the
 * first comment of its file, what a key of it means in the comment before that key; all else is asked of the driver.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type DevicePoint, parseQuantity, pointInfo, ucum } from '@habtwin/contract'
import type { Driver } from '@habtwin/gateway/drivers/driver'
import { loadDrivers } from '@habtwin/gateway/drivers/fleet'
import { QUANTITY } from '@habtwin/runtime'
import { parse } from 'yaml'
import { z } from 'zod'

export const devicesFile = join(import.meta.dirname, '../docs/devices.md')
const folder = join(import.meta.dirname, '../gateway/src/drivers')

/** Keys that a device cannot do without, where a driver has such, and others that show it better. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  'analog-input': ['channels: { temperature: { channel: 1, from: -40, to: 60, unit: Cel } }'],
  command: ['run: [vcgencmd, measure_temp]', 'points: { cpu: { key: temp, unit: Cel } }'],
  ds18b20: ['sensor: 28-0316a2793aff'],
  file: ['path: /sys/class/thermal/thermal_zone0/temp', 'points: { cpu: { scale: 0.001, unit: Cel } }'],
  'h2-detector': ['address: 0'],
  'modbus-rtu': ['unit: 3', 'registers: { voltage: { function: input, address: 0, type: f32, unit: V } }'],
  'modbus-tcp': ['unit: 3', 'registers: { level: { address: 7, scale: 0.1, unit: "%" } }'],
  outside: ['points: { co2: {}, temperature: { key: t, unit: Cel } }'],
  'relay-module': ['relays: { state: 1 }'],
  replay: ['file: recordings/2025-10.csv', 'time: Timestamp', 'columns: { co2: "CO2 (ppm)" }'],
  'serial-text': ['points: { co2: {}, temperature: { from: t, unit: Cel } }'],
  virtual: ['instrument: air'],
}

/** Keys by which points are named. */
const NAMING = /^(points|registers|columns|channels|relays):/

/** Keys of a bus. What stands for a serial port is any. */
const PORT = 'path: /dev/serial/by-id/usb-FTDI_FT232R_A50285BI-if00-port0'
const BUSES: Readonly<Record<string, string>> = {
  i2c: 'path: /dev/i2c-1',
  'modbus-rtu': PORT,
  'modbus-tcp': 'host: 192.168.7.20',
  serial: PORT,
  virtual: 'seed: 7',
  w1: 'path: /sys/bus/w1/devices',
}

const GROUPS: readonly (readonly [title: string, rides: string | undefined])[] = [
  ['Modbus', 'modbus-rtu'],
  ['Modbus over TCP alone', 'modbus-tcp'],
  ['Serial lines', 'serial'],
  ['I2C', 'i2c'],
  ['1-Wire', 'w1'],
  ['Simulated', 'virtual'],
  ['Without a bus', undefined],
]

/** ms between readings in the examples. */
const EVERY = 10_000

interface Key {
  readonly key: string
  readonly values: string
  readonly otherwise: string
  readonly says: string
}

/** The text of the page. */
export async function generate(): Promise<string> {
  const drivers = [...(await loadDrivers()).values()]
  const devices = drivers.filter((driver) => !isBusAlone(driver))
  const grouped = GROUPS.map(([title, bus]) => ({ title, of: devices.filter((driver) => busOf(driver) === bus) }))
  return [
    '# Instruments that habtwin knows\n',
    '<!-- Generated from gateway/src/drivers by scripts/gen-devices.ts. -->\n',
    'Each entry can be pasted; `habtwin probe` finds out where an instrument is. Keys that all devices have (`zone`, `every`,\n`timeout`, `label`, `calibrate` …): [configuration](configuration.md). What is not here is one small file:\n[adding a sensor](adding-a-sensor.md).\n',
    table([
      ['driver', 'instrument', 'measures'],
      ...grouped.flatMap(({ of }) => of.map((driver) => [link(driver.name), instrument(driver), measures(driver)])),
    ]),
    ...grouped.flatMap(({ title, of }) => (of.length === 0 ? [] : [`\n## ${title}`, ...of.map(section)])),
    '\n## How long a reading keeps a serial line\n',
    'All points of one device, bytes and silences, where it answers as soon as it may: ms for one reading, and how many\nreadings a second a line with that device alone can carry. Fewer `points`, fewer ms. `habtwin check` adds up what is\nplanned and refuses what cannot fit.\n',
    scanTable(devices.filter((driver) => driver.airtime !== undefined && driver.rides?.includes('modbus-rtu'))),
    '\n## Buses',
    ...drivers.filter(({ bus }) => bus !== undefined).map(busSection),
    '',
  ].join('\n')
}

function section(driver: Driver): string {
  const { name, about } = driver
  const { warmup } = describe(driver)
  const facts = [
    ...(about === undefined ? [] : [`- Instrument: ${instrument(driver)}`]),
    ...(about?.settings === undefined ? [] : [`- As it comes: ${about.settings}`]),
    `- Bus: ${driver.rides === undefined ? 'none' : driver.rides.map((bus) => `[${bus}](#bus-${bus})`).join(' or ')}`,
    ...(warmup === undefined ? [] : [`- Warm-up: ${time(warmup)}, in which its values are \`uncertain:warmup\``]),
    ...(about === undefined ? [] : [`- Source: ${about.source}`]),
  ]
  const points = Object.entries(describe(driver).points)
  const title = namesPoints(driver) ? 'what the entry below names' : 'point'
  const keys = keysOf(driver.options, name, EXAMPLES[name])
  return [
    `\n### ${name}\n`,
    `${intro(name)}\n`,
    ...facts,
    '',
    table([[title, 'unit', 'range', 'can be set to', 'is'], ...points.map(pointRow)]),
    ...(keys.length === 0 ? [] : ['', keyTable(keys)]),
    `\n\`\`\`yaml\n${example(driver)}\n\`\`\``,
  ].join('\n')
}

const BAUDS = [2_400, 9_600, 19_200, 38_400, 115_200]

function scanTable(drivers: readonly Driver[]): string {
  const rows = drivers.map((driver) => {
    const options = driver.options.parse(read(EXAMPLES[driver.name]))
    const times = BAUDS.map((baud) => {
      const line = { path: '/dev/ttyUSB0', baud, parity: 'none', dataBits: 8, stopBits: 1 }
      return driver.airtime?.(options, { options: line, devices: [] }) ?? 0
    })
    const cells = times.map((ms) => (ms < 10 ? ms.toFixed(1) : ms.toFixed(0)))
    return [link(driver.name), ...cells, (1_000 / (times.at(-1) ?? 1)).toFixed(0)]
  })
  return table([['driver', ...BAUDS.map((baud) => `${baud} baud`), 'readings/s at 115200'], ...rows])
}

function busSection({ name, bus }: Driver): string {
  const keys = bus === undefined ? [] : keysOf(bus.options, name, [BUSES[name] ?? ''])
  return [
    `\n### Bus ${name}\n`,
    ...(keys.length === 0 ? [] : [keyTable(keys)]),
    `\n\`\`\`yaml\nbuses:\n  ${name}: { driver: ${name}, ${BUSES[name]} }\n\`\`\``,
  ].join('\n')
}

/** The bus of the example: a Modbus device of the library rides on either, and a serial line shows more. */
function busOf({ rides }: Driver): string | undefined {
  return rides?.find((bus) => bus === 'modbus-rtu') ?? rides?.[0]
}

/** A bus and nothing else refuses to be described. */
function isBusAlone(driver: Driver): boolean {
  return driver.bus !== undefined && driver.rides === undefined
}

function instrument({ about, name }: Driver): string {
  if (about === undefined)
    return (
      intro(name)
        .split(/(?<=[.:;])\s/)[0]
        ?.replace(/[.:;]$/, '') ?? ''
    )
  return about.maker.startsWith('any') ? about.model : `${about.maker} ${about.model}`
}

function measures(driver: Driver): string {
  if (namesPoints(driver)) return 'what you name'
  return Object.keys(describe(driver).points).join(', ')
}

/** True where the points are what the configuration names. */
function namesPoints({ name }: Driver): boolean {
  return EXAMPLES[name]?.some((key) => NAMING.test(key)) === true
}

/** The keys of the example, as the driver's schema has them. */
function describe(driver: Driver) {
  const options = driver.options.parse(read(EXAMPLES[driver.name]))
  const rides = driver.rides?.[0]
  const bus = rides === undefined ? undefined : { options: { speed: 1 }, devices: ['device'] }
  return driver.describe(options, bus, EVERY)
}

/** Reads what stands between the braces of an entry. */
function read(keys: readonly string[] = []): unknown {
  return parse(`{ ${keys.join(', ')} }`)
}

function pointRow([name, { unit, range, label, writable }]: [string, DevicePoint]): string[] {
  const info = pointInfo(name)
  const [low, high] = range ?? info.range
  const figures = Number.isFinite(low) && Number.isFinite(high) ? `${low} … ${high}` : ''
  return [`\`${name}\``, ucum(unit), figures, settings(writable), label ?? info.label]
}

function settings(writable: DevicePoint['writable']): string {
  if (writable === undefined) return ''
  return Array.isArray(writable) ? writable.join(', ') : `${writable.min} … ${writable.max}`
}

function example(driver: Driver): string {
  const { name, about } = driver
  const bus = busOf(driver)
  const keys = ['zone: crew', `driver: ${name}`, ...(bus === undefined ? [] : ['bus: wire']), ...(EXAMPLES[name] ?? [])]
  const wire =
    bus === undefined ? [] : ['buses:', `  wire: { driver: ${bus}, ${BUSES[bus]}${lineOf(about?.settings, bus)} }`]
  return [...wire, 'devices:', `  ${name}-1:`, ...keys.map((key) => `    ${key}`)].join('\n')
}

const PARITY: Readonly<Record<string, string>> = { E: ', parity: even', O: ', parity: odd' }

/** What a line has to be set to, of `19200 8N2, unit 240`. */
function lineOf(settings: string | undefined, bus: string): string {
  const [, baud, parity, stop] = /^(\d+) 8([NEO])([12])/.exec(settings ?? '') ?? []
  if (baud === undefined || (bus !== 'serial' && bus !== 'modbus-rtu')) return ''
  return `${baud === '9600' ? '' : `, baud: ${baud}`}${PARITY[parity ?? ''] ?? ''}${stop === '2' ? ', stopBits: 2' : ''}`
}

interface Schema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
}

/** @param example keys that it cannot do without */
function keysOf(options: z.ZodType, driver: string, example: readonly string[] = []): Key[] {
  const schema = z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' }) as Schema
  const comments = commentsOf(driver)
  const given = read(example) as object
  const filled = options.parse(given) as Readonly<Record<string, unknown>>
  return Object.entries(schema.properties ?? {}).map(([key, one]) => {
    const hex =
      key === 'address' && one.anyOf?.every(({ const: only }) => typeof only === 'number') === true
        ? inHex
        : (text: string) => text
    return {
      key,
      values: hex(key === 'points' && one.items?.enum !== undefined ? 'list of the above' : valuesOf(one)),
      otherwise: schema.required?.includes(key) ? 'needed' : key in given ? '' : hex(defaultOf(one, filled[key])),
      says: comments.get(key) ?? '',
    }
  })
}

/** Addresses are written as the datasheets have them. */
const inHex = (text: string) =>
  text.replaceAll(/`(\d+)`/g, (_, figure: string) => `\`0x${Number(figure).toString(16)}\``)

function valuesOf(schema: Schema): string {
  const { type, anyOf, items, description, minimum, maximum } = schema
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ')
  if (schema.const !== undefined) return `\`${schema.const}\``
  if (description?.startsWith(QUANTITY)) return `as \`${quantityExample(schema)}\``
  if (anyOf !== undefined) return [...new Set(anyOf.map(valuesOf))].filter(Boolean).join(', ')
  if (type === 'array') return `list of ${items === undefined ? 'values' : valuesOf(items) || 'values'}`
  if (type === 'object')
    return schema.properties === undefined ? 'by point' : `\`{ ${Object.keys(schema.properties).join(', ')} }\``
  if (type === 'boolean') return '`true`, `false`'
  const isBound = (bound: number | undefined): bound is number =>
    bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER
  if (isBound(minimum) && isBound(maximum)) return `${minimum} … ${maximum}`
  return type === 'integer' || type === 'number' ? 'number' : type === 'string' ? 'text' : ''
}

function quantityExample({ description = '' }: Schema): string {
  return /"(.*)"/.exec(description)?.[1] ?? ''
}

/** @param value what it is where it is not given */
function defaultOf(schema: Schema, value: unknown): string {
  if (value === undefined) return ''
  if (!schema.description?.startsWith(QUANTITY))
    return `\`${typeof value === 'object' ? JSON.stringify(value) : value}\``
  const unit = parseQuantity(quantityExample(schema))?.unit
  const isTime = unit !== undefined && ['ms', 's', 'min', 'h', 'd'].includes(unit)
  return isTime ? time(Number(value)) : `${value} ${quantityExample(schema).split(' ')[1] ?? ''}`
}

/** The first comment of a driver's file, as one paragraph. */
function intro(driver: string): string {
  const [, text = ''] = /^(?:\/\/[^\n]*\n)*\/\*\*(.*?)\*\//s.exec(source(join(folder, `${driver}.ts`))) ?? []
  return plain(text)
}

/** Key → what is said before it, in the driver's file and in those that it is made of. */
function commentsOf(driver: string): Map<string, string> {
  const file = join(folder, `${driver}.ts`)
  const imports = [...source(file).matchAll(/ from '(\.[^']+)'/g)].map(([, path = '']) => join(dirname(file), path))
  const found = new Map<string, string>()
  // parts of a point are no keys of the device, unless it takes them from there
  const isOfParts = source(file).includes('.shape')
  for (const whole of [file, ...imports.filter(existsSync)].map(source)) {
    const text = isOfParts ? whole : whole.replaceAll(/^const \w+ = z\.strictObject\(\{.*?^\}\)/gms, '')
    // a key of a schema: what follows it makes one
    const keys =
      /\/\*\*((?:(?!\*\/).)*)\*\/\s+(\w+):\s*(?:z\b|duration\(|quantity\(|timezone\b|all\.|mux\.|type\b|kind\b)/gs
    for (const [, comment = '', key = ''] of text.matchAll(keys)) {
      if (!found.has(key)) found.set(key, plain(comment))
    }
  }
  return found
}

const source = (file: string) => readFileSync(file, 'utf8')
const plain = (comment: string) =>
  comment
    .replaceAll(/^\s*\*\s?/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim()

function time(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`
  if (ms % 60_000 === 0) return `${ms / 60_000} min`
  return ms % 1_000 === 0 ? `${ms / 1_000} s` : `${ms} ms`
}

const link = (name: string) => `[${name}](#${name})`

function keyTable(keys: readonly Key[]): string {
  const rows = keys.map(({ key, values, otherwise, says }) => [`\`${key}\``, values, otherwise, says])
  return table([['key', 'values', 'unless given', 'means'], ...rows])
}

/** Columns as wide as they need to be; those in which nothing stands are left out. */
function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows
  const kept = head.map((_, i) => i).filter((i) => body.some((row) => row[i] !== ''))
  const cells = rows.map((row) => kept.map((i) => (row[i] ?? '').replaceAll('|', '\\|')))
  const widths = kept.map((_, i) => Math.max(3, ...cells.map((row) => row[i]?.length ?? 0)))
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  const [first = [], ...others] = cells
  return [line(first), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...others.map(line)].join('\n')
}

if (import.meta.main) writeFileSync(devicesFile, await generate())
