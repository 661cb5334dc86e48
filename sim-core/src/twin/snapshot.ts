/**
 * How a snapshot of the twin is written: one line that says what it is and how long, and what it sums to; then the
 * state, compressed. It is only a shortcut: one that is damaged, or of another version, is thrown away, and the state
 * is made again from the store's past.
 */
import { deserialize, serialize } from 'node:v8'
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { MindState } from './mind.ts'
import type { ZoneState } from './zone.ts'

/** Raised with every change of what is kept or of how it is meant. */
const FORMAT = 2

export interface TwinState {
  /** The next minute to go through. */
  readonly cursor: number
  readonly zones: readonly ZoneState[]
  readonly mind: MindState
}

/** @param version of habtwin */
export function writeSnapshot(state: TwinState, version: string): Uint8Array {
  // much of it is room for weeks that have not been lived yet
  const params = { [constants.ZSTD_c_compressionLevel]: 1 }
  const body = zstdCompressSync(serialize(state), { params })
  const head = { twin: FORMAT, version, bytes: body.length, crc: crc32(body) }
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body])
}

/** The state, or why it cannot be used. */
export function readSnapshot(bytes: Uint8Array, version: string): TwinState | string {
  const end = bytes.indexOf(10)
  let head: { twin?: unknown; version?: unknown; bytes?: unknown; crc?: unknown }
  try {
    head = JSON.parse(Buffer.from(bytes.subarray(0, Math.max(0, end))).toString())
  } catch {
    return 'it is damaged'
  }
  if (head.twin !== FORMAT || head.version !== version) return 'it was written by another version'
  const body = bytes.subarray(end + 1)
  if (body.length !== head.bytes || crc32(body) !== head.crc) return 'it is damaged'
  try {
    return deserialize(zstdDecompressSync(body))
  } catch {
    return 'it is damaged'
  }
}
