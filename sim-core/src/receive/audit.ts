/**
 * What the audit logs of a receiver hold: who logged in at the desk, who could not, and what was changed of users and
 * configuration (`desk/audit`, by whoever has the desk); what was commanded, and what came of it (`audit` in the folder of
 * each habitat, by whoever records it). The same chain as a gateway's, which keeps its own: the two can be compared.
 */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Command, CommandResult } from '@habtwin/contract'
import type { Clock, Log } from '@habtwin/runtime'
import { AuditLog, type AuditNote } from '@habtwin/runtime/audit/log'
import { Refusals } from '@habtwin/runtime/audit/refusals'
import { type Users, userChanges, writePrivately } from '@habtwin/runtime/users/index'
import type { DoorNews } from '../http/door.ts'

export interface AuditPlace {
  /** In which its folder `audit` is. */
  readonly folder: string
  readonly habitat: string
  readonly clock: Clock
  readonly log: Log
}

/** Opens a log, or begins one. @throws HabtwinError data/unusable */
export function openAudit({ folder, habitat, clock, log }: AuditPlace): AuditLog {
  const head = join(folder, 'audit-head.json')
  const state = {
    load: () => textOf(head),
    save: (_: string, text: string) => writePrivately(head, text),
  }
  return AuditLog.open({ folder: join(folder, 'audit'), node: hostname(), habitat, clock, log, state })
}

/** An entry of the habitat's own log is kept there already. */
const LOGGED = 'journal'

/** What stands in the log of a habitat of a command that is sent to it. */
export function commandNote(device: string, point: string, command: Command): AuditNote | undefined {
  if (device === LOGGED) return undefined
  const { id, value, by, expires } = command
  const role = (command as { role?: unknown }).role
  return { kind: 'command', id, device, point, value, by, ...(role === undefined ? {} : { role }), expires }
}

/** What stands there of its answer. @param answered the command, where it was sent from here */
export function resultNote(
  answered: { readonly device: string } | undefined,
  { id, state, reason, readback }: CommandResult,
): AuditNote | undefined {
  if (answered === undefined || answered.device === LOGGED) return undefined
  const more = { ...(reason === undefined ? {} : { reason }), ...(readback === undefined ? {} : { readback }) }
  return { kind: 'result', id, state, ...more }
}

/** The log of the desk, for as long as this process has it. */
export class DeskAudit {
  readonly #log: Pick<Log, 'info'>
  readonly #clock: Clock
  #refusals: Refusals | undefined
  #audit: AuditLog | undefined

  constructor({ clock, log }: Pick<AuditPlace, 'clock' | 'log'>) {
    this.#clock = clock
    this.#log = log
  }

  /** From now on it is written. @param folder the desk's, which is locked. @throws HabtwinError data/unusable */
  open(folder: string, log: Log): Disposable {
    const audit = openAudit({ folder, habitat: 'mission-control', clock: this.#clock, log })
    this.#audit = audit
    this.#refusals = new Refusals(this.#clock, (note) => audit.append(note))
    return {
      [Symbol.dispose]: () => {
        this.#audit = undefined
        this.#refusals = undefined
        audit[Symbol.dispose]()
      },
    }
  }

  /** Entries that the disk has not taken. */
  get waiting(): number {
    return this.#audit?.waiting ?? 0
  }

  /** @returns false where it is not durable */
  append(note: AuditNote): boolean {
    return this.#audit?.append(note) ?? true
  }

  /** Tries again what the disk did not take. */
  tick(): void {
    this.#audit?.flush()
  }

  /** Of what strangers do, so many a minute. */
  refused(note: AuditNote): void {
    this.#refusals?.add(note)
  }

  /** Who logged in and out, and who could not, or wanted what is not theirs. */
  door(kind: DoorNews, what: string, by: string): void {
    this.#log.info({ by, what }, kind)
    this.refused({ kind, what, by })
  }

  users(before: Users, after: Users): void {
    for (const what of userChanges(before, after)) {
      this.#log.info({ what }, 'users')
      this.append({ kind: 'users', what })
    }
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined // none was written yet
  }
}
