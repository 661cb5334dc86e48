/** How good the forecasts have been, put so that a crew member can tell whether to lean on them. */
import type { Score, Scores } from '@habtwin/contract/twin'
import { rough } from '../../model/format.ts'

/** Fewer verified forecasts than this say little. */
const FEW = 20
/** The share that a 90 % band should hold, within the doubt of a few hundred forecasts. */
const FAIR: readonly [number, number] = [0.85, 0.95]
/** A difference in skill below this is none. */
const EVEN = 0.02

/** What the forecast must beat, in the order in which it is shown. */
export const rivals = ['persistence', 'trend', 'seasonal'] as const
type Rival = (typeof rivals)[number]

export const rivalWords: Readonly<Record<Rival, string>> = {
  persistence: 'it stays as it is',
  trend: 'it goes on as in the last quarter of an hour',
  seasonal: 'it is as a day before',
}

/** The scores of one quantity of one zone, the shortest lead first. */
export interface Graded {
  readonly zone: string
  readonly quantity: string
  readonly rows: readonly Score[]
}

/** By zone and quantity, in the order of the zones and of what matters most. */
export function graded(scores: Scores | undefined, zones: readonly string[], order: readonly string[]): Graded[] {
  const found = new Map<string, Score[]>()
  for (const score of scores?.scores ?? []) {
    const key = `${score.zone}/${score.quantity}`
    found.set(key, [...(found.get(key) ?? []), score])
  }
  const rank = (list: readonly string[], one: string) => (list.includes(one) ? list.indexOf(one) : list.length)
  return [...found.values()]
    .map((rows) => rows.sort((a, b) => a.lead - b.lead))
    .flatMap((rows): Graded[] => (rows[0] ? [{ zone: rows[0].zone, quantity: rows[0].quantity, rows }] : []))
    .sort(
      (a, b) =>
        rank(zones, a.zone) - rank(zones, b.zone) ||
        rank(order, a.quantity) - rank(order, b.quantity) ||
        a.quantity.localeCompare(b.quantity),
    )
}

/** A lead in words: `15 min`, `1 h`, `48 h`. */
export function leadWords(minutes: number): string {
  return minutes < 60 ? `${minutes} min` : `${rough(minutes / 60).replace(/\.0$/, '')} h`
}

/** 1 − error / the rival's error; undefined where the rival had nothing to say. */
export function skillAgainst(score: Score, rival: Rival): number | undefined {
  const theirs = score[rival]
  return theirs === null || theirs <= 0 ? undefined : 1 - score.mae / theirs
}

export type Held = 'fair' | 'narrow' | 'wide' | 'few'

/** Whether a 90 % band is to be believed. */
export function heldOf({ coverage90, n }: Score): Held {
  if (n < FEW) return 'few'
  if (coverage90 < FAIR[0]) return 'narrow'
  return coverage90 > FAIR[1] ? 'wide' : 'fair'
}

export const heldWords: Readonly<Record<Held, string>> = {
  fair: 'as it should',
  narrow: 'too seldom: give it more room',
  wide: 'more than it need',
  few: 'too few to tell',
}

/** `+35 %` is an error smaller by that much; one that is more than twice the other's is said as `3.4 ×`. */
export function skillWords(skill: number): string {
  if (skill <= -1) return `${rough(1 - skill)} ×`
  const by = Math.round(skill * 100)
  return `${by > 0 ? '+' : by < 0 ? '−' : ''}${Math.abs(by)} %`
}

function beats(score: Score): string {
  const skill = skillAgainst(score, 'persistence')
  if (skill === undefined) return ''
  if (skill <= -1) return ` It is ${rough(1 - skill)} times as far off as “${rivalWords.persistence}”.`
  const by = `${Math.round(Math.abs(skill) * 100)} %`
  if (Math.abs(skill) < EVEN) return ` It is as good as “${rivalWords.persistence}”.`
  return skill > 0
    ? ` It beats “${rivalWords.persistence}” by ${by}.`
    : ` It is worse than “${rivalWords.persistence}” by ${by}.`
}

/**
 * One lead in a sentence or three.
 * @param error the mean error with its unit, as the viewer reads it
 */
export function sentence(score: Score, error: string): string {
  const start = `${leadWords(score.lead)} ahead it is off by ${error} on average.`
  const band = `The 90 % band held ${Math.round(score.coverage90 * 100)} % of the time.`
  const few = score.n < FEW ? ` Only ${score.n} have come due so far.` : ''
  return `${start} ${band}${beats(score)}${few}`
}

/** The leads that a person asks about: an hour, and a day, or what is nearest to them. */
export function telling(rows: readonly Score[]): Score[] {
  const nearest = (lead: number) =>
    rows.reduce<Score | undefined>(
      (best, one) =>
        best === undefined || Math.abs(Math.log(one.lead / lead)) < Math.abs(Math.log(best.lead / lead)) ? one : best,
      undefined,
    )
  return [...new Set([nearest(60), nearest(1_440)])].filter((one) => one !== undefined)
}
