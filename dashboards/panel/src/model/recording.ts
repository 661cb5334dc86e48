/** Recordings that are played back: how often they speak, and when they are over. */
import type { DeviceHealth, DeviceInfo } from '@habtwin/contract/device'
import { spacing } from '@habtwin/contract/spacing'
import type { Habitat, Received } from './habitat.ts'

const MINUTE = 60_000
/** What the network, and a page that only asks every few seconds, may add, ms. */
const ALLOWANCE = 7_000

export function isRecording(info: DeviceInfo): boolean {
  return info.driver === 'replay'
}

/** True where a recording was played to its end (gateway/src/drivers/replay.ts says so in its health). */
export function hasFinished(health: DeviceHealth | undefined): boolean {
  return health?.state !== 'down' && health?.reason?.startsWith('recording finished') === true
}

/** True where there are recordings, and none of them goes on. */
export function allFinished({ infos, health }: Pick<Habitat, 'infos' | 'health'>): boolean {
  const recordings = [...infos.values()].filter(isRecording)
  return recordings.length > 0 && recordings.every(({ device }) => hasFinished(health.get(device)))
}

/**
 * The time between two readings that can be counted on, ms of the device's clock. A recording has rows as far apart
 * as they were taken, and a device whose clock is run faster says less often by that clock than it is asked to.
 */
export function everyOf(info: DeviceInfo, { after }: Received): number {
  const { pace = 1 } = info
  const every = spacing(info)
  if (isRecording(info)) return Math.max(every, after ?? MINUTE)
  return pace === 1 ? every : Math.max(every, after ?? every * pace)
}

/**
 * For how long (ms of the wall clock) all devices together have been silent beyond what their intervals allow; 0 where
 * readings come, where none ever came, and where nothing more is to come.
 */
export function silence({ infos, health, readings }: Habitat, wall: number): number {
  let newest = 0
  let allowed = Number.POSITIVE_INFINITY
  for (const [device, received] of readings) {
    const info = infos.get(device)
    newest = Math.max(newest, received.at)
    if (info === undefined || health.get(device)?.state === 'down' || hasFinished(health.get(device))) continue
    allowed = Math.min(allowed, (3 * everyOf(info, received)) / (info.pace || 1) + ALLOWANCE)
  }
  return newest > 0 && wall - newest > allowed ? wall - newest : 0
}
