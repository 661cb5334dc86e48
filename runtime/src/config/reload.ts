/**
 * A configuration that is changed while those who go by it run:
 *
 *   file ─► whole and right? ─no─► faults told, nothing changed
 *                │yes
 *                ▼
 *           differences ─► live part applied ─► told in words, audited
 *                └───────► the rest is said to wait for a restart
 *
 * One change at a time, and the newest text wins.
 */
import { type ConfigStatus, HabtwinError } from '@habtwin/contract'
import { sha256 } from '../audit/chain.ts'
import type { AuditNote } from '../audit/log.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Change, Written } from './diff.ts'
import { ConfigError, type Fault } from './faults.ts'

export interface ReloadParts<W extends Written<unknown>, N> {
  readonly clock: Pick<Clock, 'now'>
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
  readonly file: string
  /** What it was started with. */
  readonly began: W
  /** Throws a ConfigError with every fault. */
  readonly parse: (text: string) => W
  readonly changes: (before: W, after: W) => readonly Change<N>[]
  /** Why what was changed is not believed. */
  readonly unlikely?: (before: W, after: W) => string | undefined
  /** Who has to be started again for what cannot be changed meanwhile. */
  readonly restart: N & string
  /** Brings about what can be while it runs. Throws a `config/*` error, and has changed nothing then. */
  readonly apply: (after: W, changes: readonly Change<N>[]) => Promise<void>
  readonly audit: (note: AuditNote) => void
  /** Told how the configuration stands. */
  readonly tell: () => void
}

/** Changes that are told by name in one status; of more, the number. */
const TOLD = 50

export class Reload<W extends Written<unknown>, N> {
  readonly #parts: ReloadParts<W, N>
  #applied: W
  #status: ConfigStatus
  #next: { readonly text: string | undefined } | undefined
  #running: Promise<void> | undefined

  constructor(parts: ReloadParts<W, N>) {
    this.#parts = parts
    this.#applied = parts.began
    this.#status = { state: 'ok', t: parts.clock.now(), file: parts.file }
  }

  get status(): ConfigStatus {
    return this.#status
  }

  /** How many faults the file has now. */
  get faults(): number {
    return this.#status.faults?.length ?? 0
  }

  /** Takes what the file holds now; undefined where it cannot be read. Resolves when it is in force, or refused. */
  take(text: string | undefined): Promise<void> {
    this.#next = { text }
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #run(): Promise<void> {
    for (let next = this.#next; next !== undefined; next = this.#next) {
      this.#next = undefined
      try {
        await this.#one(next.text)
      } catch (error) {
        if (error instanceof ConfigError) this.#faulty(error.faults)
        else if (error instanceof HabtwinError && error.code.startsWith('config/')) {
          const { code, message, remedy, where = '' } = error
          this.#faulty([{ code, message, remedy, path: where }])
        } else throw error
      }
      this.#parts.tell()
    }
  }

  async #one(text: string | undefined): Promise<void> {
    const { file, parse, apply, began, audit, log, clock, changes: changesOf, unlikely, restart: who } = this.#parts
    if (text === undefined) {
      const fault = { code: 'config/unreadable', path: '', message: 'the file is gone or cannot be read', remedy: '' }
      throw new ConfigError(file, [fault as Fault])
    }
    const after = parse(text)
    const why = unlikely?.(this.#applied, after)
    if (why !== undefined) throw new HabtwinError('config/invalid', why, { where: file })
    const changes = changesOf(this.#applied, after)
    const waiting = changesOf(began, after).filter(({ needs }) => needs === who)
    const live = changes.filter(({ needs }) => needs !== who)
    if (live.length > 0) await apply(after, live)
    this.#applied = after
    const restart = waiting.map(({ words }) => words)
    this.#status = {
      ...{ state: waiting.length > 0 ? 'restart' : 'ok', t: clock.now(), file },
      ...(changes.length > 0 ? { changes: told(changes) } : {}),
      ...(restart.length > 0 ? { restart: restart.slice(0, TOLD) } : {}),
    }
    for (const { words, needs } of changes) {
      if (needs === who) log.warn(`configuration: ${words}: needs a restart of the ${who}`)
      else log.info(`configuration: ${words}`)
    }
    if (changes.length > 0) audit({ kind: 'config', file, sha256: sha256(Buffer.from(text)), changes: told(changes) })
  }

  #faulty(faults: readonly Fault[]): void {
    const { clock, file, log, audit } = this.#parts
    for (const { path, line, column, message } of faults)
      log.error(`configuration: ${line === undefined ? '' : `line ${line}, column ${column}: `}${path}: ${message}; what was there before goes on`) // biome-ignore format: one thought
    const [first] = faults
    audit({ kind: 'config-refused', file, faults: faults.length, first: `${first?.path}: ${first?.message}` })
    this.#status = {
      ...{ state: 'faulty', t: clock.now(), file },
      faults: faults.slice(0, TOLD).map(({ path, message, line, column }) => ({
        path,
        message,
        ...(line === undefined ? {} : { line }),
        ...(column === undefined ? {} : { column }),
      })),
    }
  }
}

function told(changes: readonly Pick<Change, 'words'>[]): string[] {
  const words = changes.map((one) => one.words)
  return words.length <= TOLD ? words : [...words.slice(0, TOLD), `and ${words.length - TOLD} more`]
}
