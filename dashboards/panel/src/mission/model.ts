/** The link to mission control in words: contact, delay, lanes, what waits. No DOM, no clock, no network. */
import type { BridgeState } from '@habtwin/contract/bridge'
import type { CommandResult } from '@habtwin/contract/command'
import { type Journey, journey, type Side } from '@habtwin/contract/contact'
import type { WaitingCommand } from '@habtwin/contract/safety'
import { span } from '../model/format.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** How a bridge is drawn: all well, as planned, or to be looked at. */
export type Tone = 'good' | 'calm' | 'bad'

export interface Standing {
  readonly tone: Tone
  readonly words: string
}

/** `3:07`, `1:03:07`, `2 d 01:03:07`: counts down by the second. */
export function countdown(ms: number): string {
  const left = Math.max(0, Math.ceil(ms / SECOND)) * SECOND
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0')
  const [days, hours, minutes, seconds] = [left / DAY, (left % DAY) / HOUR, (left % HOUR) / MINUTE, (left % MINUTE) / SECOND] // biome-ignore format: one thought
  if (days >= 1) return `${Math.floor(days)} d ${two(hours)}:${two(minutes)}:${two(seconds)}`
  return hours >= 1 ? `${Math.floor(hours)}:${two(minutes)}:${two(seconds)}` : `${Math.floor(minutes)}:${two(seconds)}`
}

/** `12 min 5 s`, `0.8 s`, `none`. */
export function delayText(ms: number): string {
  if (ms < 1) return 'none'
  if (ms < 10 * SECOND) return `${Math.round(ms / 100) / 10} s`
  const seconds = Math.round(ms / SECOND)
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60]
  if (minutes === 0) return `${seconds} s`
  return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`
}

/** How a bridge stands. */
export function standing(link: BridgeState): Standing {
  if (link.cut !== undefined) return { tone: 'bad', words: `cut by ${link.cut.by}` }
  if (link.state === 'down') return { tone: 'bad', words: `not connected${link.reason === undefined ? '' : `: ${link.reason}`}` } // biome-ignore format: one thought
  if (link.emergency !== undefined) return { tone: 'bad', words: 'emergency: nothing is simulated' }
  if (link.state === 'waiting')
    return { tone: 'calm', words: link.reason ?? (link.next === undefined ? 'waits' : 'no contact, as planned') }
  return { tone: link.reason === undefined ? 'good' : 'bad', words: link.reason ?? (link.contact ? 'in contact' : 'connected') } // biome-ignore format: one thought
}

/** The next change of contact: loss of signal while there is one, else acquisition; undefined where neither is planned. */
export function nextChange(link: BridgeState, now: number): { what: 'AOS' | 'LOS'; at: number } | undefined {
  if (link.emergency !== undefined) return undefined
  if (link.contact?.open && now < link.contact.to) return { what: 'LOS', at: link.contact.to }
  return link.next && now < link.next.from ? { what: 'AOS', at: link.next.from } : undefined
}

/** The way of a message that is sent now: when it arrives, and when an answer can be there at the earliest. */
export function wayOf(link: BridgeState, side: Side, now: number): { arrives: number; answer: number } | undefined {
  if (link.plan === undefined || link.emergency !== undefined) return undefined
  const { arrives, answer } = journey(link.plan, side, now)
  return { arrives, answer }
}

/** What became of a command that is under way. @param at a moment as people read it */
export function sentText({ arrives, answer }: Journey, at: (t: number) => string): string {
  return `Sent: it arrives at ${at(arrives)}, and waits there for the crew. Earliest answer at ${at(answer)}.`
}

/** A command as it is listed, with its way where it goes far. */
export type ToldCommand = CommandResult & { readonly journey?: Journey }

/** How a command stands that was sent from far away. @param at a moment as people read it */
export function sentState(
  { state, reason, confirmed, journey: way }: ToldCommand,
  now: number,
  at: (t: number) => string,
): string {
  // biome-ignore format: one thought
  if (state === 'done') return confirmed === undefined ? 'done' : `done, confirmed by ${confirmed}`
  if (state !== 'waiting') return reason === undefined ? state : `${state}: ${reason}`
  if (way !== undefined && now < way.arrives)
    return `under way, arrives at ${at(way.arrives)}; earliest answer ${at(way.answer)}`
  if (way !== undefined && now < way.answer) return `there since ${at(way.arrives)}; earliest answer ${at(way.answer)}`
  return reason ?? 'no answer yet'
}

/** Parts of all that were taken, in per cent: never 100 while one is missing. */
export function confirmedText({ taken, confirmed, gaps }: BridgeState): string {
  if (taken === 0) return 'nothing yet'
  const part = confirmed >= taken ? 100 : Math.min(99.9, Math.floor((1_000 * confirmed) / taken) / 10)
  const lost = gaps === 0 ? 'none lost' : `${count(gaps)} lost before they could cross`
  return `${part} % of ${count(taken)}, ${lost}`
}

export function count(n: number): string {
  return n.toLocaleString('en-GB')
}

/** The widest of several delays and worst of several states, for a line on the habitat's own page. */
export function worstOf(links: readonly BridgeState[]): Tone | undefined {
  const tones = links.map((link) => standing(link).tone)
  return (['bad', 'calm', 'good'] as const).find((tone) => tones.includes(tone))
}

/** `9,600 bit/s, 1.2 of 2 MB used in this contact`. */
export function budgetText({ budget, emergency }: BridgeState): string | undefined {
  if (budget === undefined || emergency !== undefined) return undefined
  const { rate, contact, used } = budget
  const bytes = (n: number) => (n < 1e4 ? `${count(Math.round(n))} B` : n < 1e6 ? `${Math.round(n / 1e3)} kB` : `${(n / 1e6).toFixed(1)} MB`) // biome-ignore format: one thought
  const parts = [
    ...(rate === undefined ? [] : [`${count(Math.round(rate))} bit/s`]),
    ...(contact === undefined ? [] : [`${bytes(used ?? 0)} of ${bytes(contact)} used in this contact`]),
  ]
  return parts.length === 0 ? undefined : parts.join(', ')
}

/** From whom a command comes: `Cap, mission control, by the link earth`. */
export function senderOf({ by, via }: WaitingCommand): string {
  const bridge = /^bridge\/(.+)$/.exec(via)?.[1]
  return bridge === undefined ? `${by}, ${via.replace('-', ' ')}` : `${by}, by the link ${bridge}`
}

/** `sent 12 min ago, its time is over in 17:55`. */
export function timesOf({ sent, t, expires }: WaitingCommand, now: number): string {
  const since = sent ?? t
  const ago = now - since < MINUTE ? 'just now' : `${span(now - since)} ago`
  const left = expires - now
  return `${sent === undefined ? 'came' : 'sent'} ${ago}, ${left > 0 ? `its time is over in ${countdown(left)}` : 'its time is over'}`
}
