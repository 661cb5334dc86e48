/** The day's water: what flowed, what counters counted, how full the tanks were. */
import {
  convert,
  convertible,
  type DeviceInfo,
  pointInfo,
  type Report,
  type ReportDay,
  spacing,
} from '@habtwin/contract'
import { moved } from './power.ts'
import { courseOf, coveredOf, type DaySeries, MINUTE, type Minutes } from './series.ts'

/** A flow may be of oxygen and a level of a lung: what is water says so. */
export const isWater = /water|tank|cistern|reservoir|potable|irrigat|shower|toilet|gr[ea]y/i
const kinds = ['L/min', 'L', '%', 'kg']

export async function waterOf(series: DaySeries, day: ReportDay): Promise<Report['water']> {
  const rows: Report['water'] = []
  for (const info of series.devices) {
    for (const [point, { unit, label = pointInfo(point).label }] of Object.entries(info.points)) {
      if (!speaksOfWater(info, point, label) || !kinds.some((kind) => convertible(unit, kind))) continue
      const minutes = await series.minutes(info.device, point)
      rows.push({
        device: info.device,
        label: Object.keys(info.points).length === 1 ? info.label : `${info.label}: ${label}`,
        point,
        unit,
        ...courseOf(minutes),
        covered: coveredOf(minutes, day, spacing(info)),
        total: litres(minutes, unit),
      })
    }
  }
  return rows
}

function speaksOfWater({ device, label }: DeviceInfo, point: string, own: string): boolean {
  // its humidity and temperature are no water
  if (/humid|temperature|co2|o2/.test(point)) return false
  return [device, label, point, own].some((text) => isWater.test(text))
}

function litres(minutes: Minutes, unit: string): number | null {
  if (convertible(unit, 'L/min')) {
    if (minutes.mean.length === 0) return null
    return (minutes.mean.reduce((a, b) => a + b, 0) * convert(1, unit, 'L/min') * MINUTE) / 60_000
  }
  const total = convertible(unit, 'L') ? moved(minutes) : null
  return total === null ? null : convert(total, unit, 'L')
}
