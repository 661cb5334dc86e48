/**
 * How a habitat stands as seen from afar. What is told of a moment `t` can be known here at `t` + light time, and only
 * within a contact. So three things look different that are all "no new figure":
 *
 *   between contacts, as planned   nothing can come, and nothing is missed
 *   loss of signal                 something should come, from anybody, and does not
 *   a stale sensor, a device down  the habitat is heard, and this one of it is not, or is told to be down
 *
 * Pure, for server and panel alike. All times are ms.
 */
import type { DeviceHealth, DeviceInfo } from './device.ts'
import { spacing } from './spacing.ts'

/** What of a link's own word matters here (`link/{bridge}`). */
export interface LinkTold {
  /** One way, ms. */
  readonly delay: number
  /** The contact that is, or was last. Left out where there is always contact. */
  readonly contact?: { readonly from: number; readonly to: number } | undefined
  readonly next?: { readonly from: number; readonly to: number } | undefined
  /** Since when it has been up, ms: what is said from then on is here a light time later, and nothing else on the way. */
  readonly up?: number | undefined
}

export interface LinkSeen {
  readonly now: number
  /** When anything was last heard from there, by the clock of here; undefined where nothing ever was. */
  readonly heard: number | undefined
  readonly told: LinkTold | undefined
  /** How often something comes where all is well. */
  readonly cadence: number
  /** Of the newest reading that has come, ms. */
  readonly newest?: number | undefined
}

/** `closed`: between contacts, as planned. `late`: longer silent than it should be. `lost`: loss of signal. */
export const linkStates = ['up', 'closed', 'late', 'lost', 'never'] as const
export type LinkState = (typeof linkStates)[number]

export interface LinkStanding {
  readonly state: LinkState
  /** Since when it is so: for `late` and `lost`, when it was last heard. */
  readonly since: number
  /** The newest moment there of which anything can be known here. */
  readonly horizon: number
}

/** Silence that is no news, in cadences; at least and at most, ms. */
const CADENCES = 3
const LEAST = 15_000
const MOST = 600_000
/** Silence that is loss of signal, in times of that. */
const LOST = 4

/** How long nothing may be heard before it is `late`. */
export function patience(cadence: number): number {
  return Math.min(MOST, Math.max(LEAST, CADENCES * cadence))
}

/** How the link stands. */
export function linkStanding({ now, heard, told, cadence, newest = Number.POSITIVE_INFINITY }: LinkSeen): LinkStanding {
  if (heard === undefined) return { state: 'never', since: now, horizon: Number.NEGATIVE_INFINITY }
  const delay = told?.delay ?? 0
  const may = patience(cadence)
  const silence = now - heard
  // just after it came up: its own word is here and comes now and then, and what it has to tell is a light time behind
  if (told?.up !== undefined && heard >= told.up && now < told.up + delay + may && silence <= LOST * may)
    return { state: 'up', since: heard, horizon: Math.min(now - delay, newest) }
  if (silence <= may) return { state: 'up', since: heard, horizon: now - delay }
  const closed = closedAt(told, now)
  // what was not heard before the contact closed was lost before that
  if (closed !== undefined && closed.from - heard <= may) return { state: 'closed', since: closed.from, horizon: closed.from - delay } // biome-ignore format: one thought
  // after a pause the silence counts from the moment at which something could come again
  const opened = pauseEnd(told, heard, now, may)
  if (opened !== undefined && now - opened <= may) return { state: 'closed', since: heard, horizon: heard - delay }
  return { state: now - (opened ?? heard) <= LOST * may ? 'late' : 'lost', since: heard, horizon: heard - delay }
}

/** The pause between two contacts in which `now` is, as it is here: both its ends are heard a light time later. */
function closedAt(told: LinkTold | undefined, now: number): { from: number; to: number } | undefined {
  if (told?.contact === undefined) return undefined
  const from = told.contact.to + told.delay
  const to = (told.next?.from ?? Number.POSITIVE_INFINITY) + told.delay
  return from <= now && now < to ? { from, to } : undefined
}

/** When the pause ended in which it fell silent; undefined where it was not silent because of a pause. */
function pauseEnd(told: LinkTold | undefined, heard: number, now: number, may: number): number | undefined {
  if (told?.contact === undefined || told.next === undefined) return undefined
  const from = told.contact.to + told.delay
  const to = told.next.from + told.delay
  return from - heard <= may && heard <= to && to <= now ? to : undefined
}

/** `silent`: it was described, and nothing of it has come yet. */
export type DeviceStanding = 'ok' | 'stale' | 'down' | 'silent'

/** Readings that may be missing before a sensor is stale, and the least, ms: what a message takes besides the light. */
const MISSED = 4
const SLACK = 10_000

/**
 * How a device stands at the newest moment of which anything can be known. A recording, or a clock that runs at another
 * pace, has times of its own, by which nothing can be missed.
 * @param t of its last reading
 */
export function deviceStanding(
  info: Pick<DeviceInfo, 'every' | 'heartbeat' | 'pace'>,
  health: Pick<DeviceHealth, 'state'> | undefined,
  t: number | undefined,
  horizon: number,
): DeviceStanding {
  if (health?.state === 'down') return 'down'
  if (t === undefined) return 'silent'
  if ((info.pace ?? 1) !== 1) return 'ok'
  return horizon - t > MISSED * spacing(info) + SLACK ? 'stale' : 'ok'
}
