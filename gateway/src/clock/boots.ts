/**
 * What is remembered of this start of the machine and of those before: by what their readings are stamped.
 *
 *   never set ─────────────► placed between the boots around it, with how far off that may be
 *   set                      one stretch
 *   set, then put back ────► another stretch, and corrections of what the first had stamped
 */
import type { BootClock, Correction, Stretch } from '@habtwin/contract'
import type { Machine } from './machine.ts'

/** What was stamped by one offset: numbers of one journal, and the times that they were given. */
export interface Given {
  readonly journal: string
  readonly from: number
  readonly to: number
  readonly since: number
  readonly until: number
  readonly offset: number
}

/** One start of the machine, as the gateway knew it. Times `mono` are ms since that start. */
export interface Boot {
  readonly boot: string
  /** When it began by its own clock of then, ms: as good as that was. */
  readonly began: number
  /** Up to when it is known to have run. */
  last: number
  /** What it had slept, ms, when it was last looked at. */
  asleep: number
  /** Empty as long as its clock was not set. */
  stretches: Stretch[]
  /** Wall clock − monotonic clock as it was last, ms: small differences have been followed since the last stretch began. */
  offset?: number
  /** Nothing is known of what was read after this. */
  upTo: number
  /** Of the gateway's processes, as long as the clock is not set: what they numbered is stamped later. */
  journals: string[]
  given: Given[]
}

/** A start of the machine that was not known yet. @param began by its own clock, ms */
export function fresh(
  { boot, sinceBoot, asleep }: Pick<Machine, 'boot' | 'sinceBoot' | 'asleep'>,
  began: number,
): Boot {
  return { boot, began, last: sinceBoot(), asleep: asleep(), stretches: [], upTo: 0, journals: [], given: [] }
}

/** Later than any time, and a number that JSON holds. */
export const ALWAYS = 8.64e15
/** Boots that are remembered: journals of older ones have drained or are gone. */
const MOST = 32
/** Ranges of numbers that are remembered of one boot. */
const MOST_GIVEN = 256
/** Between two savings of what has run, ms: so much longer may a boot have been. */
const UNSAVED = 60_000

/** Differences up to this are no step, ms: chrony and ntpd slew less than half a second, and step more. */
export const SAME = 500

/** What the boot's offset truly was in each range: the last word counts, and a monotonic clock never runs ahead. */
export function corrections({ given, stretches }: Pick<Boot, 'given' | 'stretches'>): Correction[] {
  const truth = stretches.at(-1)?.offset
  if (truth === undefined) return []
  const found: Correction[] = []
  let least = Number.NEGATIVE_INFINITY
  for (const { journal, from, to, since, until, offset } of given) {
    // an offset only grows, where the machine stood still: one that fell was wrong before, one that rose again was not
    const right = Math.max(least, offset - truth > SAME ? truth : offset)
    least = right - SAME
    const by = Math.round(right - offset)
    if (Math.abs(by) > SAME) found.push({ journal, from, to, since, until, by })
  }
  return found
}

/** Closes the range that is open, at a number and a time, and begins one of another offset. */
export function begin(
  boot: Boot,
  at: { journal: string; next: number; t: number; mono: number; offset: number },
): void {
  const { given } = boot
  const last = given.at(-1)
  if (last?.journal === at.journal && last.to === Number.MAX_SAFE_INTEGER) {
    given[given.length - 1] = { ...last, to: at.next - 1, until: at.t }
  }
  const since = Math.floor(at.offset + at.mono)
  const { journal, next, offset } = at
  given.push({ journal, from: next, to: Number.MAX_SAFE_INTEGER, since, until: ALWAYS, offset })
  boot.given = given.filter(({ from, to }) => to >= from).slice(-MOST_GIVEN)
}

/**
 * Places boots whose clock was never set: after what is known of the time before them, before the boot that is set,
 * in their order, each for as long as it ran. Where its own clock fits in between it is believed within these bounds.
 * @param boots oldest first
 * @param earliest ms; nothing was before
 */
export function place(boots: readonly Boot[], earliest: number): void {
  let after = earliest
  for (const [i, boot] of boots.entries()) {
    const stretch = boot.stretches.at(-1)
    if (stretch !== undefined) {
      after = Math.max(after, stretch.offset + boot.last)
      continue
    }
    const next = boots.findIndex(({ stretches }, at) => at > i && stretches.length > 0)
    const end = boots[next]?.stretches[0]?.offset
    if (end === undefined) return
    const ran = boots.slice(i, next).reduce((sum, { last }) => sum + last, 0)
    const latest = Math.max(after, end - ran)
    const fits = boot.began >= after && boot.began <= latest
    const offset = Math.round(fits ? boot.began : (after + latest) / 2)
    const doubt = Math.round(Math.max(latest - offset, offset - after) + UNSAVED)
    boot.stretches = [{ from: 0, offset, doubt }]
    boot.upTo = ALWAYS
    after = offset + boot.last
  }
}

/** What is told of a boot; undefined as long as nothing is known. */
export function told(boot: Boot): BootClock | undefined {
  if (boot.stretches.length === 0) return undefined
  const wrong = corrections(boot)
  const { boot: id, stretches, upTo } = boot
  return { boot: id, stretches, upTo, ...(wrong.length > 0 ? { corrections: wrong } : {}) }
}

/** All of it, as it is kept. */
export interface Remembered {
  /** The newest time that was given, true or estimated, ms. */
  t: number
  /** The newest time that was known to be true, ms. */
  known: number
  /** Oldest first. */
  boots: Boot[]
}

/** What cannot be read is as good as nothing. */
export function parse(text: string | undefined): Remembered {
  const nothing = { t: Number.NEGATIVE_INFINITY, known: Number.NEGATIVE_INFINITY, boots: [] }
  if (text === undefined) return nothing
  try {
    const { t, known, boots } = JSON.parse(text) as Record<keyof Remembered, unknown>
    if (typeof t !== 'number' || !Array.isArray(boots)) return nothing
    return { t, known: typeof known === 'number' ? known : Number.NEGATIVE_INFINITY, boots: boots as Boot[] }
  } catch {
    return nothing
  }
}

export function write({ t, known, boots }: Remembered): string {
  return JSON.stringify({ t, known: Number.isFinite(known) ? known : null, boots: boots.slice(-MOST) })
}
