/** What can be charted in a zone: its air, which all its instruments measure together, and what each device says of itself. */
import type { DeviceInfo } from '@habtwin/contract/device'
import { pointInfo } from '@habtwin/contract/points'

/** One line of the chart. Without a device it is the zone's own: the mean of all that measure it there. */
export interface Measure {
  readonly zone: string
  readonly quantity: string
  readonly device?: string
}

export interface Choice {
  readonly measure: Measure
  readonly label: string
}

/** What a zone has one of, however many instruments measure it, in the order in which it is offered. */
const ofZone: readonly string[] = [
  'co2',
  'o2',
  'temperature',
  'humidity',
  'humidity-ratio',
  'pressure',
  'pressure-difference',
  'light',
  'par',
  'co',
  'h2',
  'tvoc',
  'pm25',
  'smoke',
  'occupancy',
  'crew',
]

function isOfZone(quantity: string): boolean {
  return ofZone.includes(quantity)
}

/** True for a device that is there to be set, not to measure: the virtual habitat's handles. */
function isHandle({ points }: DeviceInfo): boolean {
  const all = Object.values(points)
  return all.length > 0 && all.every((point) => point.writable !== undefined)
}

function inZone(infos: Iterable<DeviceInfo>, zone: string): DeviceInfo[] {
  return [...infos].filter((info) => info.zone === zone && !isHandle(info))
}

/** The quantities of a zone's air that are measured in it. */
export function zoneChoices(infos: Iterable<DeviceInfo>, zone: string): Choice[] {
  const measured = new Set(inZone(infos, zone).flatMap(({ points }) => Object.keys(points)))
  return ofZone
    .filter((quantity) => measured.has(quantity))
    .map((quantity) => ({ measure: { zone, quantity }, label: pointInfo(quantity).label }))
}

/** What the devices of a zone say of themselves: `CO₂ scrubber: state`. */
export function deviceChoices(infos: Iterable<DeviceInfo>, zone: string): Choice[] {
  return inZone(infos, zone)
    .sort((a, b) => a.label.localeCompare(b.label))
    .flatMap((info) =>
      Object.keys(info.points)
        .filter((point) => !isOfZone(point))
        .map((point) => ({
          measure: { zone, quantity: point, device: info.device },
          label: deviceLabel(info, point),
        })),
    )
}

/** The device, and what it calls its point; failing that the vocabulary's word, or the point's own name. */
export function deviceLabel(info: DeviceInfo, point: string): string {
  return `${info.label}: ${lowered(info.points[point]?.label ?? words(pointInfo(point).label))}`
}

/** In the middle of a line a label begins small, but for names and formulas (`O₂ flow`, `PAR`). */
function lowered(label: string): string {
  return /^\p{Lu}\p{Ll}/u.test(label) ? label.charAt(0).toLowerCase() + label.slice(1) : label
}

function words(name: string): string {
  const text = name.replaceAll('-', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** One word for a measure, to be told from all others. */
export function keyOf({ zone, quantity, device }: Measure): string {
  return [zone, quantity, ...(device === undefined ? [] : [device])].join('/')
}
