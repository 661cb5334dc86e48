/**
 * One job: what cannot be is no value. An instrument's own range is of what it says, so it is judged as the calibration
 * makes it; what somebody expects here is of what is true.
 */
import { type Calibration, calibrated, type DevicePoint, isPoint, pointInfo } from '@habtwin/contract'
import { type Conversion, converted } from './conversion.ts'

export type Range = readonly [low: number, high: number]

/**
 * Inclusive bounds of a value after conversion and calibration.
 * @param expected what somebody wrote for this place
 */
export function rangeOf(
  name: string,
  point: DevicePoint,
  conversion: Conversion | undefined,
  calibration: Calibration | undefined,
  expected: Range | undefined,
): Range {
  const declared = point.range ?? (isPoint(name) ? pointInfo(name).range : undefined)
  if (declared === undefined) return expected ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const ends = declared.map((end) => {
    // the vocabulary's own range is in the vocabulary's unit already
    const own = conversion === undefined || point.range === undefined ? end : converted(conversion, end)
    return calibration === undefined ? own : calibrated(calibration, own)
  }) as [number, number]
  if (expected === undefined) return ends
  return [Math.max(ends[0], expected[0]), Math.min(ends[1], expected[1])]
}
