/**
 * The link of a mission: how long a message is under way, and when there is contact at all. Windows are told by the
 * habitat's clock and are those of its antenna: what it sends leaves within one, what it is sent arrives within one.
 *
 *   crew:             sent ─ waits for contact ─► leaves ─ delay ─► arrives
 *   mission control:  sent ───────────── delay, and until there is contact ─► arrives
 *
 * Without schemas, so that it costs a browser nothing.
 */
import { lightTime } from './light-time.ts'
import type { ContactPlan, LinkPlan } from './link-plan.ts'

/** A span in which the two ends hear each other, ms; `to` is infinite where it never ends. */
export interface Contact {
  readonly from: number
  readonly to: number
}

/** Which end of the link speaks. */
export type Side = 'crew' | 'mission-control'

/** The way of a message, ms since the epoch. What waits before it on a narrow link comes on top. */
export interface Journey {
  readonly sent: number
  readonly leaves: number
  readonly arrives: number
  /** The earliest moment at which an answer that is sent at once is there. */
  readonly answer: number
}

/** One-way delay of what leaves at a moment, ms. */
export function delayAt({ delay }: LinkPlan, from: Side, t: number): number {
  if (delay !== 'mars') return delay ?? 0
  return lightTime(t, from === 'crew' ? 'earth' : 'mars')
}

/** The way of a message that a side sends at a moment. */
export function journey(plan: LinkPlan, from: Side, sent: number): Journey {
  const { leaves, arrives } = leg(plan, from, sent)
  const back = leg(plan, from === 'crew' ? 'mission-control' : 'crew', arrives)
  return { sent, leaves, arrives, answer: back.arrives }
}

function leg(plan: LinkPlan, from: Side, sent: number): { leaves: number; arrives: number } {
  if (from === 'crew') {
    const leaves = contactFrom(plan.contacts, sent)
    return { leaves, arrives: leaves + delayAt(plan, from, leaves) }
  }
  const arrives = contactFrom(plan.contacts, sent + delayAt(plan, from, sent))
  return { leaves: arrives - delayAt(plan, from, sent), arrives }
}

/** The contact that there is at a moment; undefined where there is none. Its end is not part of it. */
export function contactAt(plan: ContactPlan | undefined, t: number): Contact | undefined {
  if (plan === undefined) return { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
  return around(plan, t).find(({ from, to }) => from <= t && t < to)
}

/** The contact that there is at a moment, else the last one before it. */
export function lastContact(plan: ContactPlan | undefined, t: number): Contact {
  const open = contactAt(plan, t)
  return open ?? (around(plan as ContactPlan, t).findLast(({ from }) => from <= t) as Contact)
}

/** The first contact that begins after a moment; undefined where there is always contact. */
export function nextContact(plan: ContactPlan | undefined, t: number): Contact | undefined {
  return plan && around(plan, t).find(({ from }) => from > t)
}

/** The first moment from `t` on at which there is contact. */
export function contactFrom(plan: ContactPlan | undefined, t: number): number {
  return contactAt(plan, t) === undefined ? (nextContact(plan, t)?.from ?? t) : t
}

/** Contacts from two periods before a moment until two after it, in order; those that touch are one. */
function around({ epoch, period, windows }: ContactPlan, t: number): Contact[] {
  const now = Math.floor((t - epoch) / period)
  const all: { from: number; to: number }[] = []
  const spans = [...windows].sort(([a], [b]) => a - b)
  for (let k = now - 2; k <= now + 2; k++) {
    for (const [from, to] of spans) {
      const span = { from: epoch + k * period + from, to: epoch + k * period + to }
      const last = all.at(-1)
      if (last && span.from <= last.to) last.to = Math.max(last.to, span.to)
      else all.push(span)
    }
  }
  // what fills whole periods never ends
  return all.map(({ from, to }) => (to - from > 2 * period ? { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY } : { from, to })) // biome-ignore format: one thought
}
