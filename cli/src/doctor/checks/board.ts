/** The machine itself: memory, heat, and the supply of a Raspberry Pi. */
import { type Check, type Finding, fault, note, ok } from '../check.ts'
import type { Machine } from '../machine.ts'
import { size } from './data.ts'

/** Bytes: what the whole line takes on a small habitat, and what leaves room for the rest of the system. */
const LEAST = 300e6
/** °C from which on a Pi slows down (80), and from which on it is near. */
const HOT = 80
const WARM = 70

/** What a Pi's firmware says: now, and since it was started (documentation of vcgencmd get_throttled). */
const THROTTLED: readonly (readonly [bit: number, says: string, todo: string])[] = [
  [0, 'the supply’s voltage is too low', 'take the supply made for this board, and a short cable'],
  [1, 'its frequency is capped', 'see to supply and cooling'],
  [2, 'it is throttled', 'see to supply and cooling'],
  [3, 'it is at its soft limit of temperature', 'see to its cooling'],
]

export const board: Check = {
  title: 'Machine',
  look: ({ machine }) => [...model(machine), ...memory(machine), ...heat(machine), ...throttling(machine)],
}

function model(machine: Machine): Finding[] {
  const name = machine.read('/proc/device-tree/model')?.replaceAll('\0', '').trim()
  return name ? [ok(name)] : []
}

function memory(machine: Machine): Finding[] {
  const text = machine.read('/proc/meminfo') ?? ''
  const of = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN) * 1_024
  const [all, free] = [of('MemTotal'), of('MemAvailable')]
  if (Number.isNaN(free)) return []
  const says = `${size(free)} of ${size(all)} of memory can be had`
  return [free < LEAST ? note(says, 'habtwin takes some 300 MB: end what else runs') : ok(says)]
}

function heat(machine: Machine): Finding[] {
  const zones = machine.list('/sys/class/thermal').filter((name) => name.startsWith('thermal_zone'))
  const temperatures = zones
    .map((name) => Number.parseInt(machine.read(`/sys/class/thermal/${name}/temp`) ?? '', 10) / 1_000)
    .filter((value) => value > 0 && value < 150)
  if (temperatures.length === 0) return []
  const hottest = Math.max(...temperatures)
  const says = `its processor is at ${hottest.toFixed(0)} °C`
  if (hottest >= HOT) return [fault(says, 'it slows down: give it air, or a heat sink')]
  return [hottest >= WARM ? note(says, 'from 80 °C on it slows down') : ok(says)]
}

function throttling(machine: Machine): Finding[] {
  const said = machine.read('/sys/devices/platform/soc/soc:firmware/get_throttled')?.trim()
  if (said === undefined || !/^[0-9a-f]+$/i.test(said)) return []
  const bits = Number.parseInt(said, 16)
  const found = THROTTLED.flatMap(([bit, says, todo]) => {
    if (bits & (1 << bit)) return [fault(`${says} now`, todo)]
    return bits & (1 << (bit + 16)) ? [note(`${says}: so it was since it was started, and is not now`, todo)] : []
  })
  return found.length === 0 ? [ok('neither throttled nor short of voltage since it was started')] : found
}
