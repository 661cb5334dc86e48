/** What the machine itself tells of its clock: which start of it this is, how long ago that was, what kept time before. */
import { readdirSync, readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { EARLIEST } from '@habtwin/runtime'
import { bootId } from '../identity.ts'

export { EARLIEST }

export interface Machine {
  /** Names this start of the machine. */
  readonly boot: string
  /** Monotonic ms since the start of the machine, alike in every process of it; sleep does not count. */
  sinceBoot(): number
  /** ms that the machine has slept since its start, to some tens of ms. */
  asleep(): number
  /** What its clock went by when it was switched on: nothing is known of the network. */
  assumed(): { readonly synced: boolean; readonly reason: string }
}

/** The machine that this process runs on. */
export function thisMachine(): Machine {
  // CLOCK_MONOTONIC on Linux (libuv's uv_hrtime): slewed by NTP with the wall clock, never stepped
  const sinceBoot = () => Number(process.hrtime.bigint()) / 1e6
  return {
    boot: bootId(),
    sinceBoot,
    // /proc/uptime goes by CLOCK_BOOTTIME, which counts sleep (clock_gettime(2))
    asleep: () => uptime() * 1_000 - sinceBoot(),
    assumed: () => assume(),
  }
}

/**
 * Judges by what there is of hardware. A battery clock that tells a possible time has set the system's at boot; a
 * board that has none, such as a Raspberry Pi, begins with the time of its last shutdown, or in 1970. What is neither
 * is a server, a virtual machine or a laptop.
 * @param root of the file system; a test hands in its own
 */
export function assume(root = '/', os: NodeJS.Platform = process.platform): { synced: boolean; reason: string } {
  if (os !== 'linux') return { synced: true, reason: `${os} keeps its clock by itself` }
  const battery = batteryClock(root)
  if (battery !== undefined && battery >= EARLIEST) return { synced: true, reason: 'the machine has a battery clock' }
  const board = boardName(root)
  if (board === undefined) return { synced: true, reason: 'the machine is no board without a clock' }
  const lacks = battery === undefined ? 'has no battery clock' : 'has a battery clock that does not know the time'
  return { synced: false, reason: `${board} ${lacks}` }
}

/** What the first battery clock says, ms (Documentation/ABI/testing/sysfs-class-rtc: since_epoch). */
function batteryClock(root: string): number | undefined {
  const folder = join(root, 'sys/class/rtc')
  const told = list(folder).map((name) => Number(read(join(folder, name, 'since_epoch')) ?? Number.NaN) * 1_000)
  const known = told.filter(Number.isFinite)
  return known.length === 0 ? undefined : Math.max(...known)
}

/** The model that the device tree names; PCs and most virtual machines have none. */
function boardName(root: string): string | undefined {
  for (const path of ['proc/device-tree/model', 'sys/firmware/devicetree/base/model']) {
    const name = read(join(root, path))?.replaceAll('\0', '').trim()
    if (name) return name
  }
  return undefined
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return [] // there is no such folder: no clock of this kind
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined // absent, or not for us: as good as none
  }
}
