/** What is asked of a command from afar beside what is asked of all: that both clocks can be right, and a crew's word. */
import type { Command } from '@habtwin/contract'

/** Whose connection a command came by. */
export interface From {
  readonly role: string
  readonly clientId: string
  /** Who logged in there. */
  readonly user?: string
  /** The bridge that it came by. */
  readonly bridge?: string
  /** False where the configuration lets it act without a crew member's word. */
  readonly confirm?: boolean
}

/** Sim says for whom it speaks, where somebody is logged in at the panel. */
export function spokenFor(from: From | undefined, { role, by }: Command): From | undefined {
  return from?.role === 'service' && role !== undefined ? { ...from, role, user: by } : from
}

/** The sender's clock may be ahead by so much, ms. */
const AHEAD = 60_000
/** A command may be sent so long before its time is over, ms: ids are remembered until then. */
export const LONGEST = 86_400_000

/** What commands no device: what is logged, what is said, and the switch that ends the simulation of the link. */
const atOnce = new Set(['journal', 'safety', 'link'])

/** True where whoever sent it is not in the habitat. */
export function isAfar(from: From | undefined): boolean {
  return from?.bridge !== undefined || from?.role === 'mission-control'
}

/** True where a crew member has to confirm it first; also what sets a safe value, for they know who is at it just now. */
export function isToBeConfirmed(device: string, from: From | undefined): boolean {
  return isAfar(from) && from?.confirm !== false && !atOnce.has(device)
}

/** By which way it came, for people and the audit log. */
export function viaOf(from: From | undefined): string {
  return from?.bridge === undefined ? (from?.role ?? 'gateway') : `bridge/${from.bridge}`
}

interface Fault {
  readonly state: 'expired' | 'refused'
  readonly reason: string
}

/** Why the times of a command cannot be; of one from afar with what both clocks say. Undefined where they can. */
export function timeFault({ expires, sent }: Command, now: number, afar: boolean): Fault | undefined {
  const here = afar ? `: ${utc(expires)}, and the clock here says ${utc(now)}` : ''
  if (afar && sent !== undefined && sent - now > AHEAD) {
    const reason = `its sender's clock said ${utc(sent)} when it was sent, and the clock here says ${utc(now)}: one of them is wrong` // biome-ignore format: one sentence
    return { state: 'refused', reason }
  }
  if (now > expires) return { state: 'expired', reason: `it came after its time${here}` }
  if (expires - now > LONGEST) {
    return { state: 'refused', reason: `its time is over in more than a day; give an earlier \`expires\` (ms)${here}` }
  }
  return undefined
}

/** `2026-11-20 12:00:03 UTC` */
function utc(t: number): string {
  const date = new Date(t)
  if (Number.isNaN(date.getTime())) return `${t} ms, which is no time`
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
