/** How times and spans are written in a query. */
import { convert, convertible, parseQuantity } from '@habtwin/contract'
import { z } from 'zod'

/** ISO 8601 with or without a time, a zone or seconds. */
const iso = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/

/** A moment: ms since the epoch, or ISO 8601 (UTC where it names no zone). */
export const moment = z
  .string()
  .transform((text, context) => {
    const t = /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : iso.test(text) ? Date.parse(zoned(text)) : Number.NaN
    if (Number.isFinite(t)) return t
    context.addIssue({ code: 'custom', message: 'write ms since the epoch, or for example 2026-11-20T14:00:00Z' })
    return z.NEVER
  })
  .describe('Milliseconds since the epoch, or ISO 8601.')

/** A span: ms, or a figure with a unit. */
export const span = z
  .string()
  .transform((text, context) => {
    const quantity = parseQuantity(text)
    const ms = /^\d+$/.test(text)
      ? Number(text)
      : quantity && convertible(quantity.unit, 'ms')
        ? convert(quantity.value, quantity.unit, 'ms')
        : Number.NaN
    if (Number.isFinite(ms) && ms >= 1) return ms
    context.addIssue({ code: 'custom', message: 'write ms, or for example `10 min`' })
    return z.NEVER
  })
  .describe('Milliseconds, or a figure with a unit: `10 min`.')

/** A text without a zone means UTC, where Date would take the machine's. */
function zoned(text: string): string {
  const t = text.replace(' ', 'T')
  return t.length > 10 && !/(?:Z|[+-]\d{2}:?\d{2})$/.test(t) ? `${t}Z` : t
}

const DAY = 86_400_000

/**
 * The span that a query asks for: by default the last 24 h.
 * @param now the habitat's clock, ms
 */
export function spanOf(query: { from?: number | undefined; to?: number | undefined }, now: number) {
  const to = query.to ?? Math.max(now, query.from ?? now)
  return { from: query.from ?? to - DAY, to }
}
