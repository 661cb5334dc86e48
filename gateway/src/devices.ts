/** Tells who is there: the description and health of each device, retained. */
import { type DeviceHealth, type DeviceInfo, topic } from '@habtwin/contract'
import type { Config } from '@habtwin/runtime'
import { plainConditioning } from '@habtwin/runtime/config/conditioning'
import { conditionedPoints } from './conditioning/index.ts'
import type { FleetMember } from './drivers/fleet.ts'

/** The description of a device as the configuration and its driver give it. */
export function describe(member: FleetMember, config: Config, node: string): DeviceInfo {
  const { id, zone, driver, simulated, ownEvery, pace, points } = member
  const conditioning = config.devices[id]?.conditioning ?? plainConditioning
  const { report } = conditioning
  return {
    device: id,
    zone,
    node,
    driver,
    label: config.devices[id]?.label ?? id,
    simulated,
    every: ownEvery,
    ...(report === undefined ? {} : { heartbeat: report.heartbeat * (pace || 1) }),
    ...(pace === 1 ? {} : { pace }),
    points: conditionedPoints(id, points, conditioning),
  }
}

/** Publishes descriptions and health; `retain` takes a relative topic. */
export class Presence {
  readonly #retain: (topic: string, payload: string) => void
  readonly #health = new Map<string, DeviceHealth>()
  readonly #told = new Map<string, string>()

  constructor(retain: (topic: string, payload: string) => void) {
    this.#retain = retain
  }

  /** Tells what is not told already. */
  announce(infos: readonly DeviceInfo[]): void {
    for (const info of infos) {
      const text = JSON.stringify(info)
      if (this.#told.get(info.device) === text) continue
      this.#told.set(info.device, text)
      this.#retain(topic.info(info.device), text)
    }
  }

  /** A device is there no more: whoever comes later hears nothing of it. */
  gone(device: string): void {
    this.#told.delete(device)
    this.#health.delete(device)
    for (const name of [topic.reading, topic.health, topic.info]) this.#retain(name(device), '')
  }

  health(device: string, health: DeviceHealth): void {
    this.#health.set(device, health)
    this.#retain(topic.health(device), JSON.stringify(health))
  }

  /** How many devices are in each state. */
  get states(): Record<DeviceHealth['state'], number> {
    const states = { ok: 0, degraded: 0, down: 0 }
    for (const { state } of this.#health.values()) states[state]++
    return states
  }
}
