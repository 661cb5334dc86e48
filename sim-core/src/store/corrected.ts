/** Rows with their times put right, for whoever reads a series. */
import type { Correction } from '@habtwin/contract'
import { journalName, type Rows } from './rows.ts'

/** A span of times, both ends included. */
export type Span = readonly [from: number, to: number]

/** The spans of times as they were first given in which rows of a span of true times may lie. */
export function spansOf(corrections: readonly Correction[], from: number, to: number): Span[] {
  const spans: Span[] = [[from, to]]
  for (const { since, until, by } of corrections) {
    const span = [Math.max(since, from - by), Math.min(until, to - by)] as const
    if (span[0] <= span[1]) spans.push(span)
  }
  return spans
}

/** True where a span of true times has, or had, rows that a correction speaks of. */
export function concerns(corrections: readonly Correction[], from: number, to: number): boolean {
  return corrections.some(
    ({ since, until, by }) => (since <= to && until >= from) || (since + by <= to && until + by >= from),
  )
}

/** Puts the times of rows right, in place. */
export function correct(rows: Rows, corrections: readonly Correction[]): Rows {
  if (corrections.length === 0) return rows
  const journals = new Map<string, Correction[]>()
  for (const one of corrections) journals.set(one.journal, [...(journals.get(one.journal) ?? []), one])
  let ref = -1
  let own: readonly Correction[] = []
  for (let i = 0; i < rows.n; i++) {
    if (rows.journal[i] !== ref) {
      ref = rows.journal[i] as number
      own = journals.get(journalName(ref)) ?? []
    }
    const [t, seq] = [rows.t[i] as number, rows.seq[i] as number]
    for (const one of own) {
      if (seq < one.from || seq > one.to || t < one.since || t > one.until) continue
      rows.t[i] = t + one.by
      break
    }
  }
  return rows
}

/** The first true time at or after `from` that a correction may have moved rows to; undefined where there is none. */
export function movedTo(corrections: readonly Correction[], from: number): number | undefined {
  let first: number | undefined
  for (const { since, until, by } of corrections) {
    if (until + by < from) continue
    const t = Math.max(from, since + by)
    if (first === undefined || t < first) first = t
  }
  return first
}
