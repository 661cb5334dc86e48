/** Instruments that are not what they were: drifting, frozen, or in each other's place. */
import type { Parameter } from '@habtwin/contract'
import { alertId } from '@habtwin/runtime/alert-words'
import { biasDrift, type Drift, drifts } from './drift.ts'
import { type Instrument, isFrozen, newInstrument, QUARTER, take } from './instrument.ts'
import type { Standing } from './standing.ts'
import { swapped } from './swapped.ts'
import { driftRate, driftText, frozenText, localTime, partingText, swappedText, wellText } from './text.ts'
import type { Course } from './usual.ts'

/** A minute's mean of one point of one instrument. */
export interface Observation {
  readonly device: string
  readonly zone: string
  readonly point: string
  readonly value: number
}

/** Kept over a restart: plain data. */
export interface InstrumentMemory {
  /** By device and point. */
  readonly instruments: Map<string, Instrument>
  /** By alert: since when it is asked for, or for its end, ms. */
  readonly pending: Map<string, number>
  readonly calm: Map<string, number>
}

export interface InstrumentContext {
  readonly memory: InstrumentMemory
  readonly standing: Standing
  readonly timezone: string
  /** A device as people call it. */
  readonly name: (device: string) => string
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** A drift must be seen for this long before it is told, and be gone for this long before it is over, ms. */
const DRIFT_FOR = 2 * QUARTER
const DRIFT_GONE = 3 * HOUR
/** A swap that nobody put right counts as where the instruments are, ms. */
const SWAP_STANDS = 24 * HOUR

export const newInstrumentMemory = (): InstrumentMemory => ({
  instruments: new Map(),
  pending: new Map(),
  calm: new Map(),
})

export class Instruments {
  readonly #at: InstrumentContext

  constructor(context: InstrumentContext) {
    this.#at = context
  }

  minute(
    t: number,
    observed: readonly Observation[],
    parameters: readonly Parameter[],
    courses: ReadonlyMap<string, Course>,
  ): void {
    const { instruments } = this.#at.memory
    for (const { device, zone, point, value } of observed) {
      const key = `${device}/${point}`
      let one = instruments.get(key)
      if (one === undefined || one.zone !== zone || t < one.t - HOUR) {
        one = newInstrument(device, zone, point, t)
        instruments.set(key, one)
      }
      take(one, t, value)
      this.#frozen(one, t)
    }
    if (t % (2 * QUARTER) < MINUTE) {
      this.#drifts(t, parameters, courses)
      this.#forget(t)
    }
    if (t % (5 * MINUTE) < MINUTE) this.#swaps(t)
  }

  /** True where an alert about an instrument of this zone and point stands: its innovations are no news of the air. */
  excused(zone: string, point: string): boolean {
    for (const { anomaly, device, zone: its, quantity } of this.#at.standing.alerts.values()) {
      if (device !== undefined && anomaly !== undefined && its === zone && quantity === point) return true
    }
    return false
  }

  #frozen(one: Instrument, t: number): void {
    const { standing, name, timezone } = this.#at
    const { device, zone, point, still, stillSince } = one
    const id = alertId(device, point, 'frozen')
    if (!isFrozen(one, t)) {
      standing.clear(id, t, wellText(name(device), point), still)
      return
    }
    standing.raise(id, t, {
      level: 'caution',
      zone,
      quantity: point,
      device,
      value: still,
      limit: null,
      since: stillSince,
      text: frozenText(name(device), point, still, localTime(stillSince, t, timezone)),
      anomaly: {
        parameter: `frozen/${device}/${point}`,
        from: still,
        to: still,
        unit: 'h',
        since: stillSince,
        evidence: (t - stillSince) / HOUR,
      },
      checklist: 'sensor-loss',
    })
  }

  #drifts(t: number, parameters: readonly Parameter[], courses: ReadonlyMap<string, Course>): void {
    const groups = new Map<string, Instrument[]>()
    for (const one of this.#at.memory.instruments.values()) {
      if (t - one.t > HOUR) continue
      const key = `${one.zone}/${one.point}`
      groups.set(key, [...(groups.get(key) ?? []), one])
    }
    const seen = new Set<string>()
    for (const group of groups.values()) {
      const stands = (device: string) => this.#at.standing.alerts.has(alertId(device, group[0]?.point ?? '', 'drift'))
      const found =
        group.length > 1 ? drifts(group, t, stands) : alone(group[0] as Instrument, t, parameters, courses, stands)
      for (const drift of found)
        seen.add(this.#tell(t, blamed(drift, parameters, courses, t), found.length > 0 && group.length === 1))
    }
    for (const alert of this.#at.standing.alerts.values()) {
      if (alert.id.endsWith('-drift') && !seen.has(alert.id))
        this.#calm(alert.id, t, wellText(this.#at.name(alert.device ?? ''), alert.quantity))
    }
    for (const id of this.#at.memory.pending.keys()) if (!seen.has(id)) this.#at.memory.pending.delete(id)
  }

  /** @returns the alert that it is, or will be */
  #tell(t: number, { a, b, perDay, value, evidence }: Drift, alone: boolean): string {
    const { standing, memory, name } = this.#at
    const id = alertId(a.device, a.point, 'drift')
    memory.calm.delete(id)
    const since = memory.pending.get(id) ?? t
    memory.pending.set(id, since)
    if (!standing.alerts.has(id) && t - since < DRIFT_FOR - MINUTE) return id
    const { rate, unit } = driftRate(a.point, perDay, value)
    standing.raise(id, t, {
      level: 'advisory',
      zone: a.zone,
      quantity: a.point,
      device: a.device,
      value: null,
      limit: null,
      text: b
        ? partingText(name(a.device), name(b.device), a.point, perDay, value)
        : driftText(name(a.device), a.point, perDay, value, alone),
      anomaly: { parameter: `bias/${a.device}/${a.point}`, from: 0, to: rate, unit, since, evidence },
      checklist: 'sensor-loss',
    })
    return id
  }

  #calm(id: string, t: number, text: string): void {
    const { memory, standing } = this.#at
    const since = memory.calm.get(id) ?? t
    memory.calm.set(id, since)
    if (t - since < DRIFT_GONE) return
    memory.calm.delete(id)
    standing.clear(id, t, text)
  }

  #swaps(t: number): void {
    const { standing, memory, name, timezone } = this.#at
    const all = [...memory.instruments.values()].filter((one) => t - one.t <= 5 * MINUTE)
    for (const [i, a] of all.entries()) {
      for (const b of all.slice(i + 1)) {
        if (a.point !== b.point || a.zone === b.zone) continue
        const found = swapped(a, b, t)
        if (found === undefined) continue
        const id = alertId(a.device, b.device, 'swapped')
        const { since } = found
        // seen for as long as both sides of it are in sight
        if (since - (memory.calm.get(id) ?? Number.NEGATIVE_INFINITY) < HOUR) continue
        memory.calm.set(id, since)
        const before = standing.alerts.get(id)
        if (before) standing.clear(id, t, `${name(a.device)} and ${name(b.device)} are back in their places`)
        else {
          standing.raise(id, t, {
            level: 'caution',
            zone: a.zone,
            quantity: a.point,
            device: a.device,
            value: null,
            limit: null,
            since,
            text: swappedText(name(a.device), name(b.device), a.point, localTime(since, t, timezone)),
            anomaly: { parameter: `swapped/${a.device}/${b.device}`, from: 0, to: 1, unit: '1', since, evidence: 1 },
            checklist: 'sensor-loss',
          })
        }
      }
    }
  }

  /** What stood too long, and instruments that are gone. */
  #forget(t: number): void {
    const { memory, standing } = this.#at
    for (const { id, t: at, acknowledged } of standing.alerts.values()) {
      if (id.endsWith('-swapped') && acknowledged && t - at > SWAP_STANDS)
        standing.clear(id, t, 'The instruments count as they are now')
    }
    for (const [key, one] of memory.instruments) if (t - one.t > 48 * HOUR) memory.instruments.delete(key)
    for (const alert of standing.alerts.values()) {
      if (!alert.id.endsWith('-frozen')) continue
      const one = memory.instruments.get(`${alert.device}/${alert.quantity}`)
      if (one === undefined || t - one.t > HOUR)
        standing.clear(alert.id, t, `${this.#at.name(alert.device ?? '')} gives no readings any more`)
    }
  }
}

/** An instrument that has no neighbour: what the filter makes of its bias. */
function alone(
  one: Instrument,
  t: number,
  parameters: readonly Parameter[],
  courses: ReadonlyMap<string, Course>,
  stands: (device: string) => boolean,
): Drift[] {
  const found = ownBias(one, t, parameters, courses)
  return found.evidence >= (stands(one.device) ? 0.5 : 1) ? [{ a: one, b: undefined, value: level(one), ...found }] : []
}

/** Of two that part the filter may know which it is. */
function blamed(
  drift: Drift,
  parameters: readonly Parameter[],
  courses: ReadonlyMap<string, Course>,
  t: number,
): Drift {
  const { a, b, perDay } = drift
  if (b === undefined) return drift
  const [of, ofOther] = [ownBias(a, t, parameters, courses), ownBias(b, t, parameters, courses)]
  const [worse, other, one] = of.evidence >= ofOther.evidence ? [of, ofOther, a] : [ofOther, of, b]
  const sign = one === a ? 1 : -1
  const clear = worse.evidence >= 0.5 && worse.evidence >= 2 * other.evidence && worse.perDay * perDay * sign > 0
  return clear ? { ...drift, a: one, b: undefined, perDay: sign * perDay } : drift
}

function ownBias(one: Instrument, t: number, parameters: readonly Parameter[], courses: ReadonlyMap<string, Course>) {
  const parameter = parameters.find(
    ({ kind, device, point }) => kind === 'bias' && device === one.device && point === one.point,
  )
  const course = parameter && courses.get(parameter.id)
  return parameter && course ? biasDrift(course, parameter, t, level(one)) : { perDay: 0, evidence: 0 }
}

function level(one: Instrument): number {
  return one.count > 0 ? one.sum / one.count : one.still
}
