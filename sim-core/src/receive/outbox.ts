/**
 * Commands under way to a habitat. The link may be down for hours, and a broker keeps nothing for a bridge that is
 * away: so a command is said again, by its id, each time that the habitat is heard anew, until it is answered or its
 * time is over. A gateway answers an id that it knows and does nothing twice.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, type CommandResult, HabtwinError, messageOf } from '@habtwin/contract'
import type { Journey } from '@habtwin/contract/contact'

/** A command, its way, and when it was last said. */
export interface Pending {
  readonly device: string
  readonly point: string
  readonly command: Command
  readonly journey: Journey
  said: number
}

export interface OutboxParts {
  /** The habitat's folder, which exists. */
  readonly folder: string
  readonly now: () => number
  /** Publishes; rejects where the broker is away. */
  readonly publish: (device: string, point: string, command: Command) => Promise<void>
}

const FILE = 'commands.json'
/** States after which nothing more comes of a command. */
const final: ReadonlySet<string> = new Set(['done', 'refused', 'expired', 'failed'])
/** Commands that may be under way to one habitat. */
export const MOST_PENDING = 1_000

export class Outbox {
  readonly #parts: OutboxParts
  readonly #pending = new Map<string, Pending>()

  constructor(parts: OutboxParts) {
    this.#parts = parts
    for (const one of read(parts.folder)) this.#pending.set(one.command.id, one)
  }

  /** Those that are not answered, the newest first. */
  get pending(): Pending[] {
    this.#expire()
    return [...this.#pending.values()].reverse()
  }

  /**
   * Takes a command and says it, if the broker is there. Of an id that is under way already it changes nothing.
   * @throws HabtwinError data/unusable: it was not said
   */
  async add(device: string, point: string, command: Command, journey: Journey): Promise<Pending> {
    this.#expire()
    const known = this.#pending.get(command.id)
    if (known) return known
    const one = { device, point, command, journey, said: this.#parts.now() }
    this.#pending.set(command.id, one)
    const fault = this.#write()
    if (fault !== undefined) {
      this.#pending.delete(command.id)
      throw new HabtwinError('data/unusable', messageOf(fault), { where: this.#parts.folder, cause: fault })
    }
    await this.#say(one)
    return one
  }

  /** The habitat is heard anew: what is not answered, and could have been, is said again. */
  again(): void {
    const now = this.#parts.now()
    this.#expire()
    for (const one of this.#pending.values()) {
      if (now - one.said < one.journey.answer - one.journey.sent) continue
      one.said = now
      void this.#say(one)
    }
  }

  /** @returns the command that was under way, where nothing more comes of it */
  answered({ id, state }: Pick<CommandResult, 'id' | 'state'>): Pending | undefined {
    const one = this.#pending.get(id)
    if (one === undefined || !final.has(state)) return undefined
    this.#pending.delete(id)
    this.#write()
    return one
  }

  async #say({ device, point, command }: Pending): Promise<void> {
    // where the broker is away it is said again when the habitat is heard
    await this.#parts.publish(device, point, command).catch(() => undefined)
  }

  /** An answer may still be under way when a command's time is over. */
  #expire(): void {
    const now = this.#parts.now()
    const over = [...this.#pending.values()].filter(
      ({ command, journey }) => now > command.expires + 2 * (journey.answer - journey.sent),
    )
    for (const { command } of over) this.#pending.delete(command.id)
    if (over.length > 0) this.#write()
  }

  /** @returns why it cannot be written. What was answered is then said again after a kill, and nothing is done twice */
  #write(): unknown {
    const file = join(this.#parts.folder, FILE)
    try {
      writeFileSync(`${file}.new`, JSON.stringify([...this.#pending.values()]), { mode: 0o600, flush: true })
      renameSync(`${file}.new`, file)
      return undefined
    } catch (error) {
      return error
    }
  }
}

function read(folder: string): Pending[] {
  try {
    return JSON.parse(readFileSync(join(folder, FILE), 'utf8'))
  } catch {
    return [] // none was ever sent
  }
}
