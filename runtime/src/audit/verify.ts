/** Goes through an audit log from its first byte to its last and says where it is not as it was written. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AuditHead } from '@habtwin/contract'
import { type AuditEntry, linesOf, NOTHING, sha256, unseal } from './chain.ts'
import { auditFiles } from './files.ts'

export interface AuditFault {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly message: string
}

export interface Verdict {
  /** Entries that were looked at. */
  readonly entries: number
  readonly first: number | undefined
  readonly head: AuditHead | undefined
  /** Where the chain breaks. */
  readonly faults: readonly AuditFault[]
  /** What is out of the ordinary and explained by the log itself: a line that a loss of power cut off, say. */
  readonly notes: readonly string[]
}

export interface VerifyOptions {
  /** Begin with this entry; those before it are not missed. */
  readonly from?: number
  /** Entries whose hash somebody kept: the head that mission control holds. */
  readonly anchors?: readonly { readonly seq: number; readonly hash: string }[]
}

/** @param folder `DIR/gateway/audit` */
export function verifyAudit(folder: string, { from = 1, anchors = [] }: VerifyOptions = {}): Verdict {
  const faults: AuditFault[] = []
  const notes: string[] = []
  const files = auditFiles(folder)
  /** What the last file ended with after its last end of line. */
  let torn: { file: string; line: number; bytes: Buffer } | undefined
  let before: AuditEntry | undefined
  let first: number | undefined
  let entries = 0
  const wanted = new Map(anchors.map(({ seq, hash }) => [seq, hash]))
  /** Up to which entry the log says that it dropped its oldest files. */
  let retired = 0
  const start = firstFileOf(files, from)

  for (const file of files.slice(start)) {
    const { lines, rest } = linesOf(readFileSync(join(folder, file)))
    for (const [i, bytes] of lines.entries()) {
      const line = i + 1
      const tell = (message: string) => faults.push({ file, line, message })
      const entry = unseal(bytes)
      if (typeof entry === 'string') {
        tell(`entry ${before === undefined ? '' : `${before.seq + 1} `}was changed or damaged: ${entry}`)
        continue
      }
      if (torn !== undefined) {
        const explained = entry.kind === 'torn' && entry.file === torn.file && entry.sha256 === sha256(torn.bytes)
        if (explained) notes.push(`${torn.file}:${torn.line} was cut off after ${torn.bytes.length} bytes, as by a loss of power; nothing had acted on it`) // biome-ignore format: one thought
        else faults.push({ file: torn.file, line: torn.line, message: 'it is cut off, and the log does not say so itself' }) // biome-ignore format: one thought
        torn = undefined
      }
      if (entry.kind === 'retired' && typeof entry.upTo === 'number') retired = Math.max(retired, entry.upTo)
      if (entry.kind === 'taken-away') tell(`entries ${entry.seq} to ${entry.upTo} were there once and are gone`)
      const why = breaks(before, entry)
      if (why !== undefined) tell(why)
      first ??= entry.seq
      if (entry.seq >= from) {
        entries++
        const hash = wanted.get(entry.seq)
        if (hash !== undefined && hash !== entry.hash) tell(`entry ${entry.seq} is another one than the anchor's`)
        wanted.delete(entry.seq)
      }
      before = entry
    }
    if (torn !== undefined) faults.push({ file: torn.file, line: torn.line, message: 'it is cut off' })
    torn = rest.length > 0 ? { file, line: lines.length + 1, bytes: rest } : undefined
  }
  if (torn !== undefined) {
    faults.push({ file: torn.file, line: torn.line, message: `it is cut off after ${torn.bytes.length} bytes; the gateway has not been started since` }) // biome-ignore format: one thought
  }
  if (start === 0 && first !== undefined && first > 1) {
    if (retired >= first - 1)
      notes.push(`entries 1 to ${first - 1} were dropped with the oldest files, as the log says itself`) // biome-ignore format: one thought
    else faults.push({ file: files[0] as string, line: 1, message: `entries 1 to ${first - 1} are missing` })
  }
  for (const seq of wanted.keys()) {
    if (seq < from) continue
    const where = { file: files.at(-1) ?? folder, line: 1 }
    faults.push({ ...where, message: `entry ${seq}, of which there is an anchor, is missing: the log ends with ${before?.seq ?? 'nothing'}` }) // biome-ignore format: one thought
  }
  const head = before && { seq: before.seq, hash: before.hash, t: before.t }
  return { entries, first, head, faults, notes }
}

function breaks(before: AuditEntry | undefined, entry: AuditEntry): string | undefined {
  if (before === undefined) {
    if (entry.seq === 1 && (entry.prev !== NOTHING || entry.kind !== 'genesis')) return 'the log does not begin as one'
    return undefined
  }
  if (entry.seq === before.seq + 1 && entry.prev === before.hash) return undefined
  if (entry.seq > before.seq + 1) return `entries ${before.seq + 1} to ${entry.seq - 1} are missing before it`
  return `it does not follow entry ${before.seq}, which is before it`
}

/** The file that an entry is in: the last one that begins at or before it. */
function firstFileOf(files: readonly string[], from: number): number {
  const found = files.findLastIndex((name) => Number.parseInt(name, 10) <= from)
  return Math.max(0, found)
}
