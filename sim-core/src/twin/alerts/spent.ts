/**
 * A CO2 scrubber that runs and takes nothing out: the balance of CO2 rises by as much as it was thought to take, and
 *
 *   people       warm the air as they come (`company.ts`)
 *   exercise     is over within three quarters of an hour, and about this time on other days
 *   a used-up bed takes nothing from one minute to the next, or from when it comes on, and warms nothing
 *
 * The ensemble's own figure of it takes an hour or two to move; then that is told instead.
 */
import type { Parameter } from '@habtwin/contract'
import { alertId, place } from '@habtwin/runtime/alert-words'
import { type BalanceMemory, mean, onset, stepAt, wasFarAbove, yesterday } from './balance.ts'
import { COMPANY } from './company.ts'
import type { MachineCheck } from './scrubber.ts'
import type { Standing } from './standing.ts'
import { localTime, unitOf } from './text.ts'

const MINUTE = 60_000
/** Minutes for which it must be so; for longer where it is as much as somebody who exercises. */
const FOR = 20
const LONGER_FOR = 41
const NOTICED = 44
const STRIDE = 3
/** People's worth: at least, as of exercise, how even, and share of it above what was about this time yesterday. */
const LEAST = 1.2
const EXERCISE = 4
const STEADY = 1.2
const UNUSUAL = 0.6
const ABOUT = 40
const OFTEN = 0.75
/** Share of what the scrubber was thought to take. */
const SHARE = [0.65, 1.35] as const
/** °C a person's worth by which air has been warmed by somebody. */
const WARMS = 0.0115
/** It is over when it takes half again, for so many minutes; and where the ensemble does not come to it by then. */
const OVER_FOR = 20
const GIVEN_UP = 360
/** Its figure has fallen to less than this share. */
const FALLEN = 0.8

/** Kept over a restart: plain data; of the one zone that has a scrubber. */
export interface SpentMemory {
  /** Minutes that it has run without a break. */
  ran: number
  /** Since when it takes nothing, minutes; what came before, and what it took, m³·ppm a minute; its figure then. */
  since: number | undefined
  before: number
  due: number
  figure: number
  /** Since when it takes something again. */
  over: number | undefined
}

export function newSpentMemory(): SpentMemory {
  return { ran: 0, since: undefined, before: Number.NaN, due: Number.NaN, figure: Number.NaN, over: undefined }
}

export interface SpentContext {
  readonly standing: Standing
  readonly timezone: string
  readonly label: (zone: string) => string
  readonly memory: SpentMemory
  readonly balance: BalanceMemory
  /** m³·ppm of CO2 a minute of a person awake. */
  readonly breath: number
}

/** After `checkCompany`: who has just come is no fault of the scrubber. */
export function checkSpent(
  t: number,
  machines: readonly MachineCheck[],
  parameters: readonly Parameter[],
  context: SpentContext,
): void {
  const { standing, memory } = context
  const [machine, other] = machines.filter(({ kind }) => kind === 'scrubber')
  const parameter = parameters.find(({ kind, zone }) => kind === 'scrubber' && zone === machine?.zone)
  if (machine === undefined || other !== undefined || parameter === undefined) return
  memory.ran = machine.running > 0.9 ? memory.ran + 1 : 0
  const minute = Math.floor(t / MINUTE)
  const id = alertId(machine.zone, 'scrubber', 'spent')
  const told = standing.alerts.has(alertId(machine.zone, 'scrubber', 'changed'))
  if (memory.since !== undefined && standing.alerts.has(id)) stay(t, minute, id, told, parameter, context)
  else if (!told && !standing.alerts.has(COMPANY)) look(t, minute, id, parameter, context)
}

function look(t: number, minute: number, id: string, parameter: Parameter, context: SpentContext): void {
  const { standing, timezone, label, memory, balance, breath } = context
  const { zone = '' } = parameter
  const usual = yesterday(balance, minute, ABOUT, OFTEN)
  for (let length = FOR; length <= NOTICED; length += STRIDE) {
    const at = minute - length
    // it runs all the while: since long before, or it came on as the balance rose
    const cameOn = Math.abs(memory.ran - length) <= STRIDE
    if (memory.ran < length - STRIDE || (!cameOn && memory.ran < length + 15)) continue
    const { before, after, unsteady, warmer } = stepAt(balance, at, minute, FOR)
    const more = after - before
    const due = mean(balance.due, at - 30, at)
    const isShare = more >= Math.max(LEAST * breath, SHARE[0] * due) && more <= SHARE[1] * due
    if (!isShare || unsteady > STEADY * breath || !(after >= usual + UNUSUAL * more)) continue
    if (more > EXERCISE * breath && length < LONGER_FOR) continue
    // as it comes on its own motor warms the air
    if (!cameOn && warmer > (WARMS * more) / breath) continue
    if (wasFarAbove(balance, at, before, EXERCISE * breath)) continue
    const { since } = onset(balance, minute, FOR)
    const began = since * MINUTE
    Object.assign(memory, { since, before, due, figure: parameter.mean, over: undefined })
    standing.raise(id, t, {
      level: 'caution',
      zone,
      quantity: 'scrubber',
      value: null,
      limit: null,
      since: began,
      text: `The CO₂ scrubber of ${place(label(zone))} takes less out since ${localTime(began, t, timezone)}: it runs, and there is more CO₂, as of ${(more / breath).toFixed(1)} people but without their warmth`,
      anomaly: {
        parameter: parameter.id,
        from: parameter.mean,
        to: Math.min(parameter.mean, parameter.p05),
        unit: unitOf(parameter),
        since: began,
        evidence: more / (LEAST * breath),
      },
      checklist: 'co2-high',
    })
    return
  }
}

function stay(
  t: number,
  minute: number,
  id: string,
  told: boolean,
  { mean: figure }: Parameter,
  { standing, memory, balance }: SpentContext,
): void {
  const { since = minute, before, due } = memory
  const after = mean(balance.came, minute - OVER_FOR, minute + 1)
  // as the figure falls less counts as taken, and it would look as if it took it again
  const isBack = memory.ran > OVER_FOR && after < before + due / 2 && figure > FALLEN * memory.figure
  memory.over = isBack ? (memory.over ?? minute) : undefined
  const over = memory.over !== undefined && minute - memory.over >= OVER_FOR
  if (!over && !told && minute - since < GIVEN_UP) return
  const why = told ? 'Its figure has moved, and is told' : over ? 'CO₂ is as it was before' : 'It was something else'
  standing.clear(id, t, why)
  memory.since = undefined
}
