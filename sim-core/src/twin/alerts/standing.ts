/** The twin's alerts that stand: raised, changed, acknowledged, cleared. Each change is given out once. */
import type { Alert } from '@habtwin/contract'
import { rank } from '@habtwin/runtime/alert-words'

/** What is the matter now; the rest of an alert is its history. */
export type Matter = Omit<Alert, 'journal' | 'seq' | 'id' | 'since' | 't' | 'source' | 'active' | 'acknowledged'> & {
  /** When it began, where that is known to be before it was noticed, ms. */
  readonly since?: number
}

/** A mere change of figures is told at most this often, ms: each is a record for ever. */
const REFRESH = 10 * 60_000

export class Standing {
  /** By id; plain data, to be kept over a restart. */
  readonly alerts: Map<string, Alert>
  /** What changed since it was last taken, oldest first. */
  #changes: Alert[] = []

  constructor(alerts: ReadonlyMap<string, Alert> = new Map()) {
    this.alerts = new Map(alerts)
  }

  /** Raises an alert, or brings the one that stands up to date. */
  raise(id: string, t: number, { since, ...matter }: Matter): void {
    const before = this.alerts.get(id)
    const same = before?.level === matter.level
    if (before && same && (t - before.t < REFRESH || before.text === matter.text)) return
    // an acknowledgement is of what was known then: something worse has to be heard anew
    const worse = before !== undefined && rank(matter.level) < rank(before.level)
    const acknowledged = worse ? undefined : before?.acknowledged
    this.#put({
      id,
      ...matter,
      since: before?.since ?? since ?? t,
      t,
      source: 'twin',
      active: true,
      ...(acknowledged === undefined ? {} : { acknowledged }),
    })
  }

  /** Ends an alert, if it stands. */
  clear(id: string, t: number, text: string, value: number | null = null): void {
    const before = this.alerts.get(id)
    if (before === undefined) return
    this.alerts.delete(id)
    const { forecast: _forecast, ...rest } = before
    this.#changes.push({ ...rest, t: Math.max(t, before.t), text, value, active: false })
  }

  /** False where no such alert stands. A second acknowledgement changes nothing. */
  acknowledge(id: string, by: string, t: number): boolean {
    const alert = this.alerts.get(id)
    if (alert === undefined) return false
    if (alert.acknowledged === undefined) {
      const at = Math.max(t, alert.t)
      this.#put({ ...alert, t: at, acknowledged: { by, t: at } })
    }
    return true
  }

  take(): Alert[] {
    const changes = this.#changes
    this.#changes = []
    return changes
  }

  #put(alert: Alert): void {
    this.alerts.set(alert.id, alert)
    this.#changes.push(alert)
  }
}
