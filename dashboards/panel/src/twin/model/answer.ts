/** The answer to a what-if, put side by side with how it would go without. */
import type { Reach, WhatifAnswer } from '@habtwin/contract/twin'
import { lapse, lapses, odds } from '../../model/format.ts'
import { dueOf, isBeyond } from '../../model/outlook.ts'

const MINUTE = 60_000

export type Bands = WhatifAnswer['base'][string][string]

/** One quantity of one zone, as it is and with the changes. */
export interface Pair {
  readonly zone: string
  readonly quantity: string
  readonly base: Bands
  readonly changed: Bands
  /** True where the changes make no difference that could be seen. */
  readonly isSame: boolean
}

/** Medians that differ by less than this share of their band's width are the same to the eye. */
const VISIBLE = 0.02

function same(base: Bands, changed: Bands): boolean {
  return base.p50.every((mid, i) => {
    const width = Math.abs((base.p95[i] ?? mid) - (base.p05[i] ?? mid))
    return Math.abs((changed.p50[i] ?? mid) - mid) <= VISIBLE * width
  })
}

/** The quantities of the zones in their order. @param order of quantities; others follow */
export function pairsOf(answer: WhatifAnswer, zones: readonly string[], order: readonly string[]): Pair[] {
  const rank = (quantity: string) => (order.includes(quantity) ? order.indexOf(quantity) : order.length)
  return zones.flatMap((zone) =>
    Object.entries(answer.base[zone] ?? {})
      .sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b))
      .flatMap(([quantity, base]): Pair[] => {
        const changed = answer.changed[zone]?.[quantity]
        return changed === undefined ? [] : [{ zone, quantity, base, changed, isSame: same(base, changed) }]
      }),
  )
}

export type Verdict = 'new' | 'sooner' | 'likelier' | 'same' | 'unlikelier' | 'later' | 'gone'

/** One limit in both futures. */
export interface Compared {
  readonly reach: Reach
  readonly base: Reach | undefined
  readonly changed: Reach | undefined
  readonly verdict: Verdict
}

const keyOf = ({ zone, quantity, level, limit, above }: Reach) => [zone, quantity, level, limit, above].join('/')

function isLikely(reach: Reach | undefined): reach is Reach & { p50: number } {
  return reach !== undefined && reach.p50 !== null && (isBeyond(reach) || dueOf([reach]).length > 0)
}

/** A smaller difference is none: in chance, and in time as a share of it or in ms. */
const LEAST = { odds: 0.1, share: 0.15, time: 5 * MINUTE }

function verdictOf(base: Reach | undefined, changed: Reach | undefined): Verdict {
  if (!isLikely(changed)) return isLikely(base) ? 'gone' : 'same'
  if (!isLikely(base)) return 'new'
  const [a, b] = [base.p50, changed.p50]
  if (Math.abs(a - b) > Math.max(LEAST.time, LEAST.share * Math.min(a, b))) return b < a ? 'sooner' : 'later'
  if (Math.abs(base.odds - changed.odds) < LEAST.odds) return 'same'
  return changed.odds > base.odds ? 'likelier' : 'unlikelier'
}

/** Every limit that is worth a word in either future, the most pressing with the changes first. */
export function compared({ reached }: WhatifAnswer): Compared[] {
  const byKey = (list: readonly Reach[]) => new Map(list.map((reach) => [keyOf(reach), reach]))
  const [base, changed] = [byKey(reached.base), byKey(reached.changed)]
  const urgent = [...dueOf(reached.changed), ...dueOf(reached.base)].map(({ reach }) => keyOf(reach))
  const beyond = [...reached.changed, ...reached.base].filter(isBeyond).map(keyOf)
  return [...new Set([...beyond, ...urgent])].flatMap((key): Compared[] => {
    const [was, is] = [base.get(key), changed.get(key)]
    const reach = is ?? was
    return reach === undefined ? [] : [{ reach, base: was, changed: is, verdict: verdictOf(was, is) }]
  })
}

/** `in 2 h 40 min (1 h 50 – 4 h 10), 80 %`; `not within 48 h` */
export function reachWords(reach: Reach | undefined, hours: number): string {
  if (reach === undefined || reach.p50 === null) return `not within ${hours} h`
  if (isBeyond(reach)) return 'passed already'
  if (!isLikely(reach)) return `hardly within ${hours} h, ${odds(reach.odds)}`
  const { p10, p50, p90 } = reach
  return `in ${lapse(p50)} (${lapses(p10 ?? p50, p90 ?? p50)}), ${odds(reach.odds)}`
}

export const verdictWords: Readonly<Record<Verdict, string>> = {
  new: 'only with the changes',
  sooner: 'sooner',
  likelier: 'more likely',
  same: 'the same',
  unlikelier: 'less likely',
  later: 'later',
  gone: 'no longer',
}

/**
 * What it comes to, in a sentence.
 * @param limit `CO₂ reaches 4,549 ppm in the crew quarters`, of a row
 */
export function outcome(all: readonly Compared[], hours: number, limit: (one: Compared) => string): string {
  const first = all.find(({ verdict }) => verdict !== 'same') ?? all[0]
  if (first === undefined) return `No limit is likely to be reached within ${hours} h.`
  const { verdict, base, changed } = first
  const when = (reach: Reach | undefined) => (reach?.p50 == null ? '' : `in ${lapse(reach.p50)}`)
  if (verdict === 'gone')
    return `No longer likely: ${limit(first)} (as it is: ${when(base)}, ${odds(base?.odds ?? 0)}).`
  const then = `${limit(first)} ${isBeyond(first.reach) ? 'already' : when(changed)}, ${odds(changed?.odds ?? 0)}`
  if (verdict === 'new') return `${then}; as it is: ${reachWords(base, hours)}.`
  return verdict === 'same' ? `${then}.` : `${then}; as it is: ${when(base)}, ${odds(base?.odds ?? 0)}.`
}
