/**
 * What keeps watch over the points that commands set:
 *
 *   readings ─► inputs ─► an interlock holds ─► refused; tripped: safe value, alert
 *   time ───────────────► a hold has run out ─► safe value
 *
 * The safe value is set by the gateway itself, ahead of all polls, and again until it is.
 */
import { type ControlState, HabtwinError, isHabtwinError, messageOf, pointName } from '@habtwin/contract'
import type { Log } from '@habtwin/runtime'
import { alertId } from '@habtwin/runtime/alert-words'
import type { AuditNote } from '@habtwin/runtime/audit/log'
import type { Clock } from '@habtwin/runtime/clock'
import type { Matter } from '../guard/alerts.ts'
import { Control, type KeptControl } from './control.ts'
import { figure, Inputs } from './interlock.ts'
import { agrees, type Controlled, controlKey } from './policies.ts'

type Value = string | number | boolean

export interface ControlParts {
  readonly clock: Clock
  readonly log: Pick<Log, 'info' | 'warn'>
  readonly state: { load(name: string): string | undefined; save(name: string, text: string): void }
  /** Sets a point ahead of all polls, and gives what the instrument says then. */
  readonly write: (device: string, point: string, value: string | number) => Promise<Value>
  readonly audit: (note: AuditNote) => boolean
  readonly alarm: { raise(id: string, matter: Matter): void; clear(id: string, text: string): void }
  /** Tells how a point stands; undefined where it is there no more. */
  readonly tell: (device: string, point: string, state: ControlState | undefined) => void
  /** Told of a bug. */
  readonly failed: (error: unknown) => void
}

/** What a device is, for the conditions that go by it. `every` and `timeout` are ms. */
export interface Watched {
  readonly id: string
  readonly label: string
  readonly every: number
  readonly timeout: number
}

/** What the readings of a device matter to: conditions, the points of its own that are set, those that trip by it. */
interface Matters {
  readonly points: Set<string>
  readonly own: Control[]
  readonly tripping: Set<Control>
}

const STATE = 'controls'
/** Between two tries to set a safe value, ms. */
const AGAIN = 2_000
/** An alert of a trip stands until nothing has held for so long, ms. */
const CALM = 30_000
/** Figures of a reason are told anew at most so often, ms. */
const REFRESH = 5_000

export class Controls {
  readonly #parts: ControlParts
  readonly #inputs: Inputs
  readonly #controls = new Map<string, Control>()
  /** By device, what its readings matter to. Of most devices they matter to nothing here, and cost nothing. */
  readonly #matters = new Map<string, Matters>()
  #kept: Record<string, KeptControl>

  constructor(parts: ControlParts) {
    this.#parts = parts
    this.#inputs = new Inputs(parts.clock)
    this.#kept = JSON.parse(parts.state.load(STATE) ?? '{}')
  }

  /** Takes the points and devices that there are from now on. */
  configure(
    policies: ReadonlyMap<string, Controlled>,
    devices: readonly Watched[],
    gone: readonly string[] = [],
  ): void {
    for (const id of gone) this.#inputs.forget(id)
    for (const { id, label, every, timeout } of devices) this.#inputs.device(id, label, every, timeout)
    for (const [key, { controlled }] of this.#controls) {
      if (policies.has(key)) continue
      this.#controls.delete(key)
      this.#parts.tell(controlled.device, controlled.point, undefined)
      for (const id of [tripId(controlled), unsafeId(controlled)])
        this.#parts.alarm.clear(id, `${name(controlled)} is no longer used`)
    }
    this.#matters.clear()
    for (const [key, controlled] of policies) {
      const known = this.#controls.get(key)
      const control = known ?? new Control(controlled, this.#parts.clock, this.#kept[key])
      // what was set under the old rules goes on, under the new ones
      known?.adopt(controlled)
      this.#controls.set(key, control)
      const { policy } = controlled
      this.#matter(controlled.device).own.push(control)
      for (const { device, point } of policy.conditions) this.#matter(device).points.add(point)
      if (policy.trip) {
        for (const { device } of [controlled, ...policy.conditions]) this.#matter(device).tripping.add(control)
      }
      this.#tell(control)
    }
  }

  controlled(device: string, point: string): Controlled | undefined {
    return this.#controls.get(controlKey(device, point))?.controlled
  }

  /** Why a value would not be taken now, in words; undefined where it would. The safe value always is. */
  refusal(device: string, point: string, value: string | number): string | undefined {
    const control = this.#controls.get(controlKey(device, point))
    if (control === undefined || isSafe(control.controlled, value)) return undefined
    const { rate } = control.controlled.policy
    if (rate && (control.left ?? 1) <= 0) return `it was set ${rate.count} times already: at most ${rate.text}`
    return this.interlock(device, point, value)
  }

  /** The same, of its interlocks alone. */
  interlock(device: string, point: string, value: string | number): string | undefined {
    const control = this.#controls.get(controlKey(device, point))
    return control === undefined || isSafe(control.controlled, value) ? undefined : this.#holding(control, false)
  }

  /** A point is about to be set. Throws data/unusable where that cannot be remembered. */
  intend(device: string, point: string, value: string | number, by: string): void {
    const control = this.#controls.get(controlKey(device, point))
    if (control === undefined) return
    control.intend(value, by)
    this.#tell(control)
    this.#save()
  }

  /** Takes every live reading. */
  reading(
    device: string,
    values: Readonly<Record<string, number | null>>,
    quality?: Readonly<Record<string, string>>,
  ): void {
    const matters = this.#matters.get(device)
    if (matters === undefined) return
    this.#inputs.reading(device, matters.points, values, quality)
    for (const control of matters.own) {
      const value = values[control.controlled.point]
      if (value !== undefined) control.read(value)
    }
    for (const control of matters.tripping) this.#look(control)
  }

  /** Called each second. */
  tick(): void {
    for (const control of this.#controls.values()) {
      if (control.isDue) this.#release(control)
      this.#look(control)
      this.#tell(control)
    }
  }

  /** Sets the points of devices that go safe first, where nobody would watch over them any more. One try. */
  async leave(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const control = this.#controls.get(key)
      const { policy } = control?.controlled ?? {}
      if (control?.isOn && (policy?.trip || policy?.hold !== undefined))
        await this.#setSafe(control, 'fallback', 'its watch in the configuration ends')
    }
  }

  #matter(device: string): Matters {
    let matters = this.#matters.get(device)
    if (matters === undefined) {
      matters = { points: new Set(), own: [], tripping: new Set() }
      this.#matters.set(device, matters)
    }
    return matters
  }

  /** Trips what an interlock asks for, and ends the alert when all is well again. */
  #look(control: Control): void {
    const { controlled, clearSince } = control
    if (!controlled.policy.trip) return
    const why = this.#holding(control, true)
    if (why === undefined) {
      if (clearSince === undefined) return
      const { clock, alarm } = this.#parts
      if (clearSince === Number.POSITIVE_INFINITY) control.clearSince = clock.mono()
      else if (clock.mono() - clearSince >= CALM && !control.busy) {
        control.clearSince = undefined
        alarm.clear(tripId(controlled), `${name(controlled)} may be set again; it stays at ${controlled.policy.safe}`)
      }
      return
    }
    if (clearSince !== undefined) control.clearSince = Number.POSITIVE_INFINITY
    if (control.isOn && !control.busy && this.#parts.clock.mono() >= control.notBefore) this.#do(control, 'trip', why)
  }

  #release(control: Control): void {
    if (control.busy || this.#parts.clock.mono() < control.notBefore) return
    this.#do(control, 'fallback', 'it was not set again in time')
  }

  #do(control: Control, kind: 'trip' | 'fallback', why: string): void {
    this.#setSafe(control, kind, why).catch(this.#parts.failed)
  }

  async #setSafe(control: Control, kind: 'trip' | 'fallback', why: string): Promise<void> {
    const { device, point, policy } = control.controlled
    const { safe } = policy
    if (safe === undefined) return
    const { clock, log, audit, write } = this.#parts
    const before = control.kept.value
    if (kind === 'trip') control.clearSince ??= Number.POSITIVE_INFINITY
    control.busy = true
    try {
      const readback = await write(device, point, safe)
      const good = agrees(policy, safe, readback)
      if (!good) throw new HabtwinError('device/exception', `it says ${readback} after it was set to ${safe}`)
      control.intend(safe, 'gateway')
      audit({ kind, device, point, value: safe, before: before ?? null, why, readback })
      log.warn({ device, point, value: safe, kind }, `set to its safe value: ${why}`)
      if (kind === 'trip')
        this.#alarm(control, `${name(control.controlled)} was set to ${figure(safe, policy.unit)}: ${why}`, 'caution') // biome-ignore format: one thought
      else this.#parts.alarm.clear(unsafeId(control.controlled), `${name(control.controlled)} is at its safe value`)
      control.notBefore = 0
    } catch (error) {
      if (!isHabtwinError(error)) throw error
      // the first failure is told and kept; it is tried again for ever
      if (control.notBefore === 0) audit({ kind: `${kind}-failed`, device, point, value: safe, why, reason: messageOf(error) }) // biome-ignore format: one thought
      control.notBefore = clock.mono() + AGAIN
      const text = `${name(control.controlled)} cannot be set to ${figure(safe, policy.unit)} (${messageOf(error)}), though ${why}` // biome-ignore format: one thought
      if (kind === 'trip') this.#alarm(control, text, 'warning')
      else this.#raise(unsafeId(control.controlled), control, text, 'caution')
    } finally {
      control.busy = false
    }
    this.#tell(control)
    try {
      this.#save()
    } catch (error) {
      log.warn({ err: error }, 'what points are set to cannot be remembered')
    }
  }

  #alarm(control: Control, text: string, level: Matter['level']): void {
    this.#raise(tripId(control.controlled), control, text, level)
  }

  #raise(id: string, { controlled }: Control, text: string, level: Matter['level']): void {
    const { device, point, zone } = controlled
    this.#parts.alarm.raise(id, { level, zone, quantity: point, device, value: null, limit: null, text })
  }

  #holding(control: Control, patient: boolean): string | undefined {
    for (const condition of control.controlled.policy.conditions) {
      const why = this.#inputs.holds(condition, patient)
      if (why !== undefined) return why
    }
    return undefined
  }

  #tell(control: Control): void {
    const { clock, tell } = this.#parts
    const refused = this.#holding(control, false)
    const { t: _t, ...state } = control.state(refused)
    const said = JSON.stringify(state)
    if (said === control.told) return
    // a figure within a reason changes with each reading
    const { refused: _refused, ...rest } = state
    const kind = JSON.stringify([rest, refused === undefined])
    const same = control.told !== '' && kind === control.toldKind
    if (same && clock.mono() - control.toldAt < REFRESH) return
    control.told = said
    control.toldKind = kind
    control.toldAt = clock.mono()
    tell(control.controlled.device, control.controlled.point, control.state(refused))
  }

  #save(): void {
    this.#kept = Object.fromEntries(
      [...this.#controls].flatMap(([key, { kept }]) => (kept.value === undefined ? [] : [[key, kept]])),
    )
    this.#parts.state.save(STATE, JSON.stringify(this.#kept))
  }
}

function isSafe({ policy }: Controlled, value: string | number): boolean {
  return policy.safe !== undefined && agrees(policy, policy.safe, value)
}

/** What people call a point of a device: `Heater`, or `Heater set-point`. */
function name({ label, point }: Controlled): string {
  return point === 'state' ? label : `${label}, ${pointName(point)},`
}

function tripId({ device, point }: Controlled): string {
  return alertId(device, point, 'tripped')
}

function unsafeId({ device, point }: Controlled): string {
  return alertId(device, point, 'not-safe')
}
