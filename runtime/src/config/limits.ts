/** Limits as a person writes them (`6 mmHg`, `23 %`) turned into the point's own unit. */
import {
  convert,
  convertDifference,
  convertible,
  type Level,
  levels,
  parseQuantity,
  partialPressureToPpm,
  pointInfo,
  ucum,
} from '@habtwin/contract'

/** In the point's unit. With `mean`, the mean over that many ms is judged, not the value. */
export interface Limit {
  readonly above?: number
  readonly below?: number
  readonly mean?: number
}

export type PointLimits = { readonly [name in Level]?: Limit } & {
  readonly rate?: { readonly perMinute: number; readonly level: Level }
  readonly hysteresis?: number
  readonly checklist?: string
}

interface WrittenLimit {
  above?: string | number | undefined
  below?: string | number | undefined
  mean?: number | undefined
}

/** What the schema lets through for one point. */
export type WrittenLimits = { [name in Level]?: string | number | WrittenLimit | undefined } & {
  rate?: { per_minute: string; level: Level } | undefined
  hysteresis?: string | undefined
  checklist?: string | undefined
}

/**
 * Limits in the point's unit. A partial pressure of a gas becomes a fraction at the habitat's pressure.
 * @param pressure hPa
 * @param complain told what cannot be used, and below which key
 */
export function resolveLimits(
  point: string,
  written: WrittenLimits,
  pressure: number,
  complain: (key: string, message: string) => void,
): PointLimits {
  const unit = pointInfo(point).unit
  const value = (key: string, text: string | number | undefined, by = convert): number | undefined => {
    if (text === undefined) return undefined
    const parsed = parseQuantity(String(text))
    if (parsed && convertible(parsed.unit, unit)) return by(parsed.value, parsed.unit, unit)
    if (parsed && convertible(parsed.unit, 'Pa') && convertible(unit, '[ppm]')) {
      const ppm = partialPressureToPpm(convert(parsed.value, parsed.unit, 'Pa'), pressure * 100)
      return convert(ppm, '[ppm]', unit)
    }
    complain(key, `"${text}" is no limit for ${point}; give it in ${ucum(unit)} or a unit that converts to it`)
    return undefined
  }
  const out: Record<string, unknown> = {}
  for (const level of levels) {
    const given = written[level]
    if (given === undefined) continue
    const parts = typeof given === 'object' ? given : { above: given }
    const above = value(level, parts.above)
    const below = value(level, parts.below)
    out[level] = {
      ...(above === undefined ? {} : { above }),
      ...(below === undefined ? {} : { below }),
      ...(parts.mean === undefined ? {} : { mean: parts.mean }),
    }
  }
  const perMinute = value('rate', written.rate?.per_minute, convertDifference)
  if (perMinute !== undefined && written.rate) out.rate = { perMinute, level: written.rate.level }
  const hysteresis = value('hysteresis', written.hysteresis, convertDifference)
  if (hysteresis !== undefined) out.hysteresis = hysteresis
  if (written.checklist !== undefined) out.checklist = written.checklist
  return out as PointLimits
}
