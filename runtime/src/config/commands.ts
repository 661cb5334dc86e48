/**
 * What a device's points may be set to, and when not: the keys of `devices.{device}.commands.{point}`, and what they
 * come to in the points' own units.
 */
import {
  convert,
  convertible,
  type DevicePoint,
  type ErrorCode,
  id,
  parseQuantity,
  pointName,
  ucum,
  type WritableRange,
} from '@habtwin/contract'
import { z } from 'zod'
import { duration } from './quantity.ts'

/** A figure with its unit; bare only where the point has none. */
const figure = z.union([z.string(), z.number()])

const condition = z.strictObject({
  device: id,
  point: id,
  above: figure.optional(),
  below: figure.optional(),
  /** For a switch or a state: exactly this. */
  is: z.number().optional(),
  /** What the crew is told. */
  because: z.string().max(200).optional(),
})

const perUnit = { s: 1_000, second: 1_000, min: 60_000, minute: 60_000, h: 3_600_000, hour: 3_600_000, d: 86_400_000, day: 86_400_000 } as const // biome-ignore format: a table

const rate = z.string().refine((text) => parseRate(text) !== undefined, 'write for example `6 per minute`')

export const pointCommands = z.strictObject({
  /** Only these values of those that the driver allows. */
  allow: z.array(figure).nonempty().optional(),
  range: z.strictObject({ min: figure, max: figure, step: figure.optional() }).optional(),
  /** The value that does no harm. It is never refused for an interlock or a rate. */
  safe: figure.optional(),
  /** Any one of these that holds, or that nobody can judge, refuses every value but the safe one. */
  refuse_when: z.array(condition).nonempty().optional(),
  /** The same conditions, coming true later, set the safe value at once. */
  trip: z.boolean().default(false),
  /** The value falls back to the safe one after this, unless it is set again. */
  for: duration('30 min').optional(),
  at_most: rate.optional(),
  /** How far what is read back may lie from what was set. */
  tolerance: figure.optional(),
})

export type WrittenCommands = z.output<typeof pointCommands>

/** A condition in the unit of its point. */
export interface Condition {
  readonly device: string
  readonly point: string
  readonly unit: string
  readonly above?: number
  readonly below?: number
  readonly is?: number
  readonly because?: string
}

/** What one writable point may be set to, in its own unit. */
export interface PointPolicy {
  readonly unit: string
  readonly writable: readonly (string | number)[] | WritableRange
  readonly safe?: string | number
  readonly conditions: readonly Condition[]
  readonly trip: boolean
  /** ms */
  readonly hold?: number
  readonly rate?: { readonly count: number; readonly per: number; readonly text: string }
  readonly tolerance?: number
}

/** Points by device, as their drivers declare them; undefined where the device cannot be described. */
export type PointsOf = (device: string) => Readonly<Record<string, DevicePoint>> | undefined

/** Told what cannot be used, and at which keys below the point. */
export type Complain = (path: readonly (string | number)[], code: ErrorCode, message: string) => void

/** The policy of a writable point for which nothing is written. */
export function plainPolicy({ unit, writable = [] }: DevicePoint): PointPolicy {
  return { unit, writable, conditions: [], trip: false }
}

/**
 * What was written for one point, in the units of the points that it speaks of.
 * @param declared the point as its driver declares it
 */
export function resolveCommands(
  point: string,
  declared: DevicePoint,
  written: WrittenCommands,
  points: PointsOf,
  complain: Complain,
): PointPolicy {
  const { unit } = declared
  if (declared.writable === undefined) {
    complain([], 'config/invalid', `${point} can only be read: its driver has nothing that sets it`)
    return plainPolicy(declared)
  }
  const value = (key: string, given: string | number | undefined) => figureOf(point, unit, given, [key], complain)
  const writable = narrowed(point, declared, written, complain)
  const safe = written.safe === undefined ? undefined : among(writable, declared, written.safe, () => value('safe', written.safe)) // biome-ignore format: one thought
  const needs = written.refuse_when ? 'refuse_when' : written.for === undefined ? undefined : 'for'
  if (needs !== undefined && written.safe === undefined)
    complain([needs], 'config/invalid', `${needs} needs \`safe:\`, the value of ${point} that does no harm`)
  if (written.trip && written.refuse_when === undefined)
    complain(['trip'], 'config/invalid', 'trip needs `refuse_when:`, what it is to go by')
  if (safe !== undefined && !allows(writable, safe))
    complain(['safe'], 'config/invalid', `${safe} is not among what ${point} may be set to (${allowedText(writable, unit)})`) // biome-ignore format: one thought
  const tolerance = differenceOf(point, unit, written.tolerance, ['tolerance'], complain)
  const conditions = (written.refuse_when ?? []).flatMap((one, i) => {
    const resolved = conditionOf(one, points, (path, code, message) =>
      complain(['refuse_when', i, ...path], code, message),
    )
    return resolved === undefined ? [] : [resolved]
  })
  const rate = written.at_most === undefined ? undefined : parseRate(written.at_most)
  return {
    unit,
    writable,
    conditions,
    trip: written.trip,
    ...(safe === undefined ? {} : { safe }),
    ...(written.for === undefined ? {} : { hold: written.for }),
    ...(rate === undefined ? {} : { rate }),
    ...(tolerance === undefined ? {} : { tolerance }),
  }
}

/** True where a value is one of those that may be set. */
export function allows(writable: PointPolicy['writable'], value: string | number | boolean): boolean {
  if (!('min' in writable)) return writable.some((one) => one === value)
  if (typeof value !== 'number' || !(value >= writable.min && value <= writable.max)) return false
  if (writable.step === undefined) return true
  const steps = (value - writable.min) / writable.step
  // 0.1 + 0.2 is no whole number of tenths in binary
  return Math.abs(steps - Math.round(steps)) < 1e-6
}

/** What may be set, as a person reads it: `0 or 1`, `15 to 28 °C in steps of 0.5 °C`. */
export function allowedText(writable: PointPolicy['writable'], unit: string): string {
  const sign = ucum(unit) === '' ? '' : ` ${ucum(unit)}`
  if (!('min' in writable)) {
    const all = writable.map(String)
    return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`
  }
  const steps = writable.step === undefined ? '' : ` in steps of ${writable.step}${sign}`
  return `${writable.min} to ${writable.max}${sign}${steps}`
}

/** `6 per minute`, `10/h`. */
export function parseRate(text: string): { count: number; per: number; text: string } | undefined {
  const match = /^\s*(\d+)\s*(?:per|\/)\s*([a-z]+)\s*$/.exec(text)
  const per =
    match && Object.hasOwn(perUnit, match[2] as string) ? perUnit[match[2] as keyof typeof perUnit] : undefined
  const count = Number(match?.[1])
  return per === undefined || !(count >= 1) ? undefined : { count, per, text: text.trim() }
}

function conditionOf(
  written: NonNullable<WrittenCommands['refuse_when']>[number],
  points: PointsOf,
  complain: Complain,
): Condition | undefined {
  const { device, point, above, below, is, because } = written
  if (above === undefined && below === undefined && is === undefined) {
    complain([], 'config/invalid', 'say when: `above:`, `below:` or `is:`')
    return undefined
  }
  const known = points(device)
  if (known === undefined) return undefined // that it is not there is said elsewhere
  const declared = Object.hasOwn(known, point) ? known[point] : undefined
  if (declared === undefined) {
    complain(
      ['point'],
      'config/unknown-reference',
      `${device} has no ${point}; it has ${Object.keys(known).join(', ')}`,
    )
    return undefined
  }
  const limit = (key: string, given: string | number | undefined) =>
    figureOf(point, declared.unit, given, [key], complain)
  const [high, low] = [limit('above', above), limit('below', below)]
  return {
    device,
    point,
    unit: declared.unit,
    ...(high === undefined ? {} : { above: high }),
    ...(low === undefined ? {} : { below: low }),
    ...(is === undefined ? {} : { is }),
    ...(because === undefined ? {} : { because }),
  }
}

/** What the configuration leaves of what the driver can do. */
function narrowed(
  point: string,
  { writable = [], unit }: DevicePoint,
  { allow, range }: WrittenCommands,
  complain: Complain,
): PointPolicy['writable'] {
  if (allow !== undefined && range !== undefined) complain(['range'], 'config/invalid', 'give `allow:` or `range:`, not both') // biome-ignore format: one thought
  if (allow !== undefined) {
    return allow.flatMap((one, i) => {
      const value = among(writable, { unit, writable }, one, () => figureOf(point, unit, one, ['allow', i], complain))
      if (value === undefined) return []
      if (allows(writable, value)) return [value]
      complain(['allow', i], 'config/invalid', `the driver sets ${point} to ${allowedText(writable, unit)} only`)
      return []
    })
  }
  if (range === undefined) return writable
  const part = (key: 'min' | 'max') => figureOf(point, unit, range[key], ['range', key], complain)
  const [min, max] = [part('min'), part('max')]
  const step = differenceOf(point, unit, range.step, ['range', 'step'], complain)
  if (min === undefined || max === undefined) return writable
  if (!(max > min)) complain(['range'], 'config/invalid', `the range of ${point} is empty: max is not above min`)
  if (step !== undefined && !(step > 0)) complain(['range', 'step'], 'config/invalid', 'a step is more than nothing')
  if (!('min' in writable)) {
    const within = writable.filter((one) => typeof one === 'number' && allows({ min, max }, one))
    if (within.length === 0)
      complain(['range'], 'config/invalid', `the driver sets ${point} to ${allowedText(writable, unit)} only`)
    return within
  }
  if (min < writable.min || max > writable.max)
    complain(['range'], 'config/invalid', `the driver sets ${point} to ${allowedText(writable, unit)} only`)
  const steps = step ?? writable.step
  return { min, max, ...(steps === undefined ? {} : { step: steps }) }
}

/** A written value that is itself among those that may be set (`auto`), else what `reckon` makes of it. */
function among(
  writable: PointPolicy['writable'],
  declared: Pick<DevicePoint, 'unit' | 'writable'>,
  written: string | number,
  reckon: () => number | undefined,
): string | number | undefined {
  const lists = [writable, declared.writable ?? []]
  if (typeof written === 'string' && lists.some((list) => !('min' in list) && list.includes(written))) return written
  return reckon()
}

function figureOf(
  point: string,
  unit: string,
  written: string | number | undefined,
  path: readonly (string | number)[],
  complain: Complain,
): number | undefined {
  if (written === undefined) return undefined
  if (typeof written === 'number' && unit === '1') return written
  const parsed = typeof written === 'string' ? parseQuantity(written) : undefined
  if (parsed && convertible(parsed.unit, unit)) return convert(parsed.value, parsed.unit, unit)
  const wanted = unit === '1' ? 'a bare figure' : `in ${ucum(unit)} or a unit that converts to it`
  complain(path, 'config/unit', `"${written}" is no ${pointName(point)}; give it ${unit === '1' ? 'as ' : ''}${wanted}`)
  return undefined
}

/** A step or a tolerance is a difference: 0.9 °F are 0.5 °C, not -17.3 °C. */
function differenceOf(
  point: string,
  unit: string,
  written: string | number | undefined,
  path: readonly (string | number)[],
  complain: Complain,
): number | undefined {
  const value = figureOf(point, unit, written, path, complain)
  if (value === undefined || typeof written !== 'string') return value
  return value - convert(0, parseQuantity(written)?.unit ?? unit, unit)
}
