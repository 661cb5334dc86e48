/**
 * What was commanded, refused, tripped, changed and acknowledged, and by whom: written at the end of a file, durable
 * when `append` returns, each entry chained to the one before it.
 *
 * A last line that a loss of power cut off is left as it is: the log goes on in a new file, whose first entry says so.
 * Where the disk takes nothing, entries wait in memory, in order, and go in when it does again.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type AuditHead, HabtwinError, messageOf } from '@habtwin/contract'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { type AuditBody, linesOf, NOTHING, seal, sha256, unseal } from './chain.ts'
import { auditFile, auditFiles, Tail } from './files.ts'

export interface AuditParts {
  readonly folder: string
  readonly node: string
  readonly habitat: string
  readonly clock: Pick<Clock, 'now'>
  readonly log: Pick<Log, 'error' | 'warn' | 'info'>
  /** Remembers the head elsewhere, so that entries that were taken away are missed. */
  readonly state?: { load(name: string): string | undefined; save(name: string, text: string): void }
  /** Told of each new head. */
  readonly onHead?: (head: AuditHead) => void
  /** Bytes after which a new file is begun, and how many files are kept. */
  readonly size?: number
  readonly files?: number
}

/** What is to be kept, without its time. */
export type AuditNote = { readonly kind: string } & Readonly<Record<string, unknown>>

const SIZE = 1_000_000
const FILES = 100
/** Entries that wait for the disk at most. */
const WAITING = 1_000
const STATE = 'audit/head'

export class AuditLog implements Disposable {
  readonly #parts: AuditParts
  #tail: Tail | undefined
  #head: AuditHead | undefined
  #waiting: AuditBody[] = []
  #dropped = 0
  #broken = false

  private constructor(parts: AuditParts) {
    this.#parts = parts
  }

  /**
   * Opens the log of a folder, or begins one.
   * @throws HabtwinError data/unusable
   */
  static open(parts: AuditParts): AuditLog {
    const log = new AuditLog(parts)
    try {
      mkdirSync(parts.folder, { recursive: true, mode: 0o700 })
      log.#goOn()
    } catch (error) {
      const where = parts.folder
      throw new HabtwinError('data/unusable', `the audit log cannot be opened: ${messageOf(error)}`, { where, cause: error }) // biome-ignore format: one thought
    }
    return log
  }

  /** The last entry that is durable; undefined where the disk has taken none yet. */
  get head(): AuditHead | undefined {
    return this.#head
  }

  /** Entries that the disk has not taken. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Adds an entry. True where it, and all before it, are durable; else it waits. */
  append({ kind, ...details }: AuditNote): boolean {
    const body = { kind, t: this.#parts.clock.now(), ...details }
    if (this.#waiting.length < WAITING) this.#waiting.push(body)
    else this.#dropped++
    return this.flush()
  }

  /** Tries what waits again. True where nothing waits any more. */
  flush(): boolean {
    try {
      while (this.#waiting.length > 0 || this.#dropped > 0) {
        const tail = this.#ready()
        const [body] = this.#waiting
        if (body === undefined) this.#noteDropped(tail)
        else {
          this.#write(tail, body)
          this.#waiting.shift()
        }
      }
    } catch (error) {
      if (!this.#broken) this.#parts.log.error({ err: error }, 'the audit log cannot be written: commands are refused')
      this.#broken = true
      return false
    }
    if (this.#broken) this.#parts.log.info('the audit log can be written again')
    this.#broken = false
    return true
  }

  [Symbol.dispose](): void {
    this.#tail?.[Symbol.dispose]()
    this.#tail = undefined
  }

  #noteDropped(tail: Tail): void {
    const count = this.#dropped
    this.#write(tail, { kind: 'missed', t: this.#parts.clock.now(), count, why: 'the disk took nothing, and memory is bounded' }) // biome-ignore format: one thought
    this.#dropped -= count
  }

  #write(tail: Tail, body: AuditBody): void {
    const seq = (this.#head?.seq ?? 0) + 1
    const { line, hash } = seal(seq, this.#head?.hash ?? NOTHING, body)
    try {
      tail.write(Buffer.concat([line, Buffer.from('\n')]))
    } catch (error) {
      // whatever is at its end now, nothing more comes after it
      this.#tail = undefined
      tail[Symbol.dispose]()
      throw error
    }
    this.#head = { seq, hash, t: body.t }
    this.#parts.onHead?.(this.#head)
    try {
      this.#parts.state?.save(STATE, JSON.stringify(this.#head))
    } catch (error) {
      // the entry itself is durable; only the second look at the head at the next start is lost
      this.#parts.log.warn({ err: error }, 'the head of the audit log cannot be remembered')
    }
  }

  /** Where the next entry goes. What the log has to say of its own files comes before whatever waits. */
  #ready(): Tail {
    const { folder, size = SIZE } = this.#parts
    if (this.#tail !== undefined && this.#tail.size < size) return this.#tail
    const after = this.#tail === undefined ? auditFiles(folder).at(-1) : undefined
    this.#tail?.[Symbol.dispose]()
    this.#tail = undefined
    // after a fault: the newest file again where it is as it was left, else a new one
    const found = after === undefined ? undefined : readEnd(folder, after)
    if (after !== undefined && found && found.torn.length === 0 && found.size < size) {
      this.#tail = new Tail(folder, after, found.size)
      return this.#tail
    }
    this.#begin(after)
    if (after !== undefined && found && found.torn.length > 0) this.#tellTorn(after, found.torn)
    return this.#tail as unknown as Tail
  }

  /** @param taken a name that cannot be used, though the next entry's number is its own: not one line of it is whole */
  #begin(taken?: string): void {
    const seq = (this.#head?.seq ?? 0) + 1
    this.#tail = new Tail(this.#parts.folder, auditFile(auditFile(seq) === taken ? seq + 1 : seq), 0)
    this.#retire()
  }

  #tellTorn(file: string, torn: Buffer): void {
    const t = this.#parts.clock.now()
    this.#waiting.unshift({ kind: 'torn', t, file, bytes: torn.length, sha256: sha256(torn) })
  }

  /** Drops the oldest files beyond the number that is kept; the log itself says which entries went. */
  #retire(): void {
    const { folder, files = FILES } = this.#parts
    const all = auditFiles(folder)
    for (const name of all.slice(0, Math.max(0, all.length - files))) {
      const { last } = readEnd(folder, name)
      rmSync(join(folder, name))
      const upTo = last === undefined ? {} : { upTo: last.seq, hash: last.hash }
      this.#waiting.unshift({ kind: 'retired', t: this.#parts.clock.now(), file: name, ...upTo })
    }
  }

  /** Takes up the chain where it ended. */
  #goOn(): void {
    const { folder, state, node, habitat, log } = this.#parts
    const files = auditFiles(folder)
    const name = files.at(-1)
    if (name === undefined) {
      this.append({ kind: 'genesis', node, habitat })
      this.#missed(parseHead(state?.load(STATE)))
      return
    }
    const { last, torn, size } = readEnd(folder, name)
    const known = last ?? this.#before(files.slice(0, -1))
    this.#head = known && { seq: known.seq, hash: known.hash, t: known.t }
    const remembered = parseHead(state?.load(STATE))
    if (torn.length === 0) this.#tail = new Tail(folder, name, size)
    // the next entry finds it so, and begins a new file
    else log.warn({ file: name, bytes: torn.length }, 'the last line of the audit log was cut off; it goes on in a new file') // biome-ignore format: one thought
    this.#missed(remembered)
  }

  #before(files: readonly string[]) {
    for (const name of files.toReversed()) {
      const { last } = readEnd(this.#parts.folder, name)
      if (last !== undefined) return last
    }
    return undefined
  }

  /** Entries that were durable once and are there no more. */
  #missed(remembered: AuditHead | undefined): void {
    const seq = this.#head?.seq ?? 0
    if (remembered === undefined || this.#parts.state === undefined || remembered.seq <= seq) return
    this.#parts.log.error({ from: seq + 1, to: remembered.seq }, 'entries of the audit log were taken away')
    this.append({ kind: 'taken-away', upTo: remembered.seq, hash: remembered.hash })
  }
}

/** The last whole entry of a file, and the bytes after it. */
function readEnd(folder: string, name: string) {
  const bytes = readFileSync(join(folder, name))
  const { lines, rest } = linesOf(bytes)
  let end = bytes.length - rest.length
  for (const line of lines.toReversed()) {
    const entry = unseal(line)
    if (typeof entry !== 'string') return { last: entry, torn: bytes.subarray(end), size: bytes.length }
    end -= line.length + 1
  }
  return { last: undefined, torn: bytes, size: bytes.length }
}

function parseHead(text: string | undefined): AuditHead | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as AuditHead)
}
