/** Values of the configuration that carry a unit: written by a person, checked once, kept in one unit. */
import { convert, convertible, parseQuantity, ucum } from '@habtwin/contract'
import { z } from 'zod'
import { isLoopback } from '../origin.ts'

/** What the JSON Schema says of every quantity. */
export const QUANTITY = 'A figure with its unit'

/** A fault's code travels in the issue's params, so that the reader of faults need not look at message text. */
export function fault(ctx: z.RefinementCtx, code: string, message: string): void {
  ctx.addIssue({ code: 'custom', message, params: { code } })
}

/**
 * A figure with a unit, as in `480 m3`, converted to `unit`. A bare number is refused: nobody knows what it means.
 * @param unit UCUM code of the result
 * @param example what a right value looks like, for the message
 */
export function quantity(unit: string, example: string) {
  return z
    .union([z.string(), z.number()])
    .transform((written, ctx) => {
      const parsed = typeof written === 'string' ? parseQuantity(written) : undefined
      if (parsed === undefined || !convertible(parsed.unit, unit)) {
        const bare = typeof written === 'number' || /^[\d.+-]+$/.test(written)
        const why = bare ? 'has no unit' : `is not in ${ucum(unit)}, nor in a unit that converts to it`
        fault(ctx, 'config/unit', `"${written}" ${why}; write for example \`${example}\``)
        return z.NEVER
      }
      return convert(parsed.value, parsed.unit, unit)
    })
    .meta({ description: `${QUANTITY}, for example "${example}"` })
}

/** A span of time, in milliseconds, above zero. */
export function duration(example = '10 s') {
  return quantity('ms', example).refine((ms) => ms > 0, 'must be longer than nothing')
}

/** An amount of bytes, above zero. */
export function bytes(example = '8 MB') {
  return quantity('B', example).refine((size) => size > 0, 'must be more than nothing')
}

/** A moment with its offset from UTC, as ms since the epoch. */
export const instant = z.string().transform((written, ctx) => {
  const t = /(?:Z|[+-]\d\d:?\d\d)$/.test(written) ? Date.parse(written) : Number.NaN
  if (Number.isNaN(t)) {
    fault(ctx, 'config/invalid', `"${written}" is not a moment; write for example \`2026-11-20T07:00:00-07:00\``)
    return z.NEVER
  }
  return t
})

/** An IANA time zone that this machine knows. */
export const timezone = z.string().refine((name) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}, 'is not a time zone; write for example `America/Phoenix`')

/** Where a listener listens. A bare port means loopback. */
export interface Address {
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** Meant to be open beyond this machine without TLS and users. */
  readonly insecure: boolean
  /** Speaks TLS: where it says so, and where it is open beyond this machine and not meant to be insecure. */
  readonly tls: boolean
}

const port = z.int().min(0).max(65535)

const place = z.strictObject({
  address: z.union([port, z.string()]),
  insecure: z.boolean().optional(),
  tls: z.boolean().optional(),
})

/** `1883`, `127.0.0.1:1883`, `"[::1]:1883"`, `"*:1883"`, or `{address, insecure: true}`, `{address, tls: true}`. */
export const address = z.union([port, z.string(), place]).transform((written, ctx): Address => {
  const whole = typeof written === 'object' ? written.address : written
  const insecure = typeof written === 'object' && written.insecure === true
  const match = /^(?:(.*):)?(\d{1,5})$/.exec(String(whole))
  if (!match || Number(match[2]) > 65535) {
    fault(ctx, 'config/invalid', `"${whole}" is not an address; write for example \`127.0.0.1:1883\``)
    return z.NEVER
  }
  const name = (match[1] ?? '127.0.0.1').replace(/^\[(.*)\]$/, '$1')
  const host = name === '*' ? '0.0.0.0' : name
  const tls = (typeof written === 'object' ? written.tls : undefined) ?? (!insecure && !isLoopback(host))
  return { host, port: Number(match[2]), insecure, tls }
})

/** `07:30`, as hours of the day; quoted, since YAML may take it for a number in base 60. */
export const timeOfDay = z.string().transform((written, ctx) => {
  const match = /^([01]?\d|2[0-4]):([0-5]\d)$/.exec(written)
  const hours = match ? Number(match[1]) + Number(match[2]) / 60 : Number.NaN
  if (hours <= 24) return hours
  fault(ctx, 'config/invalid', `"${written}" is not a time of day; write for example \`"07:30"\``)
  return z.NEVER
})
