/** Brings a changed configuration about: only the devices and buses that it touches are stopped and started. */
import type { DeviceInfo } from '@habtwin/contract'
import type { Config } from '@habtwin/runtime'
import type { Controls } from '../commands/controls.ts'
import { type Controlled, policiesOf, withPolicies } from '../commands/policies.ts'
import type { Conditioning } from '../conditioning/index.ts'
import { describe, type Presence } from '../devices.ts'
import type { Fleet, FleetMember } from '../drivers/fleet.ts'
import type { Guard } from '../guard/index.ts'
import type { Scheduler } from '../scheduler/scheduler.ts'

export interface ApplyParts {
  readonly fleet: Fleet
  readonly scheduler: Pick<Scheduler, 'add' | 'remove'>
  readonly guard: Pick<Guard, 'settings' | 'device' | 'forget'>
  readonly conditioning: Pick<Conditioning, 'device' | 'forget'>
  readonly controls: Pick<Controls, 'configure' | 'leave'>
  readonly presence: Pick<Presence, 'announce' | 'gone'>
  readonly node: string
  /** What the gateway was started with: the habitat's pressure stays what it was. */
  readonly began: Config
  /** Told what there is from now on, and what went. */
  readonly changed: (members: readonly FleetMember[], gone: readonly string[], config: Config) => void
}

/** The devices that are used. */
export function used({ devices }: Pick<Config, 'devices'>): Config['devices'] {
  return Object.fromEntries(Object.entries(devices).filter(([, device]) => device.enabled))
}

/** What the guard goes by. */
export function guardSettings(config: Config, { habitat: { pressure } }: Config) {
  return { zones: config.zones, pressure, simSilence: config.guard.sim_silence }
}

/** A device as everybody hears of it. */
export function told(
  member: FleetMember,
  config: Config,
  node: string,
  policies: ReadonlyMap<string, Controlled>,
): DeviceInfo {
  return withPolicies(describe(member, config, node), policies)
}

/** What conditions its readings, as its configuration says. */
export function conditionedDevice(member: FleetMember, config: Config) {
  const { conditioning } = config.devices[member.id] ?? {}
  return { ...member, ...(conditioning === undefined ? {} : { conditioning }) }
}

/** A device with its name, for the interlocks that go by it. */
export function labelled(member: FleetMember, config: Config) {
  return { ...member, label: config.devices[member.id]?.label ?? member.id }
}

export class Applier {
  readonly #parts: ApplyParts
  #config: Config

  constructor(parts: ApplyParts) {
    this.#parts = parts
    this.#config = parts.began
  }

  /** Throws a `config/*` error, and has changed nothing then. */
  async apply(config: Config): Promise<void> {
    const { fleet, scheduler, guard, conditioning, controls, presence, node, began, changed } = this.#parts
    const before = this.#config
    const habitat = { ...began.habitat, zones: config.zones }
    const plan = await fleet.plan({ habitat, buses: config.buses, devices: used(config) })
    const policies = policiesOf(config, plan.members)
    const old = policiesOf(before, fleet.members)
    const there = new Set(plan.members.map(({ id }) => id))
    const gone = fleet.members.flatMap(({ id }) => (there.has(id) ? [] : [id]))

    // what is on and watched over is left safe where nobody watches over it, or over that very relay, any more
    const stops = new Set(plan.stop)
    const left = ([key, one]: [string, Controlled]) =>
      isWatched(one) &&
      (!isWatched(policies.get(key)) || (stops.has(one.device) && isMoved(one.device, before, config)))
    await controls.leave([...old].filter(left).map(([key]) => key))
    await Promise.all(plan.stop.map((id) => scheduler.remove(id)))
    await plan.swap()
    for (const id of gone) {
      guard.forget(id)
      conditioning.forget(id)
      presence.gone(id)
    }
    this.#config = config
    guard.settings(guardSettings(config, began))
    const fresh = new Set(plan.start.map(({ id }) => id))
    for (const member of plan.members) {
      const { id } = member
      // what is not touched goes on with what it has learned: the last value, how long it has been flat
      if (fresh.has(id) || !isSame(before.devices[id]?.conditioning, config.devices[id]?.conditioning))
        conditioning.device(conditionedDevice(member, config))
      guard.device(describe(member, config, node))
    }
    changed(plan.members, gone, config)
    controls.configure(
      policies,
      plan.members.map((member) => labelled(member, config)),
      gone,
    )
    presence.announce(plan.members.map((member) => told(member, config, node, policies)))
    for (const member of plan.start) scheduler.add(member)
  }
}

function isWatched(controlled: Controlled | undefined): boolean {
  return controlled !== undefined && (controlled.policy.trip || controlled.policy.hold !== undefined)
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Keys of a device that do not say which instrument it is. */
const manner = new Set(['every', 'timeout', 'zone', 'label', 'commands', 'conditioning', 'calibrate', 'expect', 'warmup', 'derive', 'report']) // biome-ignore format: one line

/** True where a device may be another instrument than before: another unit, register or wire. */
function isMoved(id: string, before: Config, after: Config): boolean {
  const which = ({ devices, buses }: Config) => {
    const device = devices[id] ?? {}
    const own = Object.entries(device).filter(([key]) => !manner.has(key))
    return { own, bus: buses[String((device as { bus?: string }).bus)] }
  }
  return !isSame(which(before), which(after))
}
