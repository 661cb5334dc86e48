/** `habtwin watch`: every reading of a broker as a live table, for people who are logged in by ssh. */
import { randomBytes } from 'node:crypto'
import {
  type Alert,
  alert as alertSchema,
  type DeviceInfo,
  display,
  deviceInfo as infoSchema,
  pointInfo,
  type Reading,
  reading as readingSchema,
  spacing,
  ucum,
} from '@habtwin/contract'
import { everyInterval, systemClock } from '@habtwin/runtime'
import { Link } from '@habtwin/runtime/mqtt'
import { clientTls } from '@habtwin/runtime/tls/client'
import { untilStopped } from '../stop.ts'
import { type Row, table } from '../table.ts'

export interface WatchOptions {
  readonly url: string
  readonly habitat?: string
  readonly user?: string
  /** File of the authorities that the broker's certificate may be signed by. */
  readonly ca?: string
  readonly json?: boolean
}

/** A reading is late when it is older than so many of its device's intervals. */
const LATE = 3
const TO_SCREEN_TOP = '\x1b[H'
const CLEAR_BELOW = '\x1b[J'
const OTHER_SCREEN = '\x1b[?1049h\x1b[?25l'
const OWN_SCREEN = '\x1b[?25h\x1b[?1049l'

export async function watch({ url, habitat, user, ca, json = false }: WatchOptions): Promise<number> {
  const stop = untilStopped()
  const seen = new Map<string, { habitat: string; reading: Reading; at: number }>()
  const infos = new Map<string, DeviceInfo>()
  const alerts = new Map<string, Alert>()
  const password = process.env.HABTWIN_PASSWORD
  await using link = new Link({
    url,
    clientId: `watch-${randomBytes(6).toString('hex')}`,
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    tls: clientTls({ ca }),
  })
  let state = `connecting to ${url}`
  link.on('up', () => {
    state = `connected to ${url}`
  })
  link.on('failed', (reason) => {
    state = `no connection to ${url}: ${reason}; trying again`
    if (json) process.stderr.write(`${state}\n`)
  })
  link.on('down', (reason) => {
    state = `no connection to ${url}: ${reason}; trying again`
    if (json) process.stderr.write(`${state}\n`)
  })
  const prefix = `hab/${habitat ?? '+'}`
  link.subscribe(`${prefix}/device/+/info`, (topic, payload) => {
    const info = parse(infoSchema, payload)
    if (info) infos.set(keyOf(topic), info)
    else infos.delete(keyOf(topic))
  })
  link.subscribe(`${prefix}/device/+/reading`, (topic, payload) => {
    const reading = parse(readingSchema, payload)
    if (reading === undefined) return
    const [, of = '', , device = ''] = topic.split('/')
    seen.set(keyOf(topic), { habitat: of, reading, at: systemClock.mono() })
    if (json) process.stdout.write(`${JSON.stringify({ habitat: of, device, ...reading })}\n`)
  })
  link.subscribe(`${prefix}/alert/+`, (topic, payload) => {
    const alert = parse(alertSchema, payload)
    if (alert?.active) alerts.set(topic, alert)
    else alerts.delete(topic)
  })
  link.start()

  if (json || !process.stdout.isTTY) {
    if (!json) process.stderr.write('the table needs a terminal; with --json there is one line a reading\n')
    if (!json) return 2
    await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }))
    return 0
  }
  process.stdout.write(OTHER_SCREEN)
  try {
    await everyInterval(systemClock, 500, stop, () => {
      const { columns, rows } = process.stdout
      const lines = [...screen(state, seen, infos, alerts)].flatMap((text) => text.split('\n'))
      const shown = lines.slice(0, rows - 1).map((line) => `${line.slice(0, columns)}\x1b[K`)
      process.stdout.write(TO_SCREEN_TOP + shown.join('\n') + CLEAR_BELOW)
    })
  } finally {
    process.stdout.write(OWN_SCREEN)
  }
  return 0
}

function* screen(
  state: string,
  seen: ReadonlyMap<string, { habitat: string; reading: Reading; at: number }>,
  infos: ReadonlyMap<string, DeviceInfo>,
  alerts: ReadonlyMap<string, Alert>,
): Iterable<string> {
  yield `habtwin watch   ${state}   ${new Date(systemClock.now()).toISOString().slice(0, 19)} UTC`
  yield ''
  for (const alert of alerts.values()) yield `${alert.level.toUpperCase().padEnd(9)} ${alert.text}`
  if (alerts.size > 0) yield ''
  if (seen.size === 0) {
    yield 'No readings yet.'
    return
  }
  const rows: Row[] = [['ZONE', 'DEVICE', 'POINT', 'VALUE', 'UNIT', 'AGE', 'QUALITY']]
  for (const [key, { reading, at }] of [...seen].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const info = infos.get(key)
    const age = systemClock.mono() - at
    for (const [point, value] of Object.entries(reading.values)) {
      const unit = info?.points[point]?.unit ?? pointInfo(point).unit
      const late = info && (info.pace ?? 1) === 1 && age > LATE * spacing(info)
      rows.push([
        info?.zone ?? '?',
        key.slice(key.indexOf('/') + 1),
        point,
        unit === pointInfo(point).unit ? (display(point, value).split(' ')[0] ?? '') : String(value ?? '–'),
        ucum(unit),
        `${Math.round(age / 1000)} s${late ? ' LATE' : ''}`,
        reading.quality?.[point] ?? 'good',
      ])
    }
  }
  yield table(rows, new Set([3]))
}

/** `{habitat}/{device}` of a device's topic. */
function keyOf(topic: string): string {
  const [, habitat, , device] = topic.split('/')
  return `${habitat}/${device}`
}

function parse<T>(schema: { safeParse(raw: unknown): { success: boolean; data?: T } }, payload: Buffer): T | undefined {
  if (payload.length === 0) return undefined
  try {
    return schema.safeParse(JSON.parse(payload.toString())).data
  } catch {
    return undefined // somebody else's message: no JSON
  }
}
