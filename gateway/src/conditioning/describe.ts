/** A device's points as they go on, for its description: in their own units, calibrated, with those that are derived. */
import { type DevicePoint, isPoint, pointInfo } from '@habtwin/contract'
import type { Conditioning, Derivation } from '@habtwin/runtime/config/conditioning'
import { quantities, UNCORRECTED } from '@habtwin/runtime/config/derived'
import { Line } from './line.ts'

/**
 * @param declared as the driver declares them
 * @throws HabtwinError config/unit
 */
export function conditionedPoints(
  device: string,
  declared: Readonly<Record<string, DevicePoint>>,
  conditioning: Conditioning,
): Record<string, DevicePoint> {
  const points: Record<string, DevicePoint> = {}
  for (const [name, point] of Object.entries(declared)) {
    const calibration = conditioning.calibrate[name]
    const expected = conditioning.expect[name]
    const { range, conversion } = new Line(device, name, point, calibration, expected)
    const untouched = conversion === undefined && calibration === undefined && expected?.range === undefined
    points[name] = untouched
      ? point
      : {
          ...point,
          ...(conversion === undefined ? {} : { unit: pointInfo(name).unit }),
          ...(range.every(Number.isFinite) ? { range: [...range] } : {}),
          ...(calibration === undefined ? {} : { calibration }),
        }
  }
  for (const derivation of conditioning.derive) Object.assign(points, described(derivation, points))
  return points
}

function described(derivation: Derivation, points: Readonly<Record<string, DevicePoint>>): Record<string, DevicePoint> {
  const { point } = derivation
  if (derivation.kind === 'expression') {
    const { expression, unit, label } = derivation
    const own = isPoint(point) ? pointInfo(point).unit : unit
    return { [point]: { unit: own, ...(label === undefined ? {} : { label }), derived: expression } }
  }
  if (point !== 'co2') return { [point]: { unit: pointInfo(point).unit, derived: quantities[point]?.from ?? point } }
  const { range, ...co2 } = points.co2 ?? { unit: pointInfo('co2').unit }
  return {
    co2: { ...co2, derived: 'co2 and pressure' },
    [UNCORRECTED]: { unit: co2.unit, label: 'CO₂ as read', ...(range === undefined ? {} : { range }) },
  }
}
