/**
 * What is shown of a habitat, kept over a restart. The broker may have forgotten it, and the habitat may be out of
 * contact for hours: until it says everything again, the page shows what was last known, with its age.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DeviceInfo } from '@habtwin/contract'
import type { Heard } from '../recorder/listen.ts'

/** Everything that is no reading of the past: as it was last told, by topic. */
export interface Shown {
  /** When anything was last heard, ms. */
  heard?: number | undefined
  infos: DeviceInfo[]
  health: [string, unknown][]
  status: [string, unknown][]
  last: [string, unknown][]
  alerts: [string, unknown][]
  told: [string, unknown][]
}

const FILE = 'shown.json'

/** @returns undefined where there is nothing, or nothing that can be read: it comes again */
export function readShown(folder: string): Shown | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, FILE), 'utf8'))
  } catch {
    return undefined
  }
}

/** Replaces what was written before. Not flushed to the disk: losing it loses nothing that does not come again. */
export function writeShown(folder: string, shown: Shown): void {
  const file = join(folder, FILE)
  writeFileSync(`${file}.new`, JSON.stringify(shown), { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

/** @param told state by topic, such as `twin/outlook` */
export function shownOf(
  heard: Heard,
  infos: Iterable<DeviceInfo>,
  told: ReadonlyMap<string, unknown>,
  at: number | undefined,
): Shown {
  return {
    heard: at,
    infos: [...infos],
    health: [...heard.health],
    status: [...heard.status],
    last: [...heard.last],
    alerts: [...heard.alerts],
    told: [...told],
  }
}

/** Puts back what was shown. @returns the descriptions of devices, and state by topic */
export function showAgain(heard: Heard, shown: Shown): Map<string, unknown> {
  const put = <T>(map: Map<string, T>, entries: readonly [string, unknown][]) => {
    for (const [name, body] of entries) map.set(name, body as T)
  }
  put(heard.health, shown.health)
  put(heard.status, shown.status)
  put(heard.last, shown.last)
  put(heard.alerts, shown.alerts)
  return new Map(shown.told)
}
