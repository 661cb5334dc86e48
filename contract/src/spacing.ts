/** How often a device is heard of. */
import type { DeviceInfo } from './device.ts'

/** The longest that a device which is well leaves between two reports, ms on its own clock. */
export function spacing(info: Pick<DeviceInfo, 'every' | 'heartbeat'>): number {
  return Math.max(info.every, info.heartbeat ?? 0)
}
