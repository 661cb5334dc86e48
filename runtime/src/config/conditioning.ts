/**
 * What a device's readings pass before they count: the keys `calibrate`, `expect`, `warmup`, `derive` and `report` of
 * `devices.{device}`, and what they come to in the points' own units.
 */
import { type Calibration, type DevicePoint, id, isPoint, pointInfo } from '@habtwin/contract'
import { z } from 'zod'
import { type Derivation, derive, resolveDerived, UNCORRECTED } from './derived.ts'
import { type Complain, figure, figureIn, type Measured, rateIn } from './figures.ts'
import { duration } from './quantity.ts'

export type { Derivation } from './derived.ts'

const date = z
  .string()
  .refine((text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)), 'write for example `2026-11-01`')

const calibrate = z.strictObject({
  /** Added after the gain. */
  offset: figure.optional(),
  gain: z.number().positive('a gain of nothing or less would lose what was read').optional(),
  /** Pairs of what it said and what was true; bare figures are in the point's unit. */
  points: z
    .array(z.tuple([figure, figure]))
    .nonempty()
    .optional(),
  date: date.optional(),
  by: z.string().max(100).optional(),
  /** How long it holds. */
  due: duration('180 d').optional(),
})

const expect = z.strictObject({
  /** What can be true here; anything else is a fault of the instrument. */
  range: z.tuple([figure, figure]).optional(),
  /** The fastest that it can change. */
  rate: z.union([z.string(), z.strictObject({ per_minute: figure })]).optional(),
  /** An instrument that says exactly the same for so long is stuck. */
  flat: duration('30 min').optional(),
})

const report = z.object({ heartbeat: duration('60 s').default(60_000) }).catchall(z.strictObject({ deadband: figure }))

/** The keys of a device. */
export const conditioningKeys = {
  /** Point → how what it says is mended. */
  calibrate: z.record(id, calibrate).optional(),
  /** Point → what can be believed of it. */
  expect: z.record(id, expect).optional(),
  /** ms after opening in which its values are uncertain. */
  warmup: z.union([duration('3 min'), z.literal(0)]).optional(),
  /** Point → how it is reckoned from what was measured. */
  derive: derive.optional(),
  /** Reports by exception: point → deadband, and how long it may be silent. */
  report: report.optional(),
}

const whole = z.object(conditioningKeys)
export type WrittenConditioning = z.output<typeof whole>

/** What can be believed of a point, in its unit. */
export interface Expectation {
  readonly range?: readonly [low: number, high: number]
  readonly perMinute?: number
  /** ms */
  readonly flat?: number
}

/** All of it for one device, in the points' units. */
export interface Conditioning {
  readonly calibrate: Readonly<Record<string, Calibration>>
  readonly expect: Readonly<Record<string, Expectation>>
  /** ms; undefined leaves it to the driver. */
  readonly warmup?: number
  /** In the order in which they are reckoned. */
  readonly derive: readonly Derivation[]
  readonly report?: { readonly deadbands: Readonly<Record<string, number>>; readonly heartbeat: number }
}

export const plainConditioning: Conditioning = { calibrate: {}, expect: {}, derive: [] }

export type Points = Readonly<Record<string, Pick<DevicePoint, 'unit'>>>

/** What is known of the devices that are written about. */
export interface Known {
  /** The points that the device itself measures; undefined where its driver cannot tell. */
  readonly own: Points | undefined
  /** Those of another device, derived ones included; undefined where it cannot tell, null where there is none. */
  readonly others: (device: string) => Points | undefined | null
}

/** The unit in which a point goes on its way: the vocabulary's, or else what the driver or the expression says. */
export function unitOf(point: string, declared: Points | undefined, derived: readonly Derivation[] = []): string {
  if (isPoint(point)) return pointInfo(point).unit
  if (declared !== undefined && Object.hasOwn(declared, point)) return (declared[point] as { unit: string }).unit
  const own = derived.find((one) => one.point === point)
  if (own?.kind === 'expression') return own.unit
  return point === UNCORRECTED ? pointInfo('co2').unit : pointInfo(point).unit
}

/** True where any of it is written for the device. */
export function isConditioned(device: object): boolean {
  return Object.keys(conditioningKeys).some((key) => key in device)
}

/**
 * In the units of the points; what cannot be used is complained of and left out.
 * @param written as the schema lets it through
 */
export function resolveConditioning(written: WrittenConditioning, known: Known, complain: Complain): Conditioning {
  const measures = (key: string, point: string): boolean => {
    if (known.own === undefined || Object.hasOwn(known.own, point)) return true
    const all = Object.keys(known.own).join(', ')
    complain([key, point], 'config/unknown-reference', `it does not measure ${point}; it measures ${all}`)
    return false
  }
  const calibrations: Record<string, Calibration> = {}
  for (const [point, one] of Object.entries(written.calibrate ?? {})) {
    const measured = { point, unit: unitOf(point, known.own) }
    const found = measures('calibrate', point) ? calibrationOf(measured, one, complain) : undefined
    if (found !== undefined) calibrations[point] = found
  }
  const expectations: Record<string, Expectation> = {}
  for (const [point, one] of Object.entries(written.expect ?? {})) {
    const measured = { point, unit: unitOf(point, known.own) }
    if (measures('expect', point)) expectations[point] = expectationOf(measured, one, complain)
  }
  const derived = resolveDerived(written.derive ?? {}, known, complain)
  const reporting = written.report && reportOf(written.report, known, derived, complain)
  return {
    calibrate: calibrations,
    expect: expectations,
    derive: derived,
    ...(written.warmup === undefined ? {} : { warmup: written.warmup }),
    ...(reporting === undefined ? {} : { report: reporting }),
  }
}

function calibrationOf(
  measured: Measured,
  written: z.output<typeof calibrate>,
  complain: Complain,
): Calibration | undefined {
  const path = ['calibrate', measured.point]
  const { offset: given, gain, date, by, due } = written
  const offset = given === undefined ? 0 : figureIn(measured, given, 'difference', [...path, 'offset'], complain)
  const points = written.points && curveOf(measured, written.points, [...path, 'points'], complain)
  if (offset === undefined || (written.points !== undefined && points === undefined)) return undefined
  if (due !== undefined && date === undefined) {
    complain([...path, 'due'], 'config/invalid', 'due needs `date:`, the day from which it counts')
    return undefined
  }
  return {
    ...(given === undefined ? {} : { offset }),
    ...(gain === undefined ? {} : { gain }),
    ...(points === undefined ? {} : { points }),
    ...(date === undefined ? {} : { date }),
    ...(by === undefined ? {} : { by }),
    ...(due === undefined ? {} : { due: new Date(Date.parse(date as string) + due).toISOString().slice(0, 10) }),
  }
}

function curveOf(
  measured: Measured,
  written: readonly (readonly [string | number, string | number])[],
  path: readonly string[],
  complain: Complain,
): [number, number][] | undefined {
  const pairs: [number, number][] = []
  for (const [i, pair] of written.entries()) {
    const [read, real] = pair.map((one) =>
      typeof one === 'number' ? one : figureIn(measured, one, 'value', [...path, i], complain),
    )
    if (read === undefined || real === undefined) return undefined
    pairs.push([read, real])
  }
  pairs.sort((a, b) => a[0] - b[0])
  const rising = pairs.every(([read, real], i) => {
    const before = pairs[i - 1]
    return before === undefined || (read > before[0] && real > before[1])
  })
  if (rising) return pairs
  complain(path, 'config/invalid', 'what was true has to rise with what was read, and no figure may come twice')
  return undefined
}

function expectationOf(measured: Measured, written: z.output<typeof expect>, complain: Complain): Expectation {
  const path = ['expect', measured.point]
  const { range: bounds, rate, flat } = written
  const range = bounds?.map((bound, i) => figureIn(measured, bound, 'value', [...path, 'range', i], complain))
  const [low, high] = range ?? []
  if (low !== undefined && high !== undefined && low >= high)
    complain([...path, 'range'], 'config/invalid', 'the lower bound comes first')
  const at = [...path, 'rate']
  const perMinute =
    rate === undefined
      ? undefined
      : typeof rate === 'string'
        ? rateIn(measured, rate, at, complain)
        : figureIn(measured, rate.per_minute, 'difference', [...at, 'per_minute'], complain)
  if (perMinute !== undefined && perMinute <= 0) complain(at, 'config/invalid', 'give a rate above nothing')
  return {
    ...(low === undefined || high === undefined ? {} : { range: [low, high] as const }),
    ...(perMinute === undefined ? {} : { perMinute }),
    ...(flat === undefined ? {} : { flat }),
  }
}

function reportOf(
  { heartbeat, ...written }: z.output<typeof report>,
  known: Known,
  derived: readonly Derivation[],
  complain: Complain,
): NonNullable<Conditioning['report']> {
  const deadbands: Record<string, number> = {}
  for (const [point, one] of Object.entries(written as Record<string, { deadband: string | number }>)) {
    const path = ['report', point]
    if (known.own && !Object.hasOwn(known.own, point) && !derived.some((other) => other.point === point)) {
      complain(path, 'config/unknown-reference', `the device has no ${point}`)
      continue
    }
    const unit = unitOf(point, known.own, derived)
    const band = figureIn({ point, unit }, one.deadband, 'difference', [...path, 'deadband'], complain)
    if (band !== undefined && band < 0) complain([...path, 'deadband'], 'config/invalid', 'a band is no less than 0')
    else if (band !== undefined) deadbands[point] = band
  }
  return { deadbands, heartbeat }
}
