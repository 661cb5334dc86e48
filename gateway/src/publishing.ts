/** What the gateway says on the broker by itself: retained or not, alerts that begin and end, and how its node is. */
import type { Broker } from '@habtwin/broker'
import { type Alert, topic, wire } from '@habtwin/contract'
import type { Journal } from './journal/index.ts'

export interface PublishingParts {
  readonly broker: Broker
  readonly habitat: string
  readonly node: string
  /** What is said of the node, beside whether it is online. */
  readonly about: () => object
}

export class Publishing {
  readonly #parts: PublishingParts

  constructor(parts: PublishingParts) {
    this.#parts = parts
  }

  /** On a relative topic, kept for whoever comes later; an empty payload takes it away. */
  readonly retain = (relative: string, payload: string): void => this.publish(relative, payload, true, nothing)

  /** On a relative topic, for whoever listens now. */
  readonly send = (relative: string, payload: string): void => this.publish(relative, payload, false, nothing)

  /** @param done called when everyone was given it who is fast enough */
  readonly publish = (relative: string, payload: string, retain: boolean, done: () => void): void =>
    this.#parts.broker.publishFast(wire(this.#parts.habitat, relative), payload, retain, done)

  /** Journals an alert and tells of it. */
  alert({ journal: _journal, seq: _seq, ...body }: Alert, journal: Journal): void {
    const entry = journal.append(topic.alert(body.id), body)
    if (body.active) this.retain(entry.topic, entry.payload)
    else {
      // said once, then taken away: whoever comes later finds no alert
      this.send(entry.topic, entry.payload)
      this.retain(entry.topic, '')
    }
  }

  /** Journals something that is said once. */
  once(relative: string, body: object, journal: Journal): void {
    const entry = journal.append(relative, body)
    this.send(entry.topic, entry.payload)
  }

  online(): void {
    this.retain(topic.status(this.#parts.node), this.#status('online'))
  }

  /** The last word, before the broker is closed. */
  async offline(): Promise<void> {
    const { broker, habitat, node } = this.#parts
    await broker.publish(wire(habitat, topic.status(node)), this.#status('offline'), { retain: true })
  }

  #status(state: 'online' | 'offline'): string {
    return JSON.stringify({ state, ...this.#parts.about() })
  }
}

function nothing(): void {}
