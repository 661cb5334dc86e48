/**
 * Commands: `command/{device}/{point}` → `result/{device}/{id}`. An id is durable before it acts, and one that was
 * seen before is answered with what came of it, never acted on again.
 */
import {
  type Command,
  type CommandResult,
  command as commandSchema,
  isHabtwinError,
  messageOf,
  topic,
} from '@habtwin/contract'
import type { Clock, Log } from '@habtwin/runtime'

/** Something of the gateway's own that obeys: the guard, the journal's list of recorders. */
export type Own = (point: string, command: Command) => string | number | boolean

export interface CommandParts {
  readonly clock: Clock
  readonly log: Log
  /** Sets a point of a device and reads it back. */
  readonly write: (device: string, point: string, value: Command['value']) => Promise<string | number | boolean>
  readonly own: Readonly<Record<string, Own>>
  readonly state: { load(name: string): string | undefined; save(name: string, text: string): void }
  /** Journals and publishes a result. */
  readonly result: (topic: string, body: CommandResult) => void
}

/** How many ids are remembered: at one command a second, an hour. */
const REMEMBERED = 3_600

export class Commands {
  readonly #parts: CommandParts
  readonly #seen: Map<string, CommandResult>

  constructor(parts: CommandParts) {
    this.#parts = parts
    const kept = JSON.parse(parts.state.load('commands') ?? '[]') as CommandResult[]
    // a command that had begun when the process ended may or may not have acted: nobody knows
    this.#seen = new Map(
      kept.map((one) => [
        one.id,
        one.state === 'accepted'
          ? { id: one.id, state: 'failed', reason: 'unknown: the gateway ended while it acted' }
          : one,
      ]),
    )
  }

  /** Obeys, or says why not. Never throws for what is in the message. */
  async handle(device: string, point: string, payload: Buffer): Promise<void> {
    const command = this.#parse(device, payload)
    if (command === undefined) return
    const before = this.#seen.get(command.id)
    if (before) {
      this.#parts.result(topic.result(device, command.id), before)
      return
    }
    if (this.#parts.clock.now() > command.expires) {
      this.#finish(device, { id: command.id, state: 'expired', reason: 'it came after its time' })
      return
    }
    this.#remember({ id: command.id, state: 'accepted' })
    this.#finish(device, await this.#act(device, point, command))
  }

  async #act(device: string, point: string, command: Command): Promise<CommandResult> {
    const { id } = command
    try {
      const own = Object.hasOwn(this.#parts.own, device) ? this.#parts.own[device] : undefined
      const readback = own ? own(point, command) : await this.#parts.write(device, point, command.value)
      this.#parts.log.info({ device, point, value: command.value, by: command.by }, 'command done')
      return { id, state: 'done', readback }
    } catch (error) {
      if (!isHabtwinError(error)) throw error
      const state = isHabtwinError(error, 'command/refused') ? 'refused' : 'failed'
      this.#parts.log.warn({ err: error, device, point, by: command.by }, `command ${state}`)
      return { id, state, reason: error.message }
    }
  }

  #parse(device: string, payload: Buffer): Command | undefined {
    let raw: unknown
    try {
      raw = JSON.parse(payload.toString())
    } catch (error) {
      this.#parts.log.warn({ device }, `a command that is no JSON was ignored: ${messageOf(error)}`)
      return undefined
    }
    const parsed = commandSchema.safeParse(raw)
    if (parsed.success) return parsed.data
    const id = (raw as { id?: unknown } | null)?.id
    const reason = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
    if (typeof id === 'string' && /^[a-z0-9-]{1,64}$/.test(id)) {
      this.#parts.result(topic.result(device, id), { id, state: 'refused', reason })
    } else this.#parts.log.warn({ device, reason }, 'a command without a usable id was ignored')
    return undefined
  }

  #finish(device: string, result: CommandResult): void {
    this.#remember(result)
    this.#parts.result(topic.result(device, result.id), result)
  }

  #remember(result: CommandResult): void {
    this.#seen.delete(result.id)
    this.#seen.set(result.id, result)
    for (const id of this.#seen.keys()) {
      if (this.#seen.size <= REMEMBERED) break
      this.#seen.delete(id)
    }
    this.#parts.state.save('commands', JSON.stringify([...this.#seen.values()].slice(-100)))
  }
}
