/** What the tests of the store share. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from './store.ts'
import type { DeviceReading, History, SeriesKey, StoreLog } from './types.ts'

export const JOURNAL = 'a'.repeat(32)
export const OTHER = 'b'.repeat(32)

/** A folder that is gone at the end of its scope. */
export function folder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'habtwin-store-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** One reading of one point. */
export function one(seq: number, t: number, value: number | null, device = 'air', journal = JOURNAL): DeviceReading {
  return { device, reading: { journal, seq, n: seq, t, values: { co2: value } } }
}

export function co2(device = 'air'): SeriesKey {
  return { kind: 'reading', device, point: 'co2' }
}

/** All that a store has of a series. */
export function all(store: Store, series: SeriesKey = co2()): Promise<History> {
  return store.history({ series, from: -1e15, to: 1e15 })
}

/** A log that remembers its lines. */
export function memoryLog(): StoreLog & { lines: string[] } {
  const lines: string[] = []
  const keep = (level: string) => (fields: object, message: string) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  }
  return { lines, info: keep('info'), warn: keep('warn'), error: keep('error') }
}
