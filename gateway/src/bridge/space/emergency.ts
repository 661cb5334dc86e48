/**
 * The one switch that ends the simulation of the link, `command/link/emergency` true, and takes it up again, false. Who
 * used it is audited as every command is, logged as an event, and known after a restart.
 */
import { randomUUID } from 'node:crypto'
import { type Emergency, emergency, HabtwinError, topic } from '@habtwin/contract'
import type { Clock, Log } from '@habtwin/runtime'
import type { Own } from '../../commands/commands.ts'

export interface EmergencyParts {
  readonly clock: Pick<Clock, 'now'>
  readonly log: Pick<Log, 'warn'>
  readonly state: { load(): string | undefined; save(text: string): void }
  readonly journal: { append(topic: string, body: object): { readonly topic: string; readonly payload: string } }
  /** Publishes on a relative topic, unretained. */
  readonly send: (topic: string, payload: string) => void
}

export class EmergencySwitch {
  /** Called after each change. */
  readonly changed = new Set<() => void>()
  readonly #parts: EmergencyParts
  #on: Emergency | undefined

  constructor(parts: EmergencyParts) {
    this.#parts = parts
    this.#on = emergency.safeParse(parsed(parts.state.load())).data
  }

  /** Set while the simulation is off. */
  get is(): Emergency | undefined {
    return this.#on
  }

  /** What `command/link/…` does. It is used whatever the disk says: a full one must not keep a crew from being heard. */
  get obeys(): Own {
    return (point, { value, by }) => {
      if (point !== 'emergency')
        throw new HabtwinError('command/refused', 'of the link only `emergency` can be switched')
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
      log.warn({ err: error }, 'how the emergency switch stands cannot be remembered')
    }
    const text = on
      ? 'Emergency: simulated delay, contact windows and budget of the link are off'
      : 'End of the emergency: the link is simulated again'
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
    return null // not ours, or of another version: the simulation is on
  }
}
