/**
 * The store with ten million values: bytes a value on file, bytes written to disk, and how long questions take.
 * Beside it a plain SQLite table with one row a value, the way most loggers do it.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type DeviceReading, Store } from '../sim-core/src/store/index.ts'
import { atMost, type Bench, type Outcome, round } from './support/bench.ts'

const DEVICES = 50
const POINTS = ['co2', 'temperature'] as const
const SERIES = DEVICES * POINTS.length
const EVERY = 10_000
/** Readings a commit: 15 s at 100 readings/s. */
const COMMIT = 1500
const PEER_VALUES = 200_000
const BEGIN = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000

const GOALS = { bytes: 12, hour: 5, day: 200 }

export const store: Bench = { name: 'store', gate: false, run: () => measure() }

/** @param values how many to store */
export async function measure(values = 10_000_000): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'habtwin-bench-store-'))
  try {
    const filled = await fill(folder, values)
    const asked = await ask(folder, values)
    const plain = plainRows(folder)
    return {
      figures: { values, ...filled, ...asked, ...plain },
      goals: [
        atMost('bytes_per_value', filled.bytes_per_value, GOALS.bytes),
        atMost('hour_p95_ms', asked.hour_p95_ms, GOALS.hour),
        atMost('day_of_100_ms', asked.day_of_100_ms, GOALS.day),
      ],
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Bytes a value on file, all included; bytes handed to the block device per reading (of two values). */
async function fill(folder: string, values: number) {
  await using store = Store.open({ folder })
  const readings = makeReadings()
  const written = bytesWritten()
  let busy = 0
  let longest = 0
  let taken = 0
  const turns = watchTurns()
  while (taken * POINTS.length < values) {
    const batch = Array.from({ length: COMMIT }, () => readings())
    taken += COMMIT
    const begin = performance.now()
    store.commit({ readings: batch, marks: [{ journal: JOURNAL, seq: taken, have: [] }] })
    const took = performance.now() - begin
    busy += took
    if (took > longest) longest = took
    await new Promise((resolve) => setImmediate(resolve))
  }
  await store.pack()
  return {
    bytes_per_value: round(fileBytes(folder) / (taken * POINTS.length)),
    written_bytes_per_reading: round((bytesWritten() - written) / taken),
    commit_us_per_reading: round((busy * 1000) / taken),
    longest_turn_ms: round(Math.max(longest, turns())),
  }
}

async function ask(folder: string, values: number) {
  const opening = performance.now()
  await using store = Store.open({ folder })
  const openMs = round(performance.now() - opening)
  const span = (values / SERIES) * EVERY
  const hours: number[] = []
  const random = lcg(7)
  await store.history({ series: seriesOf(0), from: BEGIN, to: BEGIN + 1000 })
  for (let i = 0; i < 200; i++) {
    const from = BEGIN + Math.floor(random() * (span - HOUR))
    const begin = performance.now()
    await store.history({ series: seriesOf(Math.floor(random() * SERIES)), from, to: from + HOUR })
    hours.push(performance.now() - begin)
  }
  hours.sort((a, b) => a - b)
  const days: number[] = []
  for (let back = 1; back <= 5; back++) {
    const from = BEGIN + Math.max(0, span - back * 24 * HOUR)
    const begin = performance.now()
    for (let i = 0; i < SERIES; i++) {
      await store.history({ series: seriesOf(i), from, to: from + 24 * HOUR, every: 60_000 })
    }
    days.push(performance.now() - begin)
  }
  days.sort((a, b) => a - b)
  return {
    hour_median_ms: round(hours[hours.length >> 1] ?? 0),
    hour_p95_ms: round(hours[Math.floor(hours.length * 0.95)] ?? 0),
    day_of_100_ms: round(days[days.length >> 1] ?? 0),
    open_ms: openMs,
  }
}

/** One row a value with an index to find it by, group-committed alike. */
function plainRows(folder: string) {
  const path = join(folder, 'plain.db')
  using db = new DatabaseSync(path)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  db.exec(
    'CREATE TABLE row(device TEXT, point TEXT, t INTEGER, value REAL); CREATE INDEX by_series ON row(device, point, t)',
  )
  const insert = db.prepare('INSERT INTO row VALUES (?, ?, ?, ?)')
  const readings = makeReadings()
  const written = bytesWritten()
  let rows = 0
  while (rows < PEER_VALUES) {
    db.exec('BEGIN')
    for (let i = 0; i < COMMIT; i++) {
      const { device, reading } = readings()
      for (const point of POINTS) insert.run(device, point, reading.t, reading.values[point] ?? null)
      rows += POINTS.length
    }
    db.exec('COMMIT')
  }
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  return {
    plain_bytes_per_value: round(statSync(path).size / rows),
    plain_written_bytes_per_row: round((bytesWritten() - written) / rows),
  }
}

const JOURNAL = '00112233445566778899aabbccddeeff'

/** Readings of instruments as they are: a daily swing, noise, a resolution, clocks that jitter by milliseconds. */
function makeReadings(): () => DeviceReading {
  const random = lcg(1)
  let seq = 0
  return () => {
    const at = seq++
    const n = Math.floor(at / DEVICES) + 1
    const device = at % DEVICES
    const t = BEGIN + n * EVERY + device * 200 + Math.floor(random() * 8)
    const swing = Math.sin((2 * Math.PI * t) / (24 * HOUR) + device)
    const co2 = Math.round((900 + 350 * swing + 12 * (random() - 0.5)) * 10) / 10
    const temperature = Math.round((22 + 4 * swing + 0.2 * (random() - 0.5)) * 100) / 100
    return { device: `air-${device}`, reading: { journal: JOURNAL, seq: at + 1, n, t, values: { co2, temperature } } }
  }
}

function seriesOf(i: number) {
  return { kind: 'reading', device: `air-${i % DEVICES}`, point: POINTS[i < DEVICES ? 0 : 1] } as const
}

/** Measures the longest that the event loop was held. @returns ends it and gives ms */
function watchTurns(): () => number {
  let longest = 0
  let before = performance.now()
  let stopped = false
  const tick = () => {
    const now = performance.now()
    if (now - before > longest) longest = now - before
    before = now
    if (!stopped) setImmediate(tick)
  }
  tick()
  return () => {
    stopped = true
    return longest
  }
}

/** What this process has caused to be written to storage, bytes (Linux; 0 elsewhere). */
function bytesWritten(): number {
  try {
    return Number(/^write_bytes: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

function fileBytes(folder: string): number {
  return ['store.db', 'store.db-wal'].reduce((sum, name) => {
    return sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0)
  }, 0)
}

function lcg(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
