/**
 * Commands: `command/{device}/{point}` → `result/{device}/{id}`.
 *
 *   known id? ─► in time? ─► allowed value? ─► interlock, rate ─► audit log and id durable ─► lane ─► in time and allowed
 *   still? ─► set, read back ─► compared ─► result, audit log    │ ▲
 *                                                     from afar: ▼ │ all of it anew
 *                                            waits ─► a crew member confirms
 *
 * An id is durable before it acts, and one that was seen before is answered with what came of it, never acted on again.
 */
import {
  type Command,
  type CommandResult,
  command as commandSchema,
  HabtwinError,
  isHabtwinError,
  messageOf,
  topic,
  type WaitingCommand,
} from '@habtwin/contract'
import { allowedText, allows, type Clock, type Log } from '@habtwin/runtime'
import type { AuditNote } from '@habtwin/runtime/audit/log'
import { Refusals } from '@habtwin/runtime/audit/refusals'
import { type From, isAfar, isToBeConfirmed, spokenFor, timeFault, viaOf } from './afar.ts'
import { type Asked, Confirming, type Outcome, refusedFor, UNSET } from './confirming.ts'
import type { Controls } from './controls.ts'
import { agrees, type Controlled } from './policies.ts'
import { SeenCommands } from './seen.ts'
import { Waiting } from './waiting.ts'

/** Something of the gateway's own that obeys: the guard, the journal's list of recorders. */
export type Own = (point: string, command: Command) => Said | Promise<Said>
type Said = string | number | boolean

export interface CommandParts {
  readonly clock: Clock
  /** When a command's time is over by `clock`, ms; undefined where that cannot be known. As it says, where left out. */
  readonly due?: (expires: number, role: string | undefined) => number | undefined
  readonly log: Log
  /**
   * Sets a point of a device and reads it back.
   * @param before called when its turn on the bus has come; what it throws is what comes of the command
   */
  readonly write: (
    device: string,
    point: string,
    value: string | number,
    before: () => void,
  ) => Promise<string | number | boolean>
  readonly own: Readonly<Record<string, Own>>
  readonly controls: Pick<Controls, 'controlled' | 'refusal' | 'interlock' | 'intend'>
  /** Durable where it is true. */
  readonly audit: (note: AuditNote) => boolean
  readonly state: { load(name: string): string | undefined; save(name: string, text: string): void }
  /** Journals and publishes a result. */
  readonly result: (topic: string, body: CommandResult) => void
  /** Tells of a command that waits for a crew member; undefined where it does no more. */
  readonly waits?: (id: string, command: WaitingCommand | undefined) => void
}

const ONLY_CREW = 'only a crew member in the habitat confirms or declines a command'
const NOT_AUDITED = 'it cannot be written into the audit log; make room on the disk'
/** Its own device, which confirms and declines what waits. */
const SELF = 'command'

export class Commands {
  readonly #parts: CommandParts
  readonly #seen: SeenCommands
  readonly #refusals: Refusals
  readonly #confirming: Confirming
  readonly #own: Readonly<Record<string, Own>>

  constructor(parts: CommandParts) {
    this.#parts = parts
    this.#seen = new SeenCommands(parts.state)
    this.#refusals = new Refusals(parts.clock, parts.audit)
    const { clock, state, waits = () => undefined } = parts
    this.#confirming = new Confirming({
      ...{ clock, log: parts.log, audit: parts.audit, seen: this.#seen },
      waiting: new Waiting({ clock, state, tell: waits }),
      due: (expires) => this.#due(expires, AFAR),
      refusal: (command, { device, point }) =>
        timeFault(command, clock.now(), true) ?? this.#refusal(device, point, command, true),
      act: (command, asked) => this.#do(command, asked),
      keep: (device, result, expires) => this.#keep(device, result, expires),
      publish: (device, result) => parts.result(topic.result(device, result.id), result),
    })
    this.#own = { ...parts.own, [SELF]: (point, command) => this.#confirming.judge(point, command) }
  }

  /** Tells what had begun when the last process ended: whether it was done nobody knows. The journal must have begun. */
  start(): void {
    for (const { device, result, expires } of this.#seen.interrupted()) {
      const { id, state, reason, point, value } = result
      this.#parts.audit({ kind: 'result', id, device, point, value, state, reason })
      this.#keep(device, result, expires)
      this.#parts.result(topic.result(device, id), { ...result, t: this.#parts.clock.now() })
    }
    this.#confirming.start()
  }

  /** Called each second: what nobody has confirmed in time is over. */
  tick(): void {
    this.#confirming.tick()
  }

  /** How many commands wait for a crew member. */
  get waiting(): number {
    return this.#confirming.count
  }

  /** Obeys, or says why not. Never throws for what is in the message. */
  async handle(device: string, point: string, payload: Buffer, sender?: From): Promise<void> {
    const { clock } = this.#parts
    const parsed = this.#parse(device, point, payload)
    if (parsed === undefined) return
    const from = spokenFor(sender, parsed)
    // sim goes by this machine's clock, whoever it speaks for
    const due = this.#due(parsed.expires, sender?.role)
    const command = { ...parsed, by: from?.user ?? parsed.by, expires: due ?? parsed.expires }
    const { id, by } = command
    const before = this.#seen.get(id)
    if (before) {
      this.#parts.result(topic.result(device, id), before)
      return
    }
    const asked = { device, point, value: command.value, by, via: viaOf(from) }
    const afar = isAfar(from)
    const refused =
      due === undefined ? refusedFor(UNSET) : (timeFault(command, clock.now(), afar) ?? this.#refusal(device, point, command, afar)) // biome-ignore format: one thought
    const why = refused ?? (isToBeConfirmed(device, from) ? this.#confirming.wait(command, asked) : undefined)
    if (why !== undefined) this.#refuse(command, asked, why, afar)
    else if (!isToBeConfirmed(device, from)) {
      const result = await this.#do(command, asked)
      this.#parts.result(topic.result(device, id), { ...result, t: clock.now() })
    }
  }

  #due(expires: number, role: string | undefined): number | undefined {
    return this.#parts.due ? this.#parts.due(expires, role) : expires
  }

  #refuse(command: Command, asked: Asked, refused: Outcome, afar: boolean): void {
    const { device, point } = asked
    const now = this.#parts.clock.now()
    const result = this.#result(device, point, command, refused)
    this.#refusals.add({ kind: refused.state, id: command.id, ...asked, reason: refused.reason })
    this.#parts.log.warn({ ...asked, reason: refused.reason }, `command ${refused.state}`)
    if (this.#seen.hasRoom(now, afar)) this.#seen.note(device, result, command.expires, now)
    this.#parts.result(topic.result(device, command.id), result)
  }

  /** Does what nothing speaks against, and gives what came of it. */
  async #do(command: Command, asked: Asked): Promise<CommandResult> {
    const { audit, controls, log } = this.#parts
    const { device, point } = asked
    const { id, expires } = command
    const controlled = controls.controlled(device, point)
    const audited = audit({ kind: 'command', id, ...asked, expires })
    const why = this.#durable(device, point, command, audited)
    if (why !== undefined) {
      log.error({ ...asked, reason: why }, 'command refused')
      const result = this.#result(device, point, command, { state: 'refused', reason: why })
      if (asked.confirmed === undefined) this.#seen.forget(id)
      else {
        this.#seen.note(device, result, expires, this.#parts.clock.now())
        this.#confirming.begun(id)
      }
      return result
    }
    if (asked.confirmed !== undefined) this.#confirming.begun(id)
    const outcome = await this.#act(device, point, command, controlled)
    const { confirmed } = asked
    const result = {
      ...this.#result(device, point, command, outcome),
      ...(confirmed === undefined ? {} : { confirmed }),
    }
    const { state, reason, readback } = result
    audit({ kind: 'result', id, ...asked, state, ...(reason === undefined ? {} : { reason }), ...(readback === undefined ? {} : { readback }) }) // biome-ignore format: one thought
    this.#keep(device, result, expires)
    return result
  }

  /** A command that somebody else obeys, and that is to be known of all the same. */
  overheard(device: string, point: string, payload: Buffer, sender?: From): void {
    const parsed = this.#parse(device, point, payload, false)
    if (parsed === undefined) return
    const from = spokenFor(sender, parsed)
    const { id, value, by } = parsed
    this.#refusals.add({
      kind: 'command',
      id,
      device,
      point,
      value,
      by: from?.user ?? by,
      via: viaOf(from),
    })
  }

  /** Why a command is not even begun. */
  #refusal(device: string, point: string, { value }: Pick<Command, 'value'>, afar: boolean): Outcome | undefined {
    const { clock, controls } = this.#parts
    const now = clock.now()
    if (device === SELF && afar) return refusedFor(ONLY_CREW)
    if (!this.#seen.hasRoom(now, afar)) return refusedFor('too many commands wait for their time to pass')
    if (Object.hasOwn(this.#own, device)) return undefined
    const controlled = controls.controlled(device, point)
    if (controlled === undefined) return refusedFor('there is no such device, or this point of it cannot be set')
    const { writable, unit } = controlled.policy
    const setting = settingOf(controlled, value)
    if (!allows(writable, setting)) return refusedFor(`${value} is not what it can be set to: ${allowedText(writable, unit)}`) // biome-ignore format: one thought
    const why = controls.refusal(device, point, setting)
    return why === undefined ? undefined : refusedFor(why)
  }

  /**
   * Makes the command durable. What cannot be remembered is not done, but for what does no harm and for what commands
   * no device: a full disk must not keep a crew from switching off, or from acknowledging.
   */
  #durable(device: string, point: string, command: Command, audited: boolean): string | undefined {
    const controlled = this.#parts.controls.controlled(device, point)
    const harmless = controlled === undefined || isSafe(controlled, command.value)
    if (!audited && !harmless) return NOT_AUDITED
    try {
      const accepted = this.#result(device, point, command, { state: 'accepted' })
      this.#seen.keep(device, accepted, command.expires, this.#parts.clock.now())
      if (controlled !== undefined)
        this.#parts.controls.intend(controlled.device, controlled.point, settingOf(controlled, command.value), command.by) // biome-ignore format: one thought
    } catch (error) {
      if (!isHabtwinError(error)) throw error
      if (!harmless) return `it cannot be remembered, so it might be done twice: ${messageOf(error)}`
    }
    return undefined
  }

  async #act(device: string, point: string, command: Command, controlled: Controlled | undefined): Promise<Outcome> {
    const { clock, controls, write, log } = this.#parts
    const { value, by } = command
    try {
      if (controlled === undefined) {
        const obeys = this.#own[device]
        if (obeys === undefined) throw new HabtwinError('command/refused', `there is no device ${device}`)
        return { state: 'done', readback: await obeys(point, command) }
      }
      const setting = settingOf(controlled, value)
      const readback = await write(device, point, setting, () => {
        if (clock.now() > command.expires) throw new HabtwinError('command/expired', 'its time passed while it waited for the bus') // biome-ignore format: one thought
        const why = controls.interlock(device, point, setting)
        if (why !== undefined) throw new HabtwinError('command/refused', why)
      })
      if (!agrees(controlled.policy, setting, readback))
        return { state: 'failed', readback, reason: `it was set to ${setting}, and says that it is ${readback}` }
      log.info({ device, point, value, by }, 'command done')
      return { state: 'done', readback }
    } catch (error) {
      // a value that does not fit the register of a device
      if (error instanceof RangeError) return { state: 'failed', reason: error.message }
      if (!isHabtwinError(error)) throw error
      log.warn({ err: error, device, point, by }, 'command not done')
      const state = isHabtwinError(error, 'command/refused')
        ? 'refused'
        : isHabtwinError(error, 'command/expired')
          ? 'expired'
          : 'failed'
      return { state, reason: error.message }
    }
  }

  #parse(device: string, point: string, payload: Buffer, answers = true): Command | undefined {
    const { log, clock } = this.#parts
    let raw: unknown
    try {
      raw = JSON.parse(payload.toString())
    } catch (error) {
      log.warn({ device }, `a command that is no JSON was ignored: ${messageOf(error)}`)
      return undefined
    }
    const parsed = commandSchema.safeParse(raw)
    if (parsed.success || !answers) return parsed.data
    const id = (raw as { id?: unknown } | null)?.id
    const reason = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
    if (typeof id === 'string' && /^[a-z0-9-]{1,64}$/.test(id)) {
      this.#refusals.add({ kind: 'refused', id, device, point, reason })
      this.#parts.result(topic.result(device, id), { id, state: 'refused', reason, device, point, t: clock.now() })
    } else log.warn({ device, reason }, 'a command without a usable id was ignored')
    return undefined
  }

  #result(device: string, point: string, { id, value, by }: Command, outcome: Outcome): CommandResult {
    const { state, reason, readback } = outcome
    return {
      ...{ id, state, device, point, by, t: this.#parts.clock.now() },
      // an event is journalled as such; the command that brought it need not say it again
      ...(typeof value === 'string' && value.length > 64 ? {} : { value }),
      ...(reason === undefined ? {} : { reason }),
      ...(readback === undefined ? {} : { readback }),
    }
  }

  #keep(device: string, result: CommandResult, expires: number): void {
    try {
      this.#seen.keep(device, result, expires, this.#parts.clock.now())
    } catch (error) {
      // it is remembered in memory; after a crash it counts as begun, and is not done again
      if (!isHabtwinError(error)) throw error
      this.#parts.log.warn({ err: error }, 'the result of a command cannot be remembered')
    }
  }
}

/** Whoever sent what waits here for the crew. */
const AFAR = 'mission-control'

/** A switch may be told true and false. */
function settingOf({ policy: { writable } }: Controlled, value: Command['value']): string | number {
  if (typeof value !== 'boolean') return value
  return 'min' in writable || writable.includes(Number(value)) ? Number(value) : String(value)
}

function isSafe(controlled: Controlled, value: Command['value']): boolean {
  const { policy } = controlled
  return policy.safe !== undefined && agrees(policy, policy.safe, settingOf(controlled, value))
}
