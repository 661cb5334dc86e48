/**
 * A CO2 scrubber that runs and takes less out: at once there is as much more CO2 as of so many people, but
 *
 *   people           warm the air as they come (`company.ts`)
 *   exercise         is more from minute to minute, far more, and over in half an hour
 *   a used-up bed    is the same from the first minute on, and warms nothing
 *
 * The ensemble's own figure of it takes an hour or two to move; then that is told instead.
 */
import type { Parameter } from '@habtwin/contract'
import { alertId, place } from '@habtwin/runtime/alert-words'
import { type CompanyMemory, smoothed, usualCount, warming } from './company.ts'
import type { MachineCheck } from './scrubber.ts'
import type { Standing } from './standing.ts'
import { localTime, unitOf } from './text.ts'

const MINUTE = 60_000
/** As of so many people more, at least and at most. */
const LEAST = 1.4
const MOST = 5.5
/** Looked at so long after it began, and again; within that it must not have grown by more people than this. */
const FIRST = 12
const AGAIN = 20
const STEADY = 0.8
/** °C beyond its trend by which air has been warmed by somebody. */
const WARMED = 0.025
/** Fewer than this again, for so many minutes: it is over. */
const OVER = 0.6
const OVER_FOR = 20
/** Where the ensemble does not come to it by then it was something else. */
const GIVEN_UP = 360

/** Kept over a restart: plain data; of the one zone that has a scrubber. */
export interface SpentMemory {
  /** Minutes that it has run without a break. */
  ran: number
  /** Since when there is more CO2, minutes; the count before, and at the first look. */
  since: number | undefined
  before: number
  first: number
  /** Since when there is no more. */
  over: number | undefined
}

export function newSpentMemory(): SpentMemory {
  return { ran: 0, since: undefined, before: Number.NaN, first: Number.NaN, over: undefined }
}

export interface SpentContext {
  readonly standing: Standing
  readonly timezone: string
  readonly label: (zone: string) => string
  readonly memory: SpentMemory
  readonly company: CompanyMemory
}

/** After `checkCompany`, which notes the count. */
export function checkSpent(
  t: number,
  machines: readonly MachineCheck[],
  parameters: readonly Parameter[],
  { standing, timezone, label, memory, company }: SpentContext,
): void {
  const [machine, other] = machines.filter(({ kind }) => kind === 'scrubber')
  const parameter = parameters.find(({ kind, zone }) => kind === 'scrubber' && zone === machine?.zone)
  const minute = Math.floor(t / MINUTE)
  const count = smoothed(company, minute)
  if (machine === undefined || other !== undefined || parameter === undefined || Number.isNaN(count)) return
  const id = alertId(machine.zone, 'scrubber', 'spent')
  memory.ran = machine.running > 0.9 ? memory.ran + 1 : 0
  if (memory.since === undefined && minute % 5 === 0) memory.before = usualCount(company, minute)
  const more = count - memory.before
  const { since } = memory
  if (since !== undefined && standing.alerts.has(id)) {
    memory.over = more < OVER ? (memory.over ?? minute) : undefined
    const over = memory.over !== undefined && minute - memory.over >= OVER_FOR
    const told = standing.alerts.has(alertId(machine.zone, 'scrubber', 'changed'))
    if (!over && !told && minute - since < GIVEN_UP) return
    const why = told ? 'Its figure has moved, and is told' : over ? 'CO₂ is as it was before' : 'It was something else'
    standing.clear(id, t, why)
    memory.since = undefined
    return
  }
  memory.over = undefined
  if (!(more > LEAST) || memory.ran === 0 || standing.alerts.has(alertId(machine.zone, 'scrubber', 'changed'))) {
    memory.since = undefined
    return
  }
  memory.since ??= minute
  const length = minute - memory.since
  if (length === FIRST) memory.first = more
  if (length !== AGAIN || memory.ran < AGAIN || more > MOST || Math.abs(more - memory.first) > STEADY) return
  if (!(warming(company, memory.since, minute) < WARMED)) return
  const began = memory.since * MINUTE
  standing.raise(id, t, {
    level: 'caution',
    zone: machine.zone,
    quantity: 'scrubber',
    value: null,
    limit: null,
    since: began,
    text: `The CO₂ scrubber of ${place(label(machine.zone))} takes less out since ${localTime(began, t, timezone)}: it runs, and there is more CO₂, as of ${more.toFixed(1)} people but without their warmth`,
    anomaly: {
      parameter: parameter.id,
      from: parameter.mean,
      to: Math.min(parameter.mean, parameter.p05),
      unit: unitOf(parameter),
      since: began,
      evidence: more / LEAST,
    },
    checklist: 'co2-high',
  })
}
