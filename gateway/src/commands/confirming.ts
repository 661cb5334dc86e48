/**
 * What becomes of a command from afar:
 *
 *   wait ─► on disk, told ─┬─► confirmed by a crew member ─► judged anew ─► acts
 *                          ├─► declined: refused, with who and why
 *                          └─► nobody says anything: expired
 */
import {
  type Command,
  type CommandResult,
  HabtwinError,
  isHabtwinError,
  messageOf,
  type WaitingCommand,
} from '@habtwin/contract'
import type { Clock, Log } from '@habtwin/runtime'
import type { AuditNote } from '@habtwin/runtime/audit/log'
import type { SeenCommands } from './seen.ts'
import type { Waiting } from './waiting.ts'

/** What is told of a command, in the audit log and in results. */
export interface Asked {
  readonly device: string
  readonly point: string
  readonly value: Command['value']
  readonly by: string
  readonly via: string
  /** The crew member who confirmed it. */
  readonly confirmed?: string
}

/** What came of a command. */
export interface Outcome {
  readonly state: CommandResult['state']
  readonly reason?: string | undefined
  readonly readback?: string | number | boolean | undefined
}

export interface ConfirmingParts {
  readonly clock: Pick<Clock, 'now'>
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly waiting: Waiting
  readonly seen: Pick<SeenCommands, 'get' | 'note' | 'keep' | 'forget'>
  /** Durable where it is true. */
  readonly audit: (note: AuditNote) => boolean
  /** When its time is over by the clock here, ms; undefined where that cannot be known. */
  readonly due: (expires: number) => number | undefined
  /** Why it would not be done now. */
  readonly refusal: (command: Command, asked: Asked) => Outcome | undefined
  readonly act: (command: Command, asked: Asked) => Promise<CommandResult>
  readonly keep: (device: string, result: CommandResult, expires: number) => void
  readonly publish: (device: string, result: CommandResult) => void
}

export const UNSET = 'the clock of the gateway is not set, so it cannot tell whether the time of this command is over'

export class Confirming {
  readonly #parts: ConfirmingParts

  constructor(parts: ConfirmingParts) {
    this.#parts = parts
  }

  get count(): number {
    return this.#parts.waiting.all.length
  }

  /** Tells what waits since before the restart. */
  start(): void {
    const { waiting, seen, clock } = this.#parts
    for (const one of waiting.all) {
      const known = seen.get(one.id)
      // the process ended between the two that were to be remembered
      if (known === undefined) seen.note(one.device, waitingResult(one), one.expires, clock.now())
      else if (known.state !== 'waiting') this.begun(one.id)
    }
    waiting.start()
  }

  /** Ends the wait of what nobody has confirmed in time. */
  tick(): void {
    const { waiting, due, clock } = this.#parts
    for (const one of waiting.all) {
      const over = due(one.expires)
      if (over === undefined || clock.now() <= over) continue
      this.#settle(one, { state: 'expired', reason: 'its time was over before a crew member confirmed it' })
    }
  }

  /** Has a command wait, durably; gives why it is refused where it cannot. */
  wait({ id, expires, sent }: Command, asked: Asked): Outcome | undefined {
    const { clock, audit, seen, waiting, publish } = this.#parts
    const one: WaitingCommand = { id, ...asked, ...(sent === undefined ? {} : { sent }), t: clock.now(), expires }
    const why = waiting.refusal(one)
    if (why !== undefined) return refusedFor(why)
    if (!audit({ kind: 'waiting', id, ...asked, expires })) return refusedFor('it cannot be written into the audit log')
    try {
      waiting.add(one)
      seen.keep(asked.device, waitingResult(one), expires, clock.now())
    } catch (error) {
      if (!isHabtwinError(error)) throw error
      this.begun(id)
      seen.forget(id)
      return refusedFor(`it cannot be remembered: ${messageOf(error)}`)
    }
    publish(asked.device, waitingResult(one))
    return undefined
  }

  /**
   * Obeys a crew member's word: `confirm` or `decline`, with the id of a command and, after a space, perhaps why.
   * @returns what became of that command
   * @throws HabtwinError command/refused, command/expired, device/exception: it was not done
   */
  async judge(word: string, { value, by }: Command): Promise<string> {
    if (word !== 'confirm' && word !== 'decline') throw refusal('a command is confirmed or declined')
    const { waiting, seen, clock, due, act, publish } = this.#parts
    const [, id = '', why = ''] = /^(\S+)\s*(.*)$/s.exec(String(value)) ?? []
    const one = waiting.get(id)
    if (one === undefined) {
      const known = seen.get(id)
      throw refusal(known === undefined ? `no command ${id} waits` : `it does not wait any more: it is ${known.state}`)
    }
    if (word === 'decline') {
      this.#settle(one, refusedFor(`declined by ${by}${why === '' ? '' : `: ${why}`}`), by)
      return 'refused'
    }
    const over = due(one.expires)
    if (over === undefined) throw refusal(UNSET)
    const { device, point, via } = one
    const command = { id, value: one.value, by: one.by, expires: over }
    const asked = { device, point, value: one.value, by: one.by, via, confirmed: by }
    const refused = this.#parts.refusal(command, asked)
    if (refused !== undefined) {
      this.#settle(one, refused, by)
      throw errorOf(refused)
    }
    const result = await act(command, asked)
    publish(device, { ...result, t: clock.now() })
    if (result.state !== 'done') throw errorOf(result)
    return 'done'
  }

  /** It waits no more: it has been begun, or was settled. */
  begun(id: string): void {
    try {
      this.#parts.waiting.remove(id)
    } catch (error) {
      // what came of it is remembered, which is what counts after a restart
      if (!isHabtwinError(error)) throw error
      this.#parts.log.warn({ err: error }, 'that a command waits no more cannot be remembered')
    }
  }

  /** Ends the wait of a command that is not done. */
  #settle(one: WaitingCommand, { state, reason }: Outcome, judged?: string): void {
    const { audit, log, keep, publish, clock } = this.#parts
    const { id, device, point, value, by, via, expires } = one
    const asked = { id, device, point, value, by, via, reason }
    audit({ kind: state, ...asked, ...(judged === undefined ? {} : { judged }) })
    log.info(asked, `command ${state}`)
    const result = { ...waitingResult(one), state, ...(reason === undefined ? {} : { reason }), t: clock.now() }
    keep(device, result, expires)
    this.begun(id)
    publish(device, result)
  }
}

export function refusedFor(reason: string): Outcome {
  return { state: 'refused', reason }
}

function refusal(reason: string): HabtwinError {
  return new HabtwinError('command/refused', reason)
}

/** What came of a command that was not done, as whoever confirmed it is told. */
function errorOf({ state, reason = state }: Outcome): HabtwinError {
  const code = state === 'refused' ? 'command/refused' : state === 'expired' ? 'command/expired' : 'device/exception'
  return new HabtwinError(code, reason)
}

function waitingResult({ id, device, point, value, by, t }: WaitingCommand): CommandResult {
  const said = typeof value === 'string' && value.length > 64 ? {} : { value }
  return { id, state: 'waiting', reason: 'it waits for a crew member to confirm it', device, point, ...said, by, t }
}
