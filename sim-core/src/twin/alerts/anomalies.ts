/**
 * Something is not as it was: what, since when, and by how much.
 *
 *   parameters ─► courses (the usual) ─► which has moved, and for long enough? ─► named
 *   innovations ─► complaints (CUSUM, χ²) ─► since when; and what nothing explains ─► unexplained
 *
 * How far a parameter must stand out, and for how long, depends on its kind: air that is lost is told within a quarter
 * of an hour, what people do with doors and lamps only when it is far out for an hour. One cause moves several
 * figures: the one that stands out most is named, and the others are taken for its shadow until they stand out
 * clearly more.
 */
import type { Level, Parameter } from '@habtwin/contract'
import { alertId } from '@habtwin/runtime/alert-words'
import { type Complaint, complaintsOf, followAll, type Innovation, strongest } from './complaints.ts'
import { explains } from './effect.ts'
import type { Matter, Standing } from './standing.ts'
import { localTime, movedText, parameterName, unitOf, usualText } from './text.ts'
import { checkUnexplained, newUnexplainedMemory, type UnexplainedMemory } from './unexplained.ts'
import { between, type Course, newCourse, note, type Shift, shiftOf, type Usual, usualOf } from './usual.ts'
import type { Watch } from './watch.ts'

/** A change that was named, as long as it stands; plain data. */
interface Named {
  readonly alert: string
  readonly parameter: Pick<Parameter, 'id' | 'kind' | 'label' | 'unit'>
  readonly zone: string
  readonly from: number
  to: number
  readonly since: number
  readonly raised: number
  size: number
  readonly evidence: number
  /** Since when it has been as before. */
  back: number | undefined
}

/** Kept over a restart: plain data. */
export interface AnomalyMemory {
  readonly watches: Map<string, Watch>
  readonly courses: Map<string, Course>
  readonly named: Map<string, Named>
  /** By parameter: since when it is a candidate, ms. */
  readonly pending: Map<string, number>
  readonly unexplained: UnexplainedMemory
}

export interface AnomalyContext {
  readonly memory: AnomalyMemory
  readonly standing: Standing
  readonly timezone: string
  readonly label: (zone: string) => string
}

/** The parameter that counts people by the CO2 of the moment. */
export const PRESENT = 'crew-present'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Standard deviations beyond the usual, and ms on end, from which a parameter is named. */
interface Bar {
  readonly size: number
  readonly for: number
}

/** By kind, for one that has grown and one that has fallen. A leak costs air, so it is told soon. */
const bars: Record<Parameter['kind'], { readonly up: Bar; readonly down: Bar }> = {
  leak: { up: { size: 1.2, for: 12 * MINUTE }, down: { size: 2, for: 30 * MINUTE } },
  ventilation: { up: { size: 3, for: 30 * MINUTE }, down: { size: 3, for: 30 * MINUTE } },
  scrubber: { up: { size: 3, for: HOUR }, down: { size: 2, for: 20 * MINUTE } },
  'crew-load': { up: { size: 2, for: 15 * MINUTE }, down: { size: 2, for: HOUR } },
  exchange: { up: { size: 6, for: HOUR }, down: { size: 6, for: HOUR } },
  crop: { up: { size: 3, for: HOUR }, down: { size: 3, for: HOUR } },
  heat: { up: { size: 3, for: HOUR }, down: { size: 3, for: HOUR } },
  // what an instrument does is told by `instruments.ts`
  bias: { up: { size: Number.POSITIVE_INFINITY, for: 0 }, down: { size: Number.POSITIVE_INFINITY, for: 0 } },
}
/** So far out it may be what a complaint asks for. */
const ASKED = 1.2
/** What evidence is measured by, standard deviations. */
const ALONE = 3
/** Another parameter must stand out this much more to take the place of the one named first. */
const RATHER = 1.5
/** One cause is looked for this long, ms. */
const SAME_CAUSE = 3 * HOUR
/** Back at what was before: within this share of the change, for this long, ms. */
const BACK = 0.35
const BACK_FOR = 30 * MINUTE
/** Acknowledged this long ago it is the usual, ms; and after this long in any case. */
const ACCEPTED = 24 * HOUR
const FOREVER = 7 * 24 * HOUR

export const newAnomalyMemory = (): AnomalyMemory => ({
  watches: new Map(),
  courses: new Map(),
  named: new Map(),
  pending: new Map(),
  unexplained: newUnexplainedMemory(),
})

export class Anomalies {
  readonly #at: AnomalyContext
  /** The usual of each parameter, and the hour that it was found for. */
  readonly #usual = new Map<string, { hour: number; usual: Usual | undefined }>()

  constructor(context: AnomalyContext) {
    this.#at = context
  }

  /** @param excused true for a zone and point whose instruments are known to be at fault */
  minute(
    t: number,
    innovations: readonly Innovation[],
    parameters: readonly Parameter[],
    excused: (zone: string, point: string) => boolean,
  ): void {
    const { watches, courses, named, unexplained } = this.#at.memory
    followAll(watches, t, innovations)
    const watched = wholeCrew(parameters)
    for (const { id, mean, sd } of [...parameters, ...watched]) noteIn(courses, id, t, mean, sd)
    const complaints = complaintsOf(watches, t, excused)
    const shifts = watched.flatMap((parameter) => {
      const usual = this.#usualOf(parameter, t)
      return usual ? [shiftOf(parameter, usual)] : []
    })
    this.#name(t, shifts, complaints, parameters)
    this.#stand(t, shifts)
    const isNamed = [...named.values()].some(({ raised }) => t - raised < SAME_CAUSE)
    const explained = (one: Complaint) => isNamed || shifts.some((shift) => shift.size >= ASKED && isWhy(shift, one))
    const zones = new Set([...watches.keys()].map((key) => key.split('/')[0] as string))
    checkUnexplained(t, zones, complaints, explained, { ...this.#at, memory: unexplained })
  }

  #usualOf(parameter: Parameter, t: number): Usual | undefined {
    const hour = Math.floor(t / HOUR)
    const known = this.#usual.get(parameter.id)
    if (known?.hour === hour) return known.usual
    const course = this.#at.memory.courses.get(parameter.id)
    const usual = course && usualOf(course, parameter.kind, t)
    this.#usual.set(parameter.id, { hour, usual })
    return usual
  }

  #name(t: number, shifts: readonly Shift[], complaints: readonly Complaint[], parameters: readonly Parameter[]): void {
    const { pending, named } = this.#at.memory
    let best: Shift | undefined
    for (const shift of shifts) {
      const { id, kind } = shift.parameter
      const bar = bars[kind][shift.to > shift.from ? 'up' : 'down']
      if (shift.size < bar.size || named.has(id) || this.#isTold(shift.parameter)) {
        pending.delete(id)
        continue
      }
      const since = pending.get(id) ?? t
      pending.set(id, since)
      if (t - since >= bar.for - MINUTE && shift.size > (best?.size ?? 0)) best = shift
    }
    if (best === undefined) return
    const rival = [...named.values()].find((one) => t - one.raised < SAME_CAUSE && this.#standsIn(one))
    if (rival) {
      if (best.size < RATHER * rival.size) return
      this.#end(t, rival, `Not ${this.#nameOf(rival)} after all, rather ${this.#nameOf(best.parameter)}`)
    }
    this.#raise(t, best, strongest(complaints.filter((one) => isWhy(best, one))), parameters)
  }

  /** That there are more people was said at once, by those present: the load of the whole day comes to it later. */
  #isTold({ kind }: Parameter): boolean {
    return kind === 'crew-load' && this.#at.standing.alerts.has(alertId('habitat', kind, 'present'))
  }

  /** As within a sentence. */
  #nameOf(one: Named | Parameter): string {
    const parameter = 'parameter' in one ? one.parameter : one
    const { zone } = one
    return lower(parameterName(parameter, zone === undefined || zone === 'habitat' ? undefined : this.#at.label(zone)))
  }

  #standsIn({ alert }: Named): boolean {
    return this.#at.standing.alerts.has(alert)
  }

  #raise(t: number, shift: Shift, complaint: Complaint | undefined, parameters: readonly Parameter[]): void {
    const { parameter, from, to, size } = shift
    const zone = parameter.zone ?? this.#zoneOf(parameter, t, parameters) ?? 'habitat'
    const named: Named = {
      alert: alertId(zone, parameter.kind, 'changed'),
      parameter: { id: parameter.id, kind: parameter.kind, label: parameter.label, unit: parameter.unit },
      zone,
      from,
      to,
      since: this.#began(shift, complaint, t),
      raised: t,
      size,
      evidence: Math.max(size / ALONE, complaint?.evidence ?? 0, complaint?.chi ?? 0),
      back: undefined,
    }
    this.#at.memory.named.set(parameter.id, named)
    this.#at.memory.pending.delete(parameter.id)
    this.#at.standing.clear(alertId(zone, 'unexplained'), t, `It is ${this.#nameOf(named)}`)
    this.#tell(t, named)
  }

  #tell(t: number, { alert, parameter, zone, from, to, since, evidence }: Named): void {
    const { standing, timezone, label } = this.#at
    const up = to > from
    const matter: Matter = {
      level: levelOf(parameter.kind, up),
      zone,
      quantity: parameter.kind,
      value: to,
      limit: null,
      since,
      text: movedText(parameter, from, to, localTime(since, t, timezone), zone === 'habitat' ? undefined : label(zone)),
      anomaly: { parameter: parameter.id, from, to, unit: unitOf(parameter), since, evidence },
      ...checklistOf(parameter.kind, up),
    }
    standing.raise(alert, t, matter)
  }

  /** When it began: where innovations first leant, or where the estimate left its usual, whichever is earlier. */
  #began({ parameter }: Shift, complaint: Complaint | undefined, t: number): number {
    const course = this.#at.memory.courses.get(parameter.id)
    const usual = this.#usual.get(parameter.id)?.usual
    let left = t
    if (course && usual) {
      const recent = between(course, t - 6 * HOUR, t).reverse()
      for (const one of recent) {
        const { size } = shiftOf({ ...parameter, mean: one.mean, sd: one.sd }, usual)
        if (size === 0) break
        left = one.t
      }
    }
    const leant = complaint && !complaint.either && t - complaint.since < 6 * HOUR ? complaint.since : left
    return Math.min(left, leant)
  }

  /** Of the whole crew: the zone whose load has moved most. */
  #zoneOf({ id, kind }: Parameter, t: number, parameters: readonly Parameter[]): string | undefined {
    if (kind !== 'crew-load') return undefined
    let most: { zone: string | undefined; by: number } | undefined
    for (const one of parameters) {
      if (one.kind !== kind || one.id === id) continue
      const usual = this.#usualOf(one, t)
      const by = Math.abs(one.mean - (usual?.middle ?? one.mean))
      if (most === undefined || by > most.by) most = { zone: one.zone, by }
    }
    return most?.zone
  }

  /** What was named goes on, ends, or becomes the usual. */
  #stand(t: number, shifts: readonly Shift[]): void {
    const { memory, standing } = this.#at
    for (const named of [...memory.named.values()]) {
      const alert = standing.alerts.get(named.alert)
      if (alert === undefined) {
        memory.named.delete(named.parameter.id)
        continue
      }
      const accepted = alert.acknowledged !== undefined && t - alert.acknowledged.t > ACCEPTED
      if (accepted || t - named.raised > FOREVER) {
        this.#end(t, named, usualText(capital(this.#nameOf(named)), false))
        continue
      }
      const shift = shifts.find(({ parameter }) => parameter.id === named.parameter.id)
      if (shift === undefined) continue
      const { mean } = shift.parameter
      const whole = Math.abs(alert.anomaly ? alert.anomaly.to - named.from : named.to - named.from)
      const isBack = Math.abs(mean - named.from) <= BACK * whole || mean > named.from !== named.to > named.from
      named.back = isBack ? (named.back ?? t) : undefined
      if (named.back !== undefined) {
        if (t - named.back >= BACK_FOR) this.#end(t, named, usualText(capital(this.#nameOf(named)), true))
        continue
      }
      named.to = mean
      named.size = Math.max(shift.size, t - named.raised < HOUR ? named.size : 0)
      this.#tell(t, named)
    }
  }

  #end(t: number, named: Named, text: string): void {
    this.#at.memory.named.delete(named.parameter.id)
    this.#at.standing.clear(named.alert, t, text, named.to)
  }
}

function isWhy({ parameter, from, to }: Shift, { zone, point, up, either }: Complaint): boolean {
  const grew = to > from
  return explains(parameter, zone, point, up, grew) || (either && explains(parameter, zone, point, !up, grew))
}

/**
 * Parameters that are watched. People go from room to room, which is no anomaly: where several zones have a crew load,
 * it is their sum that is watched. Who is present now is looked at apart (`company.ts`).
 */
function wholeCrew(parameters: readonly Parameter[]): Parameter[] {
  const crew = parameters.filter(({ id, kind }) => kind === 'crew-load' && id !== PRESENT)
  const others = parameters.filter(({ kind }) => kind !== 'crew-load' && kind !== 'bias')
  const [first] = crew
  if (first === undefined || crew.length === 1) return [...crew, ...others]
  const mean = crew.reduce((sum, one) => sum + one.mean, 0)
  const sd = Math.hypot(...crew.map((one) => one.sd))
  const { zone: _zone, ...rest } = first
  return [
    { ...rest, id: 'crew-load', label: 'Crew load', mean, sd, p05: mean - 1.645 * sd, p95: mean + 1.645 * sd },
    ...others,
  ]
}

function noteIn(courses: Map<string, Course>, id: string, t: number, mean: number, sd: number): void {
  let course = courses.get(id)
  if (course === undefined) {
    course = newCourse()
    courses.set(id, course)
  }
  note(course, t, mean, sd)
}

/** What costs air or protection is for somebody to look at soon; what people do themselves is for knowing. */
function levelOf(kind: Parameter['kind'], up: boolean): Level {
  return (kind === 'leak' && up) || (kind === 'scrubber' && !up) ? 'caution' : 'advisory'
}

function checklistOf(kind: Parameter['kind'], up: boolean): { checklist?: string } {
  if (kind === 'leak' && up) return { checklist: 'pressure-leak' }
  return kind === 'scrubber' && !up ? { checklist: 'co2-high' } : {}
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

function lower(label: string): string {
  return /^[A-Z][a-z]/.test(label) ? label.charAt(0).toLowerCase() + label.slice(1) : label
}
