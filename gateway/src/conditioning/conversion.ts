/**
 * One job: a point of the vocabulary goes on in the unit of the vocabulary, whatever its driver declares it in. Points
 * of nobody's vocabulary keep the unit of their driver.
 */
import {
  convertPoint,
  type DevicePoint,
  HabtwinError,
  isPoint,
  pointConvertible,
  pointInfo,
  unitCode,
} from '@habtwin/contract'

/** value × factor + offset */
export interface Conversion {
  readonly factor: number
  readonly offset: number
}

/**
 * How a point comes into its own unit; undefined where it is in it already.
 * @throws HabtwinError config/unit where that cannot be done
 */
export function conversionOf(device: string, name: string, point: DevicePoint): Conversion | undefined {
  const unit = isPoint(name) ? pointInfo(name).unit : point.unit
  const from = unitCode(point.unit) ?? point.unit
  if (from === unit || !isPoint(name)) return undefined
  const where = `${device}/${name}`
  if (!pointConvertible(name, from, unit)) {
    throw new HabtwinError('config/unit', `${name} comes in ${point.unit}, which does not convert to ${unit}`, {
      where,
    })
  }
  if (point.writable !== undefined) {
    throw new HabtwinError('config/unit', `${name} can be set, so its driver has to speak of it in ${unit}`, { where })
  }
  const offset = convertPoint(name, 0, from, unit)
  return { factor: convertPoint(name, 1, from, unit) - offset, offset }
}

export function converted({ factor, offset }: Conversion, value: number): number {
  return value * factor + offset
}
