/**
 * Commands from afar that wait for a crew member: on disk before anybody is told of them, so that a restart forgets none,
 * and few, so that whoever sends many fills neither a screen nor the disk.
 */
import { type WaitingCommand, waitingCommand } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime'
import { z } from 'zod'

/** So many wait at most: a person has to read them. */
const MOST = 32
/** So many are taken in a minute by one way. */
const RATE = 12
const MINUTE = 60_000
/** The longest value that is kept, characters. */
const LONGEST = 1_000
const STATE = 'commands/waiting'

export interface WaitingParts {
  readonly clock: Pick<Clock, 'now' | 'mono'>
  readonly state: { load(name: string): string | undefined; save(name: string, text: string): void }
  /** Tells of one that waits; undefined where it does no more. */
  readonly tell: (id: string, command: WaitingCommand | undefined) => void
}

export class Waiting {
  readonly #parts: WaitingParts
  readonly #all: Map<string, WaitingCommand>
  /** When commands were taken, monotonic ms, by the way that they came. */
  readonly #taken = new Map<string, number[]>()

  constructor(parts: WaitingParts) {
    this.#parts = parts
    const kept = z.array(waitingCommand).safeParse(JSON.parse(parts.state.load(STATE) ?? '[]'))
    this.#all = new Map((kept.data ?? []).map((one) => [one.id, one]))
  }

  /** Tells of each anew. */
  start(): void {
    for (const one of this.#all.values()) this.#parts.tell(one.id, one)
  }

  get(id: string): WaitingCommand | undefined {
    return this.#all.get(id)
  }

  get all(): WaitingCommand[] {
    return [...this.#all.values()]
  }

  /** Why one more would not be taken; undefined where it would. */
  refusal({ value, via }: Pick<WaitingCommand, 'value' | 'via'>): string | undefined {
    if (typeof value === 'string' && value.length > LONGEST) return `a value may have ${LONGEST} characters`
    if (this.#all.size >= MOST) return `${MOST} commands wait for the crew already`
    const now = this.#parts.clock.mono()
    const recent = (this.#taken.get(via) ?? []).filter((at) => at > now - MINUTE)
    this.#taken.set(via, recent)
    return recent.length < RATE ? undefined : `at most ${RATE} commands a minute are taken to wait`
  }

  /** Keeps one. Throws data/unusable; then it does not wait. */
  add(one: WaitingCommand): void {
    this.#all.set(one.id, one)
    try {
      this.#save()
    } catch (error) {
      this.#all.delete(one.id)
      throw error
    }
    this.#taken.get(one.via)?.push(this.#parts.clock.mono())
    this.#parts.tell(one.id, one)
  }

  /** One waits no more. Throws data/unusable: then it is known again after a restart, and what came of it as well. */
  remove(id: string): void {
    if (!this.#all.delete(id)) return
    this.#parts.tell(id, undefined)
    this.#save()
  }

  #save(): void {
    this.#parts.state.save(STATE, JSON.stringify(this.all))
  }
}
