/** Innovations lean hard, for long, and beyond all that the last days had, and nothing that is known has moved. */
import { alertId } from '@habtwin/runtime/alert-words'
import { type Complaint, strongest } from './complaints.ts'
import type { Standing } from './standing.ts'
import { localTime, unexplainedText } from './text.ts'

const MINUTE = 60_000
/** CUSUM over its threshold, and over the worst of the last days, that is told; and for how long, ms. */
const EVIDENCE = 8
const UNUSUAL = 2
const FOR = 60 * MINUTE
/** As expected again for so long, ms. */
const CALM_FOR = 30 * MINUTE

/** Kept over a restart: plain data; by zone, ms. */
export interface UnexplainedMemory {
  /** Since when nothing explains it. */
  readonly pending: Map<string, number>
  /** Since when all is as expected again. */
  readonly calm: Map<string, number>
}

export function newUnexplainedMemory(): UnexplainedMemory {
  return { pending: new Map(), calm: new Map() }
}

export interface UnexplainedContext {
  readonly memory: UnexplainedMemory
  readonly standing: Standing
  readonly timezone: string
  readonly label: (zone: string) => string
}

/** @param explained true for a complaint of which something that has moved is the cause */
export function checkUnexplained(
  t: number,
  zones: Iterable<string>,
  complaints: readonly Complaint[],
  explained: (complaint: Complaint) => boolean,
  { memory, standing, timezone, label }: UnexplainedContext,
): void {
  const { pending, calm } = memory
  for (const zone of zones) {
    const id = alertId(zone, 'unexplained')
    const its = complaints.filter((one) => one.zone === zone)
    if (standing.alerts.has(id)) {
      const since = its.some(({ evidence }) => evidence >= 1) ? undefined : (calm.get(zone) ?? t)
      if (since === undefined) calm.delete(zone)
      else calm.set(zone, since)
      if (since !== undefined && t - since >= CALM_FOR) {
        standing.clear(id, t, 'What comes is what was expected again')
        calm.delete(zone)
      }
      continue
    }
    const alarm = strongest(its.filter(({ evidence, unusual }) => evidence >= EVIDENCE && unusual >= UNUSUAL))
    if (alarm === undefined || explained(alarm)) {
      pending.delete(zone)
      continue
    }
    const since = pending.get(zone) ?? t
    pending.set(zone, since)
    if (t - since < FOR - MINUTE) continue
    pending.delete(zone)
    const { point, up, evidence } = alarm
    standing.raise(id, t, {
      level: 'advisory',
      zone,
      quantity: point,
      value: null,
      limit: null,
      since: alarm.since,
      text: unexplainedText(point, label(zone), up, localTime(alarm.since, t, timezone)),
      anomaly: { parameter: 'unexplained', from: 0, to: up ? 1 : -1, unit: '1', since: alarm.since, evidence },
    })
  }
}
