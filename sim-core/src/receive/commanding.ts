/** What is sent to a habitat: when it arrives, until when it may be obeyed, what came of it; all of it written down. */
import { type Command, type CommandResult, HabtwinError, isHabtwinError } from '@habtwin/contract'
import type { Journey } from '@habtwin/contract/contact'
import type { AuditLog, AuditNote } from '@habtwin/runtime/audit/log'
import { type AuditPlace, commandNote, openAudit, resultNote } from './audit.ts'
import { MOST_PENDING, Outbox, type OutboxParts, type Pending } from './outbox.ts'
import { type Sending, wayOf } from './way.ts'

export interface CommandingParts extends AuditPlace {
  readonly publish: OutboxParts['publish']
  /** How the link is, and how far the clock there is ahead. */
  readonly link: () => Pick<Sending, 'bridge' | 'skew'>
}

/** Beyond the way there and back, how long a command may be obeyed: crew has to confirm it, ms. */
const CONFIRMING = 900_000

export class Commanding implements Disposable {
  readonly #parts: CommandingParts
  readonly #outbox: Outbox
  /** Opened with the first command: of most habitats there is none. */
  #audit: AuditLog | undefined

  constructor(parts: CommandingParts) {
    const { folder, clock, publish } = parts
    this.#parts = parts
    this.#outbox = new Outbox({ folder, now: () => clock.now(), publish })
  }

  /** Those that are not answered, the newest first. */
  get pending(): Pending[] {
    return this.#outbox.pending
  }

  /** The way of a command that is sent now. @param device what it is for: the switch of the link itself is in real time */
  journey(device?: string): Journey {
    return wayOf({ ...this.#parts.link(), device, now: this.#parts.clock.now() })
  }

  /** Until when what is sent now may be obeyed, ms. */
  expiry(): number {
    return this.journey().arrives + CONFIRMING
  }

  /** @throws HabtwinError command/refused where too many are under way; data/unusable: it was not said */
  send(device: string, point: string, command: Command): Promise<Pending> {
    const { habitat } = this.#parts
    if (this.#outbox.pending.length >= MOST_PENDING)
      throw new HabtwinError('command/refused', `${MOST_PENDING} commands to ${habitat} are under way already`)
    const note = commandNote(device, point, command)
    // what nobody could be held to is not said
    if (note && !this.#noteDown(note))
      throw new HabtwinError('data/unusable', `The audit log of ${habitat} cannot be written, so nothing is commanded`)
    const way = this.journey(device)
    return this.#outbox.add(device, point, { ...command, sent: way.sent }, way)
  }

  answered(result: CommandResult): void {
    const note = resultNote(this.#outbox.answered(result), result)
    if (note) this.#noteDown(note)
  }

  /** The habitat is heard anew. */
  again(): void {
    this.#outbox.again()
  }

  tick(): void {
    if (this.#audit?.waiting) this.#audit.flush()
  }

  [Symbol.dispose](): void {
    this.#audit?.[Symbol.dispose]()
  }

  /** @returns false where the audit log cannot be written */
  #noteDown(note: AuditNote): boolean {
    const { habitat, log } = this.#parts
    try {
      this.#audit ??= openAudit(this.#parts)
      return this.#audit.append(note)
    } catch (error) {
      if (!isHabtwinError(error, 'data/unusable')) throw error
      log.error({ habitat, err: error }, 'the audit log cannot be written: commands are refused')
      return false
    }
  }
}
