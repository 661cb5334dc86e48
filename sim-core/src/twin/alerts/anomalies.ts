/**
 * Something is not as it was: what, since when, and by how much.
 *
 *   innovations ─► watches (CUSUM, χ²) ─┐
 *                                       ├─► which parameter moved, and does it explain the sign? ─► named, or unexplained
 *   parameters ─► courses (the usual) ──┘
 *
 * A parameter is named that stands far out of its usual by itself, or somewhat where innovations ask for a cause that
 * it explains. One cause moves several figures: the one that stands out most is named, and the others are taken for
 * its shadow until they stand out clearly more.
 */
import type { Level, Parameter } from '@habtwin/contract'
import { alertId } from '@habtwin/runtime/alert-words'
import { explains } from './effect.ts'
import type { Matter, Standing } from './standing.ts'
import { localTime, movedText, parameterName, unexplainedText, unitOf, usualText } from './text.ts'
import { between, type Course, newCourse, note, type Shift, shiftOf, type Usual, usualOf } from './usual.ts'
import { type Alarm, chi, cusum, follow, newWatch, type Watch } from './watch.ts'

/** How far an instrument's minute was from what the filter expected. */
export interface Innovation {
  readonly device: string
  readonly zone: string
  readonly point: string
  /** In standard deviations of what was expected. */
  readonly z: number
  readonly accepted: boolean
  readonly reason?: string | undefined
}

/** A change that was named, as long as it stands; plain data. */
export interface Named {
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
  /** The estimate itself has left its usual. */
  moved: boolean
}

/** Kept over a restart: plain data. */
export interface AnomalyMemory {
  readonly watches: Map<string, Watch>
  readonly courses: Map<string, Course>
  readonly named: Map<string, Named>
  /** By parameter, or `unexplained/{zone}`: since when it is a candidate, ms. */
  readonly pending: Map<string, number>
  /** By zone: since when nothing is unexplained any more. */
  readonly calm: Map<string, number>
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
/** Standard deviations beyond the usual that are an anomaly by themselves, and where innovations ask for a cause. */
const ALONE = 3
const ASKED = 1.2
/** What shows that air is lost, by itself, over its threshold; and for how long, ms. */
const airPoints: ReadonlySet<string> = new Set(['level', 'pressure-difference'])
const LOSING = 1.75
/** And over the worst of the last days; where nobody knows that yet it must be overwhelming. */
const LOSING_UNUSUAL = 1.25
const OVERWHELMING = 4
const LOSING_FOR = 5 * MINUTE
const QUIET_FOR = 2 * HOUR
/** For how long, ms. */
const ALONE_FOR = 5 * MINUTE
const ASKED_FOR = 3 * MINUTE
/** CUSUM over its threshold, and over the worst of the last days, that is told though nothing explains it; and for how long, ms. */
const UNEXPLAINED = 3
const UNUSUAL = 1.5
const UNEXPLAINED_FOR = 15 * MINUTE
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
  calm: new Map(),
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
    this.#follow(t, innovations)
    const { memory } = this.#at
    const watched = wholeCrew(parameters)
    for (const { id, mean, sd } of parameters) noteIn(memory.courses, id, t, mean, sd)
    for (const { id, mean, sd } of watched) noteIn(memory.courses, id, t, mean, sd)
    const alarms = this.#alarms(t, excused)
    const shifts = watched.flatMap((parameter) => {
      const usual = this.#usualOf(parameter, t)
      return usual ? [shiftOf(parameter, usual)] : []
    })
    this.#name(t, shifts, alarms, parameters)
    this.#stand(t, shifts, alarms)
    this.#unexplained(t, shifts, alarms)
  }

  #follow(t: number, innovations: readonly Innovation[]): void {
    const sums = new Map<string, { sum: number; n: number }>()
    for (const { zone, point, z, reason } of innovations) {
      // what was left out because it does not move is no news of the air
      if (!Number.isFinite(z) || /stale|frozen|stuck|silent/.test(reason ?? '')) continue
      const key = `${zone}/${point}`
      const one = sums.get(key) ?? { sum: 0, n: 0 }
      one.sum += z
      one.n++
      sums.set(key, one)
    }
    const { watches } = this.#at.memory
    for (const [key, { sum, n }] of sums) {
      let watch = watches.get(key)
      if (watch === undefined) {
        watch = newWatch()
        watches.set(key, watch)
      }
      follow(watch, t, sum / n)
    }
  }

  /** What innovations complain of now. */
  #alarms(t: number, excused: (zone: string, point: string) => boolean): Complaint[] {
    const found: Complaint[] = []
    for (const [key, watch] of this.#at.memory.watches) {
      const [zone = '', point = ''] = key.split('/')
      if (t - watch.t > 10 * MINUTE || excused(zone, point)) continue
      const side = cusum(watch)
      const either = chi(watch)
      if (Math.max(side.evidence, either) < 1) continue
      // χ² tells no side: then either may be
      found.push({ ...side, zone, point, either: side.evidence < 1, chi: either })
    }
    return found
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

  #name(t: number, shifts: readonly Shift[], alarms: readonly Complaint[], parameters: readonly Parameter[]): void {
    const { pending, named } = this.#at.memory
    let best: Suspect | undefined
    for (const shift of shifts) {
      const { id } = shift.parameter
      const alarm = strongest(alarms.filter((one) => isWhy(shift, one)))
      const bar = (alarm ? ASKED : ALONE) * (breathing.has(shift.parameter.kind) ? BREATHING : 1)
      if (shift.size < bar || named.has(id) || this.#isTold(shift.parameter)) {
        pending.delete(id)
        continue
      }
      const since = pending.get(id) ?? t
      pending.set(id, since)
      const enough = t - since >= (alarm && shift.size < ALONE ? ASKED_FOR : ALONE_FOR) - MINUTE
      if (enough && shift.size > (best?.shift.size ?? 0)) best = { shift, alarm, moved: true }
    }
    const losing = this.#losing(t, shifts, alarms)
    if (losing && losing.shift.size > (best?.shift.size ?? 0)) best = losing
    if (best === undefined) return
    const rival = [...named.values()].find((one) => t - one.raised < SAME_CAUSE && this.#standsIn(one))
    if (rival) {
      if (best.shift.size < RATHER * rival.size) return
      this.#end(t, rival, `Not ${this.#nameOf(rival)} after all, rather ${this.#nameOf(best.shift.parameter)}`)
    }
    this.#raise(t, best, parameters)
  }

  /**
   * Air goes that nothing accounts for: then the leak has grown, though the filter may take hours to say by how much.
   * It is told with what the estimate is by then, and brought up to date as that moves.
   */
  #losing(t: number, shifts: readonly Shift[], alarms: readonly Complaint[]): Suspect | undefined {
    const shift = shifts.find(({ parameter }) => parameter.kind === 'leak')
    const alarm = strongest(alarms.filter(isLosing))
    const { pending, named } = this.#at.memory
    if (shift === undefined || alarm === undefined || named.has(shift.parameter.id)) {
      pending.delete('losing')
      return undefined
    }
    const since = pending.get('losing') ?? t
    pending.set('losing', since)
    if (t - since < LOSING_FOR - MINUTE) return undefined
    pending.delete('losing')
    return { shift: { ...shift, size: Math.max(shift.size, ALONE * alarm.evidence) }, alarm, moved: false }
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

  #raise(t: number, { shift, alarm, moved }: Suspect, parameters: readonly Parameter[]): void {
    const { parameter, from, to, size } = shift
    const zone = parameter.zone ?? this.#zoneOf(parameter, t, parameters) ?? 'habitat'
    const named: Named = {
      alert: alertId(zone, parameter.kind, 'changed'),
      parameter: { id: parameter.id, kind: parameter.kind, label: parameter.label, unit: parameter.unit },
      zone,
      from,
      to,
      since: this.#began(shift, alarm, t),
      raised: t,
      size,
      evidence: Math.max(size / ALONE, alarm?.evidence ?? 0, alarm?.chi ?? 0),
      back: undefined,
      moved,
    }
    this.#at.memory.named.set(parameter.id, named)
    this.#at.memory.pending.delete(parameter.id)
    this.#at.standing.clear(alertId(zone, 'unexplained'), t, `It is ${this.#nameOf(named)}`)
    this.#tell(t, named)
  }

  #tell(t: number, named: Named): void {
    const { standing, timezone, label } = this.#at
    const { parameter, zone, from, to, since, evidence } = named
    // named by what it does: the estimate may not know yet even which way
    const up = named.moved ? to > from : true
    const matter: Matter = {
      level: levelOf(parameter.kind, up),
      zone,
      quantity: parameter.kind,
      value: to,
      limit: null,
      since,
      text: movedText(
        parameter,
        from,
        named.moved ? to : undefined,
        localTime(since, t, timezone),
        zone === 'habitat' ? undefined : label(zone),
      ),
      anomaly: { parameter: parameter.id, from, to, unit: unitOf(parameter), since, evidence },
      ...checklistOf(parameter.kind, up),
    }
    standing.raise(named.alert, t, matter)
  }

  /** When it began: where innovations first leant, or where the estimate left its usual, whichever is earlier. */
  #began({ parameter }: Shift, alarm: Complaint | undefined, t: number): number {
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
    return alarm && !alarm.either && t - alarm.since < 6 * HOUR ? Math.min(left, alarm.since) : left
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
  #stand(t: number, shifts: readonly Shift[], alarms: readonly Complaint[]): void {
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
      named.moved ||= shift.size > 0
      if (!named.moved) {
        this.#await(t, named, alarms)
        continue
      }
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

  /** Named by what it does, before the estimate has moved: it goes on for as long as it does that. */
  #await(t: number, named: Named, alarms: readonly Complaint[]): void {
    const still = alarms.some(({ point, up }) => airPoints.has(point) && !up)
    named.back = still ? undefined : (named.back ?? t)
    if (named.back !== undefined && t - named.back >= QUIET_FOR) {
      this.#end(t, named, usualText(capital(this.#nameOf(named)), true))
    }
  }

  #end(t: number, named: Named, text: string): void {
    this.#at.memory.named.delete(named.parameter.id)
    this.#at.standing.clear(named.alert, t, text, named.to)
  }

  /** Innovations lean hard, and nothing that is known has moved. */
  #unexplained(t: number, shifts: readonly Shift[], alarms: readonly Complaint[]): void {
    const { memory, standing, timezone, label } = this.#at
    const zones = new Set([...memory.watches.keys()].map((key) => key.split('/')[0] as string))
    const known = [...memory.named.values()].some((one) => t - one.raised < SAME_CAUSE)
    for (const zone of zones) {
      const id = alertId(zone, 'unexplained')
      const key = `unexplained/${zone}`
      const alarm = strongest(
        alarms.filter((one) => one.zone === zone && one.evidence >= UNEXPLAINED && one.unusual >= UNUSUAL),
      )
      if (standing.alerts.has(id)) {
        const calm = alarms.some((one) => one.zone === zone && one.evidence >= 1)
          ? undefined
          : (memory.calm.get(zone) ?? t)
        if (calm === undefined) memory.calm.delete(zone)
        else memory.calm.set(zone, calm)
        if (calm !== undefined && t - calm >= BACK_FOR) {
          standing.clear(id, t, 'What comes is what was expected again')
          memory.calm.delete(zone)
        }
        continue
      }
      if (alarm === undefined || known || shifts.some((shift) => shift.size >= ASKED && isWhy(shift, alarm))) {
        memory.pending.delete(key)
        continue
      }
      const since = memory.pending.get(key) ?? t
      memory.pending.set(key, since)
      if (t - since < UNEXPLAINED_FOR - MINUTE) continue
      memory.pending.delete(key)
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
}

/** What is to be named. */
interface Suspect {
  readonly shift: Shift
  readonly alarm: Complaint | undefined
  /** False where the estimate has not moved, or not yet. */
  readonly moved: boolean
}

/** Innovations of one zone and point that are not what they were. */
interface Complaint extends Alarm {
  readonly zone: string
  readonly point: string
  /** It is not known to which side. */
  readonly either: boolean
  readonly chi: number
}

function isWhy({ parameter, from, to }: Shift, { zone, point, up, either }: Complaint): boolean {
  const grew = to > from
  return explains(parameter, zone, point, up, grew) || (either && explains(parameter, zone, point, !up, grew))
}

/** Figures by which the model breathes with doors, lamps and weather: they must stand out so many times as far. */
const BREATHING = 2
const breathing: ReadonlySet<Parameter['kind']> = new Set(['exchange', 'crop', 'heat'])

function isLosing({ point, up, evidence, unusual }: Complaint): boolean {
  if (!airPoints.has(point) || up) return false
  return unusual > 0 ? evidence >= LOSING && unusual >= LOSING_UNUSUAL : evidence >= OVERWHELMING
}

function strongest(alarms: readonly Complaint[]): Complaint | undefined {
  let most: Complaint | undefined
  for (const one of alarms) if (most === undefined || one.evidence > most.evidence) most = one
  return most
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
