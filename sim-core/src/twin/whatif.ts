/**
 * What if: the ensemble goes on twice from the same state and with the same chance, as it stands and with changes.
 * What the changes do to each member is added to the forecast that stands, so that the answer agrees with it:
 *
 *   members as they stand ──rank──► calibrated paths ─┐
 *   members with changes − members as they stand ─────┴─► paths with changes ─► bands, limits reached
 */
import { HabtwinError, type WhatifAnswer, type WhatifChange, type WhatifRequest } from '@habtwin/contract'
import { type Forecast, forecastLeads } from '@habtwin/contract/twin'
import type { ZoneLimits } from '@habtwin/runtime/config/default-limits'
import { sights } from './alerts/outlook.ts'
import { fromMembers, type Paths } from './alerts/paths.ts'
import type { Ensemble, HabitatPlan } from './ensemble/index.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** What was said last of a quantity of a zone. */
export interface Standing {
  readonly zone: string
  readonly quantity: string
  readonly mean: number
  readonly forecast: Forecast
}

type Bands = WhatifAnswer['base'][string][string]

/**
 * @param standing forecasts as they stand; quantities without one are told as the ensemble has them
 * @param limits of a zone
 * @throws HabtwinError request/invalid: a change that the habitat has no place for
 */
export function whatif(
  ensemble: Ensemble,
  { changes, hours }: WhatifRequest,
  standing: Iterable<Standing>,
  limits: (zone: string) => ZoneLimits,
): WhatifAnswer {
  for (const [i, change] of changes.entries()) check(change, ensemble.plan, `changes.${i}`)
  const leads = forecastLeads(hours * HOUR)
  const minutes = leads.map((lead) => lead / MINUTE)
  const made = ensemble.t
  const asItStands = ensemble.forecast(minutes)
  const otherwise = changes.length === 0 ? asItStands : ensemble.forecast(minutes, changes)
  const said = new Map([...standing].map((one) => [`${one.zone}/${one.quantity}`, one]))
  const answer: WhatifAnswer = {
    made,
    t: leads.map((lead) => made + lead),
    changed: {},
    base: {},
    reached: { changed: [], base: [] },
    assumptions: ensemble.assumptions,
  }
  for (const name of asItStands.names) {
    const [zone, quantity] = name.split('/') as [string, string]
    const base = asItStands.members(zone, quantity)
    const changed = otherwise.members(zone, quantity)
    if (base === undefined || changed === undefined) continue
    const known = said.get(name)
    const paths = fromMembers(quantity, known?.forecast, { leads, values: base })
    const moved = {
      ...paths,
      values: paths.values.map((value, i) => value + (changed[i] as number) - (base[i] as number)),
    }
    const mean = known?.mean ?? ensemble.estimate(zone, quantity)?.mean
    for (const [part, of] of [
      ['base', paths],
      ['changed', moved],
    ] as const) {
      const zones = answer[part]
      zones[zone] ??= {}
      zones[zone][quantity] = bandsOf(of)
      if (mean === undefined) continue
      const past = { t: [made], value: [mean] }
      for (const { reach } of sights(limits(zone), zone, quantity, past, of)) answer.reached[part].push(reach)
    }
  }
  return answer
}

/** 5, 50 and 95 of a hundred paths lie below, lead by lead. */
function bandsOf({ leads, count, values }: Paths): Bands {
  const bands: Bands = { p05: [], p50: [], p95: [] }
  const at = (sorted: Float64Array, level: number) => sorted[Math.round(level * (count - 1))] as number
  for (let l = 0; l < leads.length; l++) {
    const sorted = values.slice(l * count, (l + 1) * count).sort()
    bands.p05.push(at(sorted, 0.05))
    bands.p50.push(at(sorted, 0.5))
    bands.p95.push(at(sorted, 0.95))
  }
  return bands
}

function check(change: WhatifChange, { zones }: HabitatPlan, where: string): void {
  const refused = (message: string) => new HabtwinError('request/invalid', message, { where })
  const zone = zones.find(({ id }) => id === change.zone)
  const names = zones.map(({ id }) => id).join(', ')
  if (zone === undefined) throw refused(`There is no zone ${change.zone}; there are ${names}`)
  if (change.what === 'scrubber' && zone.scrubber === undefined) {
    throw refused(`The configuration tells of no CO₂ scrubber in ${zone.label}: zones.${zone.id}.scrubber`)
  }
  if (change.what === 'lamps' && zone.plants === undefined) throw refused(`There are no plants in ${zone.label}`)
  if (change.what !== 'hatch' || change.to === undefined) return
  const other = zones.find(({ id }) => id === change.to)
  if (other === undefined) throw refused(`There is no zone ${change.to}; there are ${names}`)
  const near = zone.beside.includes(other.id) || other.beside.includes(zone.id)
  if (!near) throw refused(`${zone.label} has no door to ${other.label}`)
}
