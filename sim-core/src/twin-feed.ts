/** Joins the twin to the line: what it is fed, and where what it says goes. */
import { type FixedLead, topic } from '@habtwin/contract'
import type { TwinValue } from './store/types.ts'
import type { TwinOutput } from './twin/index.ts'

/** What the twin says, as the store keeps it: estimates and fixed leads as series, the newest forecast as state. */
export function toStore({ estimates, forecasts }: TwinOutput): { values: TwinValue[]; latest: Map<string, unknown> } {
  const values: TwinValue[] = []
  const latest = new Map<string, unknown>()
  for (const { zone, quantity, t, mean, sd, provisional } of estimates) {
    latest.set(topic.estimate(zone, quantity), { t, mean, sd })
    if (provisional) continue // it is said again, better, at the end of its minute
    values.push({ key: { kind: 'estimate', zone, quantity, field: 'mean' }, t, value: mean })
    values.push({ key: { kind: 'estimate', zone, quantity, field: 'sd' }, t, value: sd })
  }
  for (const { zone, quantity, forecast, fixed } of forecasts) {
    latest.set(topic.forecast(zone, quantity), forecast)
    for (const { lead, t, ...quantiles } of fixed) {
      for (const field of ['p05', 'p50', 'p95'] as const) {
        values.push({
          key: { kind: 'forecast', zone, quantity, lead: lead as FixedLead, field },
          t,
          value: quantiles[field],
        })
      }
    }
  }
  return { values, latest }
}
