/** A switch of the link, `command/link/{name}` true or false. Who used it is an event, and known after a restart. */
import { randomUUID } from 'node:crypto'
import { type Emergency, emergency, HabtwinError, topic } from '@habtwin/contract'
import type { Clock, Log } from '@habtwin/runtime'
import type { Own } from '../../commands/commands.ts'

export interface SwitchParts {
  readonly clock: Pick<Clock, 'now'>
  readonly log: Pick<Log, 'warn'>
  readonly state: { load(): string | undefined; save(text: string): void }
  readonly journal: { append(topic: string, body: object): { readonly topic: string; readonly payload: string } }
  /** Publishes on a relative topic, unretained. */
  readonly send: (topic: string, payload: string) => void
}

/** How it is called, and what is said when it is used. */
export interface SwitchWords {
  readonly point: string
  readonly on: string
  readonly off: string
}

export class LinkSwitch {
  /** Called after each change. */
  readonly changed = new Set<() => void>()
  readonly #parts: SwitchParts
  readonly #words: SwitchWords
  #on: Emergency | undefined

  constructor(parts: SwitchParts, words: SwitchWords) {
    this.#parts = parts
    this.#words = words
    this.#on = emergency.safeParse(parsed(parts.state.load())).data
  }

  /** By whom it was switched on, and since when; undefined while it is off. */
  get is(): Emergency | undefined {
    return this.#on
  }

  /** What `command/link/…` does. It is used whatever the disk says: a full one must not keep a crew from being heard. */
  get obeys(): Own {
    return (point, { value, by }) => {
      if (point !== this.#words.point)
        throw new HabtwinError('command/refused', `of the link only \`${this.#words.point}\` can be switched`)
      const on = [true, 1, 'true'].includes(value)
      if (!on && ![false, 0, 'false'].includes(value)) throw new HabtwinError('command/refused', `${value} is neither true nor false`) // biome-ignore format: one thought
      if (on !== (this.#on !== undefined)) this.#set(on, by)
      return on
    }
  }

  #set(on: boolean, by: string): void {
    const { clock, log, state, journal, send } = this.#parts
    const t = clock.now()
    this.#on = on ? { by, since: t } : undefined
    try {
      state.save(JSON.stringify(this.#on ?? null))
    } catch (error) {
      log.warn({ err: error, point: this.#words.point }, 'how a switch of the link stands cannot be remembered')
    }
    const text = on ? this.#words.on : this.#words.off
    log.warn({ by }, text)
    const entry = journal.append(topic.event(randomUUID()), { kind: 'note', t, by, text })
    send(entry.topic, entry.payload)
    for (const tell of this.changed) tell()
  }
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return null // not ours, or of another version: it is off
  }
}
