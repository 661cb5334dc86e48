/** The day's power: what was used, where it came from, and how the batteries stood. */
import { convert, type DeviceInfo, pointInfo, type Report, type ReportDay, spacing } from '@habtwin/contract'
import { courseOf, coveredOf, type DaySeries, MINUTE, type Minutes } from './series.ts'

type Power = Report['power']
type Meter = Power['meters'][number]
type Role = Meter['role']

/** What a meter's names say it measures. */
const names: readonly (readonly [Role, RegExp])[] = [
  ['battery', /batter|akku/i],
  ['solar', /solar|photovolt|(?:^|[^a-z])pv(?:[^a-z]|$)/i],
  ['grid', /grid|mains|utility/i],
  ['used', /load|consumption|(?:^|[^a-z])total|house|demand/i],
]

export async function powerOf(series: DaySeries, day: ReportDay): Promise<Power> {
  const meters: Meter[] = []
  const batteries: Power['batteries'][number][] = []
  for (const info of series.devices) {
    const isPlant = Object.keys(info.points).some((point) => named(point, info.points[point]?.label) !== undefined)
    for (const [point, { unit, label }] of Object.entries(info.points)) {
      const minutes = async () => series.minutes(info.device, point)
      const about = async () => ({
        device: info.device,
        label: labelled(info, point, label),
        point,
        unit,
        ...courseOf(await minutes()),
        covered: coveredOf(await minutes(), day, spacing(info)),
      })
      if (point === 'charge') batteries.push(await about())
      if (unit !== 'W' && unit !== 'kW' && unit !== 'kW.h') continue
      const role = roleOf(info, point, label, isPlant)
      const energy = unit === 'kW.h' ? moved(await minutes()) : energyOf(await minutes(), unit)
      meters.push({ ...(await about()), role, energy })
    }
  }
  return { total: totals(meters, await charging(series, meters)), meters, batteries }
}

function named(...texts: (string | undefined)[]): Role | undefined {
  return names.find(([, pattern]) => texts.some((text) => text !== undefined && pattern.test(text)))?.[0]
}

/** The point's own names speak first; a bare `power` beside solar and grid is what is used, elsewhere one consumer's. */
function roleOf(info: DeviceInfo, point: string, label: string | undefined, isPlant: boolean): Role {
  return named(point, label) ?? (isPlant ? 'used' : (named(info.device, info.label) ?? 'consumer'))
}

function labelled(info: DeviceInfo, point: string, label: string | undefined): string {
  const own = label ?? pointInfo(point).label
  return Object.keys(info.points).length === 1 ? info.label : `${info.label}: ${own}`
}

/** kWh of a power; minutes without readings count as none. */
function energyOf({ mean }: Minutes, unit: string): number | null {
  if (mean.length === 0) return null
  return (mean.reduce((a, b) => a + b, 0) * convert(1, unit, 'W') * MINUTE) / 3.6e9
}

/** By how much a counter moved; one that was set back goes on from there. */
export function moved({ min, max }: Minutes): number | null {
  if (max.length === 0) return null
  let sum = (max[0] as number) - (min[0] as number)
  for (let i = 1; i < max.length; i++) sum += Math.max(0, (max[i] as number) - (max[i - 1] as number))
  return sum
}

/** kWh into and out of the batteries, which are one power with two signs. */
async function charging(series: DaySeries, meters: readonly Meter[]) {
  let [into, out, n] = [0, 0, 0]
  for (const { device, point, role, unit } of meters) {
    if (role !== 'battery' || unit === 'kW.h') continue
    const { mean } = await series.minutes(device, point)
    n += mean.length
    for (const value of mean) {
      const energy = (value * convert(1, unit, 'W') * MINUTE) / 3.6e9
      if (energy > 0) into += energy
      else out -= energy
    }
  }
  return n === 0 ? { charged: null, discharged: null } : { charged: into, discharged: out }
}

/** Sums over meters; a counter beside a power of the same role and device would count twice, and is left out. */
function totals(meters: readonly Meter[], battery: { charged: number | null; discharged: number | null }) {
  const sum = (role: Role) => {
    const all = meters.filter((meter) => meter.role === role && meter.energy !== null)
    const counters = all.filter(({ unit }) => unit === 'kW.h')
    const counted = new Set(counters.map(({ device }) => device))
    const chosen = [...counters, ...all.filter(({ unit, device }) => unit !== 'kW.h' && !counted.has(device))]
    return chosen.length === 0 ? null : chosen.reduce((sum, { energy }) => sum + (energy ?? 0), 0)
  }
  return { used: sum('used') ?? sum('consumer'), solar: sum('solar'), grid: sum('grid'), ...battery }
}
