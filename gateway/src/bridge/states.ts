/** What has a state rather than a history: of each topic the latest is sent, when it has changed and after each connect. */

/** Topics that are kept in mind; beyond that something makes up names. */
const MOST = 20_000

export class States {
  readonly #latest = new Map<string, string>()
  /** Topics to be sent, in the order in which they changed. */
  readonly #changed = new Set<string>()

  get waiting(): number {
    return this.#changed.size
  }

  latest(topic: string): string | undefined {
    return this.#latest.get(topic)
  }

  /**
   * Takes the word on a topic; empty where there is none any more.
   * @param send false where it goes another way now, and is only wanted again after the next connect
   */
  hear(topic: string, payload: string, send = true): void {
    if (this.#latest.get(topic) === payload) return
    if (!this.#latest.has(topic) && this.#latest.size >= MOST) return
    this.#latest.set(topic, payload)
    if (send) this.#changed.add(topic)
  }

  /** Has a topic sent as it is now; cleared there where nothing is known of it. */
  again(topic: string): void {
    if (!this.#latest.has(topic)) this.#latest.set(topic, '')
    this.#changed.add(topic)
  }

  /** It goes another way, as it is now. */
  settled(topic: string): void {
    this.#changed.delete(topic)
  }

  allAgain(): void {
    for (const topic of this.#latest.keys()) this.#changed.add(topic)
  }

  /** Takes what is to be sent next. */
  next(): { readonly topic: string; readonly payload: string } | undefined {
    for (const topic of this.#changed) {
      this.#changed.delete(topic)
      return { topic, payload: this.#latest.get(topic) ?? '' }
    }
    return undefined
  }

  /** It is there now: what was cleared need not be remembered. */
  arrived(topic: string, payload: string): void {
    if (payload === '' && this.#latest.get(topic) === '' && !this.#changed.has(topic)) this.#latest.delete(topic)
  }
}

/** Filters of all that is state, below `hab/{habitat}/`. Each is retained. */
export const stateFilters = [
  'about',
  'status/+',
  'device/+/info',
  'device/+/health',
  'journal/+',
  'clock/+/+',
  'audit/+',
  'control/+/+',
  'confirm/+',
  'alert/+',
  'twin/#',
  'link/+',
] as const
