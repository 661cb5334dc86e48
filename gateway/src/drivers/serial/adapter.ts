/**
 * Which adapter a port belongs to. The kernel numbers ttyUSB0, ttyUSB1 … in the order in which they come, so after a
 * replug one may stand for another instrument (device-modbus-go#606); the links of udev are named after the adapter.
 */
import { readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { HabtwinError } from '@habtwin/contract'

/** What a bus remembers of its port from one opening to the next. */
export interface PortMemory {
  adapter?: string | undefined
}

const FOLDERS = ['/dev/serial/by-id', '/dev/serial/by-path']

/** The links that lead to a port and stay when ports are numbered anew: those of the adapter before those of the socket. */
export async function lastingPaths(path: string, folders: readonly string[] = FOLDERS): Promise<string[]> {
  const real = await realpath(path).catch(() => undefined)
  const found: string[] = []
  for (const folder of folders) {
    for (const name of (await readdir(folder).catch(() => [])).sort()) {
      const link = join(folder, name)
      if (real !== undefined && (await realpath(link).catch(() => undefined)) === real) found.push(link)
    }
  }
  return found
}

/**
 * Throws device/unreachable where a path that is numbered by the kernel has become another adapter since the bus was
 * opened first.
 */
export async function sameAdapter(path: string, where: string, memory: PortMemory, folders = FOLDERS): Promise<void> {
  const [adapter] = await lastingPaths(path, folders.slice(0, 1))
  if (adapter === undefined || adapter === path) return
  if (memory.adapter !== undefined && memory.adapter !== adapter) {
    const message = `${path} was ${memory.adapter} and is ${adapter} now; give the bus the path ${memory.adapter}`
    throw new HabtwinError('device/unreachable', message, { where })
  }
  memory.adapter = adapter
}

/** What to say of a path in a configuration; undefined where it is as it should be. */
export async function hintFor(path: string, folders = FOLDERS): Promise<string | undefined> {
  if (!/^\/dev\/tty(USB|ACM)\d+$/.test(path)) return undefined
  const [better] = await lastingPaths(path, folders)
  const instead = better ?? 'a path under /dev/serial/by-id (ls -l shows them while the adapter is plugged in)'
  return `${path} may be another adapter after the next restart or replug; write ${instead}`
}
