/** How long limits are off, zone by zone: which of them a person should know of first, counted down. */
import type { Level } from '@habtwin/contract/alert'
import type { Outlook, Reach } from '@habtwin/contract/twin'
import { levels } from './alerts.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Below this chance a limit is not spoken of. */
const WORTH_SAYING = 0.1
/** An outlook older than this is said to be old, and than this no longer shown. */
const AGED = 10 * MINUTE
const GONE = HOUR

/** A limit on its way. */
export interface Due {
  readonly reach: Reach
  /** ms from now; `low` and `high` hold 80 of 100 of the futures that reach it. Never negative. */
  readonly in: number
  readonly low: number
  readonly high: number
}

export interface Prospect {
  /** `beyond`: past a limit already, and no other is on its way. */
  readonly state: 'unknown' | 'calm' | 'beyond' | 'ahead'
  /** The most pressing. */
  readonly first?: Due
  /** The others, the soonest first. */
  readonly more: readonly Due[]
  /** The greatest chance among those that are too small to speak of. */
  readonly most: number
  /** Since when it is known so, where that is long ago, ms. */
  readonly aged?: number
}

function weight(level: string): number {
  const at = levels.indexOf(level as Level)
  return 3 ** (levels.length - Math.max(0, at))
}

/** The sooner, the likelier and the worse, the more pressing. */
function urgency({ reach, in: left }: Due): number {
  return (reach.odds * weight(reach.level)) / (left / HOUR + 0.5)
}

/** The limits of an outlook or a what-if that are worth a word and not yet passed, the most pressing first. */
export function dueOf(reached: readonly Reach[], passed = 0): Due[] {
  return reached
    .flatMap((reach): Due[] => {
      const { odds, p10, p50, p90 } = reach
      if (odds < WORTH_SAYING || p50 === null || isBeyond(reach)) return []
      const left = (ms: number | null) => Math.max(0, (ms ?? p50) - passed)
      return [{ reach, in: left(p50), low: left(p10), high: left(p90) }]
    })
    .sort((a, b) => urgency(b) - urgency(a))
}

/** True of a limit that is passed already. */
export function isBeyond({ p90, odds }: Reach): boolean {
  return p90 !== null && p90 <= 0 && odds > 0
}

/**
 * How a zone stands to its limits.
 * @param now ms of the habitat's clock
 * @param pace of that clock: one that runs fast grows old fast
 */
export function prospectOf(outlook: Outlook | undefined, zone: string, now: number, pace = 1): Prospect {
  const passed = Math.max(0, now - (outlook?.made ?? 0))
  const slack = Math.max(1, pace)
  if (outlook === undefined || passed > GONE * slack) return { state: 'unknown', more: [], most: 0 }
  const aged = passed > AGED * slack ? { aged: outlook.made } : {}
  const here = outlook.reached.filter((reach) => reach.zone === zone)
  const [first, ...more] = dueOf(here, passed)
  const most = Math.max(0, ...here.map(({ odds }) => odds).filter((chance) => chance < WORTH_SAYING))
  if (first !== undefined) {
    return { state: 'ahead', first, more: more.sort((a, b) => a.in - b.in), most, ...aged }
  }
  return { state: here.some(isBeyond) ? 'beyond' : 'calm', more: [], most, ...aged }
}
