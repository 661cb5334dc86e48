/** What clients with a session ask for, and ask for no more: kept, and written down before they are answered. */
import type { Clock } from '@habtwin/runtime/clock'
import type { Subscription } from './records.ts'
import type { KeptSession } from './session.ts'
import type { KeptSessions, Notes } from './sessions.ts'

/** In the SUBACK, for a filter that was refused; whoever refuses it sets it. */
const REFUSED = 0x80

interface Asked {
  readonly client: string
  readonly all: readonly Subscription[]
  readonly noted: Promise<void>
}

export class Subscribing {
  readonly #clock: Clock
  readonly #sessions: KeptSessions
  readonly #journal: Notes | undefined
  /** A SUBSCRIBE whose filters are being judged. */
  #asked: Asked | undefined
  readonly #noting = new Map<KeptSession, Promise<void>>()

  constructor(clock: Clock, sessions: KeptSessions, journal: Notes | undefined) {
    this.#clock = clock
    this.#sessions = sessions
    this.#journal = journal
  }

  /**
   * Aedes calls this for each filter that was granted, and each time with all that were asked for. They are taken once,
   * after the last of them was judged, and without those that were refused.
   */
  add(client: string, all: readonly Subscription[]): Promise<void> {
    if (this.#asked?.all === all && this.#asked.client === client) return this.#asked.noted
    const noted = Promise.resolve().then(() => {
      this.#asked = undefined
      return this.#take(client, all)
    })
    this.#asked = { client, all, noted }
    return noted
  }

  async remove(client: string, topics: readonly string[]): Promise<void> {
    const session = this.#sessions.get(client)
    if (session === undefined) return
    const had = topics.filter((topic) => session.subscriptions.has(topic))
    for (const topic of had) this.#sessions.unsubscribe(session, topic)
    if (had.length > 0) await this.#noted(session)
  }

  async #take(client: string, all: readonly Subscription[]): Promise<void> {
    const session = this.#sessions.open(client)
    for (const { topic, qos, rh, rap, nl, subscriptionIdentifier } of all) {
      if (qos >= REFUSED) continue
      const more = subscriptionIdentifier === undefined ? {} : { subscriptionIdentifier }
      this.#sessions.subscribe(session, { topic, qos, rh, rap, nl, ...more })
    }
    await this.#noted(session)
  }

  /**
   * Like a PUBACK, a SUBACK says what is so. What changes in one turn of the event loop is written once: thousands of
   * packets may come in one, and each record is of the whole session.
   */
  async #noted(session: KeptSession): Promise<void> {
    const journal = this.#journal
    if (journal === undefined || !session.lasting) return
    const write = () => {
      this.#noting.delete(session)
      return journal.commit(journal.append(session.record(this.#clock)))
    }
    const noted = this.#noting.get(session) ?? turn().then(write)
    this.#noting.set(session, noted)
    await noted
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
