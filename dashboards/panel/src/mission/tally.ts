/** Lost and twice in words, and how the demo's link stands. No DOM, no clock, no network. */
import type { BridgeState } from '@habtwin/contract/bridge'
import type { Tally } from '@habtwin/contract/tally'
import { underWayOf } from '@habtwin/contract/under-way'
import { lapse, span } from '../model/format.ts'
import { count, countdown, delayText } from './model.ts'

const HOUR = 3_600_000
/** A word on the link that is older than this is told with its age: one with a budget speaks each half minute, ms. */
const OLD = 45_000
/** More than so many that wait are the past, and not what has come since the link was mended. */
const PAST = 2_000

export interface Figure {
  readonly name: 'stored' | 'under-way' | 'lost' | 'twice'
  readonly label: string
  readonly text: string
  readonly tone: 'plain' | 'good' | 'bad'
}

/** @param underWay as the page knows it, which may be later than what was told there */
export function figuresOf({ stored, lost, twice }: Tally, underWay: number): Figure[] {
  const tone = (n: number) => (n === 0 ? 'good' : 'bad')
  return [
    { name: 'stored', label: 'stored there', text: count(stored), tone: 'plain' },
    { name: 'under-way', label: 'on their way', text: count(underWay), tone: 'plain' },
    { name: 'lost', label: 'lost', text: count(lost), tone: tone(lost) },
    { name: 'twice', label: 'twice', text: count(twice), tone: tone(twice) },
  ]
}

/** What is on its way by what the gateway says now, and its store then. */
export function underWayNow({ said, underWay }: Tally, link: BridgeState | undefined): number {
  return link?.heads === undefined ? underWay : underWayOf(link.heads, (journal) => said[journal] ?? 0)
}

/** `41,230 here · 312 on their way · lost 0 · twice 0`, at mission control. */
export function tallyText(tally: Tally, link: BridgeState | undefined, now: number): string {
  const { stored, underWay, lost, twice, told, newest } = tally
  const first = link === undefined ? 0 : link.since + link.delay
  if (newest === null && first > now) return `${count(underWay)} on their way, the first is here in ${countdown(first - now)}` // biome-ignore format: one thought
  const age = told === undefined ? 0 : now - told
  const old = age > OLD ? `, as was told ${span(age)} ago` : ''
  return `${count(stored)} here · ${count(underWay)} on their way${old} · lost ${count(lost)} · twice ${count(twice)}`
}

/** What is to be said of the link of the demo: first what is, then what comes of it. @param at a moment in words */
export function demoText(link: BridgeState, now: number, at: (t: number) => string): { is: string; comes: string } {
  const { cut, since, delay, state, lanes } = link
  const waiting = lanes.urgent.waiting + lanes.live.waiting + lanes.backlog.waiting
  if (cut !== undefined)
    return {
      is: `Cut for ${countdown(now - cut.since)}, by ${cut.by}.`,
      comes: `Nothing crosses. The habitat goes on: ${count(waiting)} readings wait in its journal.`,
    }
  if (state !== 'up') return { is: 'Mission control is not there yet.', comes: 'It is started some seconds after the habitat, and again whenever it ends.' } // biome-ignore format: one thought
  const there = since + delay
  const first = there > now ? ` What left when it came up is there at ${at(there)}, in ${countdown(there - now)}.` : ''
  const rate = link.budget?.rate === undefined ? '' : ` through ${count(link.budget.rate / 1e3)} kbit/s`
  const rest = waiting > PAST ? ` ${count(waiting)} of the past follow${rate}, the newest first.` : ''
  return {
    is: delay < 1 ? 'The link is up.' : `The link is up, ${delayText(delay)} one way.`,
    comes: `${first}${rest}`.trim() || 'What is measured now is there after that time, each reading once.',
  }
}

/** How far behind the habitat its newest figure there is. */
export function behindText(newest: number | null, now: number): string {
  if (newest === null) return 'nothing has arrived yet'
  const age = Math.max(0, now - newest)
  return `${age < HOUR ? delayText(Math.round(age / 1_000) * 1_000) : lapse(age)} behind`
}
