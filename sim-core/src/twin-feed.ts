/** What the twin says, as the store keeps it. */
import { type FixedLead, topic } from '@habtwin/contract'
import type { TwinValue } from './store/types.ts'
import type { TwinOutput } from './twin/index.ts'

export interface Kept {
  /** Series: estimates, and forecasts at fixed leads. */
  readonly values: TwinValue[]
  /** State by topic, to be kept with them. */
  readonly latest: Map<string, unknown>
  /** State by topic that is worth showing only: it is said again, better, at the end of its minute. */
  readonly passing: Map<string, unknown>
}

export function toStore({ estimates, forecasts }: TwinOutput): Kept {
  const values: TwinValue[] = []
  const latest = new Map<string, unknown>()
  const passing = new Map<string, unknown>()
  for (const { zone, quantity, t, mean, sd, provisional } of estimates) {
    ;(provisional ? passing : latest).set(topic.estimate(zone, quantity), { t, mean, sd })
    if (provisional) continue
    values.push({ key: { kind: 'estimate', zone, quantity, field: 'mean' }, t, value: mean })
    values.push({ key: { kind: 'estimate', zone, quantity, field: 'sd' }, t, value: sd })
  }
  for (const { zone, quantity, forecast, fixed } of forecasts) {
    if (forecast) (fixed.length > 0 ? latest : passing).set(topic.forecast(zone, quantity), forecast)
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
  return { values, latest, passing }
}
