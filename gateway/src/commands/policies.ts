/** What may be set, as the configuration and the drivers say it together. */
import { type DeviceInfo, type DevicePoint, HabtwinError } from '@habtwin/contract'
import { type Config, type PointPolicy, plainPolicy, resolveCommands } from '@habtwin/runtime'
import { plainConditioning } from '@habtwin/runtime/config/conditioning'
import { conditionedPoints } from '../conditioning/index.ts'

/** A point that commands may set. */
export interface Controlled {
  readonly device: string
  readonly point: string
  /** What people call the device, and where it is. */
  readonly label: string
  readonly zone: string
  readonly policy: PointPolicy
}

interface Member {
  readonly id: string
  readonly zone: string
  readonly points: Readonly<Record<string, DevicePoint>>
}

export function controlKey(device: string, point: string): string {
  return `${device}/${point}`
}

/** Every writable point of these devices by `device/point`. The configuration was checked before. */
export function policiesOf(config: Pick<Config, 'devices'>, members: readonly Member[]): Map<string, Controlled> {
  // an interlock may go by what the gateway reckons, too
  const points = (device: string) => {
    const declared = members.find(({ id }) => id === device)?.points
    const { conditioning = plainConditioning } = config.devices[device] ?? {}
    return declared && conditionedPoints(device, declared, conditioning)
  }
  const all = new Map<string, Controlled>()
  for (const member of members) {
    const { label = member.id, commands = {} } = config.devices[member.id] ?? {}
    for (const [point, declared] of Object.entries(member.points)) {
      const written = Object.hasOwn(commands, point) ? commands[point] : undefined
      if (declared.writable === undefined && written === undefined) continue
      const policy =
        written === undefined
          ? plainPolicy(declared)
          : resolveCommands(point, declared, written, points, (path, _code, message) => {
              throw new HabtwinError('config/invalid', message, {
                where: ['devices', member.id, 'commands', point, ...path].join('.'),
              })
            })
      all.set(controlKey(member.id, point), { device: member.id, point, label, zone: member.zone, policy })
    }
  }
  return all
}

/** The description of a device with what may be set, and to what. */
export function withPolicies(info: DeviceInfo, policies: ReadonlyMap<string, Controlled>): DeviceInfo {
  const points = Object.fromEntries(
    Object.entries(info.points).map(([point, declared]): [string, DevicePoint] => {
      const policy = policies.get(controlKey(info.device, point))?.policy
      if (policy === undefined) return [point, declared]
      const { writable, safe, hold } = policy
      const may = 'min' in writable ? writable : [...writable]
      return [
        point,
        {
          ...declared,
          writable: may,
          ...(safe === undefined ? {} : { safe }),
          ...(hold === undefined ? {} : { hold }),
        },
      ]
    }),
  )
  return { ...info, points }
}

/** How far a read-back may lie from what was set, in the point's unit. */
export function toleranceOf({ tolerance, writable }: PointPolicy, value: number): number {
  if (tolerance !== undefined) return tolerance
  if (!('min' in writable)) return Math.abs(value) * 1e-6
  return writable.step === undefined ? (writable.max - writable.min) / 200 : writable.step / 2
}

/**
 * True where what an instrument says is what was set. A word that is read back as the figure that stands for it cannot
 * be compared, and is believed.
 */
export function agrees(policy: PointPolicy, set: string | number, said: string | number | boolean): boolean {
  const [a, b] = [Number(set), Number(said)]
  if (typeof set === 'number' && typeof said !== 'string') return Math.abs(a - b) <= toleranceOf(policy, set) + 1e-9
  if (typeof set === 'string' && typeof said === 'number') return Number.isNaN(Number(set)) || Number(set) === said
  return String(set) === String(said)
}
