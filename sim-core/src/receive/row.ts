/** One line of the list of habitats: how it stands, as far as it can be known here. */
import {
  type Alert,
  type BridgeState,
  type DeviceHealth,
  type DeviceInfo,
  levels,
  type Reading,
  spacing,
} from '@habtwin/contract'
import { contactAt, delayAt, nextContact } from '@habtwin/contract/contact'
import type { HabitatAbout, HabitatRow } from '@habtwin/contract/habitats'
import { deviceStanding, type LinkStanding, type LinkTold, linkStanding } from '@habtwin/contract/standing'

export interface RowParts {
  readonly habitat: string
  readonly now: number
  readonly about: HabitatAbout | undefined
  readonly node: string | undefined
  readonly bridge: BridgeState | undefined
  /** When anything was last heard, ms. */
  readonly heard: number | undefined
  /** How far the clock there is ahead of the one here, ms. */
  readonly skew?: number
  readonly infos: readonly DeviceInfo[]
  readonly health: ReadonlyMap<string, DeviceHealth>
  readonly last: ReadonlyMap<string, Reading>
  readonly alerts: Iterable<Alert>
  readonly completeness: readonly {
    readonly taken: number
    readonly stored: number
    readonly gaps: readonly unknown[]
  }[]
  /** Spans that are missing of nobody knows which device. */
  readonly gaps: number
  /** The newest reading of all, where the last ones are not known any more. */
  readonly newest: number | undefined
  readonly refused: string | undefined
}

/** How often something comes where nothing was described yet, ms. */
const USUAL = 10_000
/** Clocks that differ by less are as clocks are, and messages take their time: nothing to tell, ms. */
const NOTABLE = 30_000

/**
 * How the link of a habitat stands. All is judged by the clock there, by which contacts go and readings are stamped: two
 * clocks that differ make nothing old and nothing new. `since` is by the clock here, the horizon by the one there.
 */
export function standingOf({
  now,
  heard,
  bridge,
  infos,
  skew = 0,
  newest,
}: Pick<RowParts, 'now' | 'heard' | 'bridge' | 'infos' | 'skew' | 'newest'>): LinkStanding {
  const live = infos.filter((info) => (info.pace ?? 1) === 1).map(spacing)
  const cadence = live.length === 0 ? USUAL : Math.min(...live)
  const there = now + skew
  const heardThere = heard === undefined ? undefined : heard + skew
  const told = bridge && toldOf(bridge, there, heardThere)
  const stands = linkStanding({ now: there, heard: heardThere, told, cadence, newest })
  return { ...stands, since: stands.since - skew }
}

/**
 * What is to be expected of the link: by its plan, where the bridge has told that, the contact in which it was last heard
 * and the one that follows; else the two contacts that it told last.
 */
export function toldOf(bridge: BridgeState, now: number, heard = now): LinkTold {
  const { plan } = bridge
  const up = bridge.state === 'up' ? bridge.since : undefined
  if (plan === undefined || bridge.emergency) return { ...bridge, up }
  const delay = delayAt(plan, 'crew', now)
  const contact = contactAt(plan.contacts, heard - delay)
  if (contact === undefined || !Number.isFinite(contact.to)) return contact ? { delay, up } : { ...bridge, delay, up }
  return { delay, contact, next: nextContact(plan.contacts, heard - delay), up }
}

export function rowOf(parts: RowParts): HabitatRow {
  const { habitat, about, node, bridge, heard, skew = 0, infos, last, refused } = parts
  const { state, since, horizon } = standingOf(parts)
  const told = bridge && toldOf(bridge, parts.now + skew, heard === undefined ? undefined : heard + skew)
  const here = ({ from, to }: { readonly from: number; readonly to: number }) => ({ from: from - skew, to: to - skew })
  const devices = { ok: 0, stale: 0, down: 0 }
  for (const info of infos) {
    const stands = deviceStanding(info, parts.health.get(info.device), last.get(info.device)?.t, horizon)
    if (stands === 'ok') devices.ok++
    else if (stands === 'down') devices.down++
    else devices.stale++
  }
  const times = [...last.values()].map(({ t }) => t)
  const t = times.length > 0 ? Math.max(...times) : (parts.newest ?? null)
  const sum = (of: (one: RowParts['completeness'][number]) => number) =>
    parts.completeness.reduce((total, one) => total + of(one), 0)
  return {
    habitat,
    label: about?.habitat.label ?? title(habitat),
    ...(node === undefined ? {} : { node }),
    simulated: infos.some((info) => info.simulated),
    timezone: about?.habitat.timezone ?? 'UTC',
    ...(about === undefined ? {} : { pressure: about.habitat.pressure }),
    link: {
      state,
      since,
      delay: told?.delay ?? 0,
      ...(heard === undefined ? {} : { heard }),
      ...(told?.contact ? { contact: here(told.contact) } : {}),
      ...(told?.next ? { next: here(told.next) } : {}),
      ...(bridge?.reason === undefined ? {} : { reason: bridge.reason }),
      ...(Math.abs(skew) >= NOTABLE ? { skew } : {}),
    },
    t,
    alerts: alertsOf([...parts.alerts]),
    co2: co2Of(infos, last),
    completeness: {
      taken: sum((one) => one.taken),
      stored: sum((one) => one.stored),
      gaps: parts.gaps + sum((one) => one.gaps.length),
    },
    devices,
    ...(refused === undefined ? {} : { refused }),
  }
}

/** The worst, its sentence, and how many there are. */
function alertsOf(active: readonly Alert[]): HabitatRow['alerts'] {
  const [worst] = [...active].sort((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level) || b.since - a.since)
  return { worst: worst?.level ?? null, count: active.length, ...(worst ? { text: worst.text } : {}) }
}

/** The highest CO2 of any zone: of what was read last, and not bad. */
function co2Of(infos: readonly DeviceInfo[], last: ReadonlyMap<string, Reading>): HabitatRow['co2'] {
  const found = infos.flatMap(({ device, zone, points }) => {
    const reading = last.get(device)
    const value = reading?.values.co2
    const unit = points.co2?.unit
    return reading && unit !== undefined && typeof value === 'number' ? [{ value, unit, zone, t: reading.t }] : []
  })
  return found.reduce<HabitatRow['co2']>((most, one) => (most === null || one.value > most.value ? one : most), null)
}

/** `mars-160` as `Mars 160`, for a habitat that has not said what it is called. */
export function title(id: string): string {
  return id.charAt(0).toUpperCase() + id.slice(1).replaceAll('-', ' ')
}
