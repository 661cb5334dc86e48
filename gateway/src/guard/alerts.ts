/**
 * The alerts that stand, one for each id: raised, changed, acknowledged, cleared. Each report is sent once, and an
 * alert whose figure alone changes at most each 10 s.
 */
import { type Alert, alert as alertSchema, type Level } from '@habtwin/contract'
import { rank } from '@habtwin/runtime/alert-words'
import type { Clock } from '@habtwin/runtime/clock'

/** What is the matter now; the rest of an alert is its history. */
export interface Matter {
  readonly level: Level
  readonly zone: string
  readonly quantity: string
  readonly device?: string | undefined
  readonly value: number | null
  readonly limit: number | null
  readonly text: string
  readonly checklist?: string | undefined
}

/** Keeps what stands over a restart, so that it goes on, with who acknowledged it, or ends. The text is ours to read. */
export interface GuardState {
  load(): string | undefined
  save(state: string): void
}

/** Figures are brought up to date at most this often, ms. */
const REFRESH = 10_000
/** How long an alert from before the start may stand without a word about it, ms. */
const REMEMBER = 3_600_000

export class Alerts {
  readonly #clock: Clock
  readonly #report: (alert: Alert) => void
  readonly #state: GuardState | undefined
  readonly #standing = new Map<string, Alert>()
  readonly #sent = new Map<string, number>()
  /** Those from before the start about which nothing was heard since. */
  readonly #restored = new Set<string>()
  #started = 0

  constructor(clock: Clock, report: (alert: Alert) => void, state?: GuardState) {
    this.#clock = clock
    this.#report = report
    this.#state = state
  }

  /** Takes up what stood before, and says so again. A state that cannot be read is as good as none. */
  start(): void {
    this.#started = this.#clock.mono()
    for (const alert of parse(this.#state?.load() ?? '[]')) {
      this.#standing.set(alert.id, alert)
      this.#restored.add(alert.id)
      this.#send(alert)
    }
  }

  /** True while any alert from before the start waits for a word about it. */
  get waiting(): boolean {
    return this.#restored.size > 0
  }

  /** An alert from before the start about which nothing was heard since. */
  restored(id: string): Alert | undefined {
    return this.#restored.has(id) ? this.#standing.get(id) : undefined
  }

  /** Ends what stood before the start and that nobody can speak of any more. */
  expire(t: number): void {
    if (!this.waiting || this.#clock.mono() - this.#started < REMEMBER) return
    for (const id of this.#restored) this.clear(id, t, 'Nothing was heard of it since the restart')
  }

  has(id: string): boolean {
    return this.#standing.has(id)
  }

  active(): Alert[] {
    return [...this.#standing.values()]
  }

  /** Raises an alert, or brings the one that stands up to date. */
  raise(id: string, t: number, matter: Matter): void {
    const before = this.#standing.get(id)
    this.#restored.delete(id)
    const worse = before !== undefined && rank(matter.level) < rank(before.level)
    // an acknowledgement is of what was known then: something worse has to be heard anew
    const acknowledged = worse ? undefined : before?.acknowledged
    const { device, checklist, ...rest } = matter
    const alert: Alert = {
      id,
      ...rest,
      ...(device === undefined ? {} : { device }),
      ...(checklist === undefined ? {} : { checklist }),
      since: before?.since ?? t,
      t,
      source: 'guard',
      active: true,
      ...(acknowledged === undefined ? {} : { acknowledged }),
    }
    this.#standing.set(id, alert)
    if (before?.level === alert.level && !this.#due(id, before, alert)) return
    this.#send(alert)
    if (before?.level !== alert.level) this.#save()
  }

  /** Ends an alert, if it stands. */
  clear(id: string, t: number, text: string, value: number | null = null): void {
    const before = this.#standing.get(id)
    if (before === undefined) return
    this.#standing.delete(id)
    this.#restored.delete(id)
    this.#send({ ...before, t: Math.max(t, before.t), text, value, active: false })
    this.#sent.delete(id)
    this.#save()
  }

  /** False where no such alert stands. A second acknowledgement changes nothing. */
  acknowledge(id: string, by: string, t: number): boolean {
    const alert = this.#standing.get(id)
    if (alert === undefined) return false
    if (alert.acknowledged) return true
    const acknowledged: Alert = { ...alert, acknowledged: { by, t } }
    this.#standing.set(id, acknowledged)
    this.#send(acknowledged)
    this.#save()
    return true
  }

  /** Whether a mere change of figures is to be told now. */
  #due(id: string, before: Alert, alert: Alert): boolean {
    if (before.text === alert.text && before.value === alert.value) return false
    return this.#clock.mono() - (this.#sent.get(id) ?? 0) >= REFRESH
  }

  #send(alert: Alert): void {
    this.#sent.set(alert.id, this.#clock.mono())
    this.#report(alert)
  }

  #save(): void {
    this.#state?.save(JSON.stringify(this.active()))
  }
}

function parse(text: string): Alert[] {
  try {
    return alertSchema.array().parse(JSON.parse(text))
  } catch {
    return []
  }
}
