/**
 * The examination of one habitat:
 *
 *   0 h ──learn── 24 h: figures ──forecasts, scored as they come due── 54 h ──(of some)── 8 d: false alarms
 *                          └─ from 30 h on, at a time for each: a copy with a fault, 12 or 24 h
 */
import { type Built, build, type Kind } from './build.ts'
import { type Fault, type FaultName, faultsOf } from './faults.ts'
import { Living } from './living.ts'
import { Pending, type Tallies } from './pending.ts'
import {
  type Figure,
  type FigureName,
  type Finding,
  figures,
  type MakeSubject,
  type Observation,
  type Subject,
} from './subject.ts'

const HOUR = 60
const LEARN = 24 * HOUR
const END = 54 * HOUR
const WEEK = 8 * 24 * HOUR
/** Minutes between forecasts that are scored. */
const ORIGINS = 2 * HOUR
export const leads = [15, 60, 360, 1_440] as const

interface Found {
  readonly kind: string
  readonly device?: string | undefined
  /** Minutes after the fault showed; in undisturbed time, after the first reading. */
  readonly at: number
  readonly text: string
}

export interface FaultResult {
  readonly name: FaultName
  readonly kind: string
  readonly device?: string | undefined
  /** Minutes after the first reading; from when on it showed, or null where it never did. */
  readonly at: number
  readonly shown: number | null
  readonly found: readonly Found[]
}

export interface Result {
  readonly seed: number
  readonly kind: Kind
  readonly truth: Readonly<Record<FigureName, number>>
  readonly figures: Partial<Record<FigureName, Figure>>
  /** Of what an ideal instrument would read; and, of some, what was told to people of what the instruments will. */
  readonly forecasts: Tallies
  readonly published?: Tallies
  readonly quiet: { readonly hours: number; readonly alarms: readonly Found[] }
  readonly faults: readonly FaultResult[]
  /** CPU, s, and habitat-days that were lived through. */
  readonly seconds: { readonly habitat: number; readonly subject: number }
  readonly days: number
}

export interface Extent {
  readonly faults: boolean
  /** Goes on undisturbed for eight days. */
  readonly week: boolean
  /** What is told to people is scored too. */
  readonly published?: (built: Built) => Pick<Subject, 'step' | 'forecast'>
}

export function examine(seed: number, make: MakeSubject, extent: Extent): Result {
  const built = build(seed)
  const clock = new Clock()
  const living = new Living(built)
  const run = new Run(built, living, make(built, living), clock)
  const waiting = extent.faults ? faultsOf(built).sort((a, b) => a.at - b.at) : []
  const pending = new Pending()
  const told = new Pending()
  const published = extent.published?.(built)
  const results: FaultResult[] = []
  let known: Result['figures'] = {}
  const end = extent.week ? WEEK : END
  for (let minute = 0; minute < end; minute++) {
    while (waiting[0]?.at === minute) results.push(disturb(waiting.shift() as Fault, run, make))
    const at = living.minute
    const observed = run.step()
    const now = minute + 1
    if (now === LEARN) known = run.subject.figures()
    if (now > END) continue
    pending.came(minute, living.ideal)
    told.came(minute, living.read)
    published?.step(at, observed)
    const due = leads.filter((lead) => now + lead <= END)
    if (now < LEARN || now % ORIGINS !== 0 || due.length === 0) continue
    clock.start()
    pending.said(minute, due, run.subject.forecast(due), living.ideal)
    clock.stop('subject')
    if (published !== undefined) told.said(minute, due, published.forecast(due), living.read)
  }
  const { leak, residents, scrubber } = built.truth
  return {
    seed,
    kind: built.kind,
    truth: { leak, crew: residents, scrubber: scrubber.efficiency },
    figures: Object.fromEntries(figures.flatMap((name) => (known[name] ? [[name, known[name]]] : []))),
    forecasts: pending.tallies,
    ...(published === undefined ? {} : { published: told.tallies }),
    quiet: { hours: end / HOUR, alarms: run.found },
    faults: results,
    seconds: clock.seconds,
    days: clock.minutes / 1_440,
  }
}

/** Lets a fault begin in a copy of a run, and watches what is said of it. */
function disturb(fault: Fault, trunk: Run, make: MakeSubject): FaultResult {
  const run = trunk.branch(make)
  fault.apply(run.living)
  const before = run.found.length
  let shown: number | null = null
  for (let minute = 0; minute < fault.watch; minute++) {
    run.step()
    if (shown === null && fault.shows(run.living)) shown = run.minutes - 1
  }
  const { name, kind, device, at } = fault
  const since = shown ?? at
  const found = run.found.slice(before).map((one) => ({ ...one, at: one.at - since }))
  return { name, kind, device, at, shown, found }
}

/** A habitat and who is examined, minute by minute. */
class Run {
  readonly living: Living
  readonly subject: Subject
  /** Minutes since the first reading. */
  minutes = 0
  /** All that was raised, in order. */
  found: Found[] = []
  #built: Built
  #clock: Clock
  #active = new Set<string>()

  constructor(built: Built, living: Living, subject: Subject, clock: Clock) {
    this.#built = built
    this.living = living
    this.subject = subject
    this.#clock = clock
  }

  step(): readonly Observation[] {
    const clock = this.#clock
    clock.start()
    const minute = this.living.minute
    const observed = this.living.live()
    clock.stop('habitat')
    this.subject.step(minute, observed)
    const findings = this.subject.findings()
    clock.stop('subject')
    clock.minutes++
    this.minutes++
    for (const finding of findings) if (!this.#active.has(finding.id)) this.found.push(this.#note(finding))
    this.#active = new Set(findings.map(({ id }) => id))
    return observed
  }

  /** Another that goes on from here; one that cannot be copied lives through it all again. */
  branch(make: MakeSubject): Run {
    const living = new Living(this.#built, this.living)
    const subject = this.subject.fork(living)
    if (subject !== undefined) {
      const run = new Run(this.#built, living, subject, this.#clock)
      run.minutes = this.minutes
      run.found = [...this.found]
      run.#active = new Set(this.#active)
      return run
    }
    const anew = new Living(this.#built)
    const run = new Run(this.#built, anew, make(this.#built, anew), this.#clock)
    while (run.minutes < this.minutes) run.step()
    return run
  }

  #note({ kind, device, text }: Finding): Found {
    return { kind, device, text, at: this.minutes }
  }
}

/** Where the processor's time goes, of this thread alone. */
class Clock {
  readonly seconds = { habitat: 0, subject: 0 }
  minutes = 0
  #since = 0

  start(): void {
    this.#since = now()
  }

  stop(what: 'habitat' | 'subject'): void {
    const at = now()
    this.seconds[what] += at - this.#since
    this.#since = at
  }
}

/** s */
function now(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1e6
}
