/**
 * One line of the audit log: JSON that holds the hash of the line before it, and its own.
 *
 *   {"seq":7,"prev":"<hash of 6>","t":…,"kind":"command",…,"hash":"<SHA-256 of all before it>"}
 *
 * The hash is over the bytes as they stand in the file: what they decode to is not enough, as several broken
 * sequences of UTF-8 decode to one replacement character.
 */
import { createHash } from 'node:crypto'

/** What an entry says, beside its place in the chain. */
export interface AuditBody {
  /** What happened: `command`, `result`, `trip`, `config` … */
  readonly kind: string
  /** ms since the epoch, by the gateway's clock. */
  readonly t: number
  readonly [detail: string]: unknown
}

export interface AuditEntry extends AuditBody {
  readonly seq: number
  readonly prev: string
  readonly hash: string
}

/** What the first entry of a chain names as the hash before it. */
export const NOTHING = '0'.repeat(64)

const TAIL = /^,"hash":"([0-9a-f]{64})"\}$/
const TAIL_LENGTH = ',"hash":"'.length + 64 + '"}'.length
const CLOSE = Buffer.from('}')

/** The line of an entry, without its end of line, and its hash. */
export function seal(seq: number, prev: string, body: AuditBody): { readonly line: Buffer; readonly hash: string } {
  const { kind, t, ...rest } = body
  const text = Buffer.from(JSON.stringify({ seq, prev, t, kind, ...rest }))
  const hash = sha256(text)
  return { line: Buffer.concat([text.subarray(0, -1), Buffer.from(`,"hash":"${hash}"}`)]), hash }
}

/** The entry of a line, or what is wrong with the line by itself. Whether it fits the line before is another matter. */
export function unseal(line: Buffer): AuditEntry | string {
  const cut = line.length - TAIL_LENGTH
  const hash = cut > 0 ? TAIL.exec(line.subarray(cut).toString('latin1'))?.[1] : undefined
  if (hash === undefined) return 'it does not end with its hash'
  if (sha256(line.subarray(0, cut), CLOSE) !== hash) return 'its bytes are not those that its hash was taken of'
  const entry = JSON.parse(line.toString()) as AuditEntry
  return entry
}

/** SHA-256, hexadecimal. */
export function sha256(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

/** The lines of a file, and what comes after the last end of line. */
export function linesOf(bytes: Buffer): { readonly lines: readonly Buffer[]; readonly rest: Buffer } {
  const lines: Buffer[] = []
  let from = 0
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, from)) {
    lines.push(bytes.subarray(from, end))
    from = end + 1
  }
  return { lines, rest: bytes.subarray(from) }
}
