/** How the page stands with its server: a small table, so that every mixture has a word. */

export interface Link {
  /** MQTT is connected. */
  readonly live: boolean
  /** REST answered last time. */
  readonly rest: boolean
  /** When either was last well, ms of this machine's clock; 0 for never. */
  readonly seen: number
  /** When MQTT was last lost; 0 while it is there, and before it ever was. */
  readonly lost: number
}

export type Connection = 'starting' | 'live' | 'polling' | 'reconnecting' | 'offline'

export const noLink: Link = { live: false, rest: false, seen: 0, lost: 0 }

/** A drop of this length is not worth a word in red. */
const PATIENCE = 8_000

export type LinkChange = { readonly live?: boolean; readonly rest?: boolean }

/** The link after a change; `wall` is when. */
export function linkAfter(link: Link, change: LinkChange, wall: number): Link {
  const next = { ...link, ...change }
  const lost = next.live ? 0 : link.live ? wall : link.lost
  return { ...next, lost, seen: link.live || link.rest || next.live || next.rest ? wall : link.seen }
}

/** True where figures have come for a while by asking only: a drop of a moment is not worth a word. */
export function isSlow(link: Link, wall: number): boolean {
  return !link.live && link.rest && wall - link.lost >= PATIENCE / 2
}

/**
 * `live`: readings come as they are taken; `polling`: only by asking now and then; `reconnecting`: just lost;
 * `offline`: lost for a while; `starting`: never there yet.
 */
export function connectionOf(link: Link, wall: number): Connection {
  if (link.live) return 'live'
  if (link.rest) return 'polling'
  if (link.seen === 0) return 'starting'
  return wall - link.seen < PATIENCE ? 'reconnecting' : 'offline'
}
