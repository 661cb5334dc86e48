/**
 * A day of a virtual habitat: what the twin said one hour and six hours before, and what came. The twin has lived
 * there for a day by then.
 *
 *   node scripts/node24.js bench/day.ts [seed] > day.svg
 */
import { points } from '../contract/src/index.ts'
import { build } from './habitats/build.ts'
import { draw, type Series } from './habitats/draw.ts'
import { Living, scored } from './habitats/living.ts'
import { Published } from './habitats/published.ts'

const HOUR = 60
const EVERY = HOUR / 2
/** Minutes, farthest first. */
const LEADS = [6 * HOUR, HOUR] as const

const seed = Number(process.argv[2] ?? 10_001)
const built = build(seed)
const living = new Living(built)
const twin = new Published(built)
const zone = built.truth.zones[built.truth.home]?.id ?? ''
const hourOfDay = (built.begin / 3_600_000 - 7) % 24
const quantities = Object.keys(scored) as (keyof typeof scored)[]
const panels = new Map(
  quantities.map((quantity): [string, Writable] => {
    const { label, unit } = points[quantity]
    const said = LEADS.map((lead) => ({ lead: lead / HOUR, hours: [], low: [], middle: [], high: [] }))
    return [`${zone}/${quantity}`, { title: `${label} in ${zone}`, unit, hours: [], came: [], said }]
  }),
)

for (let minute = 0; minute < 48 * HOUR; minute++) {
  const at = living.minute
  twin.step(at, living.live())
  const hour = hourOfDay + (minute + 1) / HOUR
  for (const [key, panel] of panels) {
    const value = living.read.get(key)
    if (minute < 24 * HOUR || minute % 5 !== 0 || value === undefined) continue
    panel.hours.push(hour)
    panel.came.push(value)
  }
  if (minute < 24 * HOUR - LEADS[0] - 1 || (minute + 1) % EVERY !== 0) continue
  for (const [key, { p05, p50, p95 }] of twin.forecast(LEADS)) {
    for (const [i, lead] of LEADS.entries()) {
      const said = panels.get(key)?.said[i]
      const then = minute + lead
      if (said === undefined || then < 24 * HOUR || then > 48 * HOUR) continue
      said.hours.push(hour + lead / HOUR)
      said.low.push(p05[i] as number)
      said.middle.push(p50[i] as number)
      said.high.push(p95[i] as number)
    }
  }
}
const shown = [...panels.values()].filter(({ came }) => came.length > 0)
process.stdout.write(draw(`Virtual habitat ${seed}: what was said, and what came (black)`, shown))

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly number[] ? number[] : T[K] }
type Writable = Mutable<Omit<Series, 'said'>> & { said: Mutable<Series['said'][number]>[] }
