/** The channel without any delay of its own: messages go by the link as they come. */
import { relative, wire } from '@habtwin/contract'
import type { Link } from '@habtwin/runtime/mqtt'
import type { Channel, ChannelEvents, ChannelWords, Done, Message } from './channel.ts'

export interface DirectParts {
  readonly link: Link
  readonly habitat: string
  /** Before `hab/…` at the other side; empty, or with its last slash. */
  readonly prefix: string
  /** Filters below `hab/{habitat}/` of what is heard. */
  readonly hears: readonly string[]
  readonly qos: 0 | 1
}

export class DirectChannel implements Channel {
  readonly delay = 0
  readonly unlimited = false
  readonly keeps = false
  readonly #parts: DirectParts
  #reason: string | undefined = 'not connected yet'
  /** Filters that the other broker does not grant. */
  readonly #refused = new Set<string>()

  constructor(parts: DirectParts) {
    this.#parts = parts
  }

  get up(): boolean {
    return this.#parts.link.up
  }

  get open(): boolean {
    return this.up
  }

  get reason(): string | undefined {
    if (this.#reason !== undefined || this.#refused.size === 0) return this.#reason
    return `it does not let us hear ${[...this.#refused].join(', ')}`
  }

  words(): ChannelWords {
    return { delay: 0, simulated: false }
  }

  start({ onChange, onReceive }: ChannelEvents): void {
    const { link, habitat, prefix, hears, qos } = this.#parts
    link.on('up', () => {
      this.#reason = undefined
      this.#refused.clear()
      onChange()
    })
    link.on('refused', (filter) => {
      this.#refused.add(filter)
      onChange()
    })
    const down = (reason: string) => {
      this.#reason = reason
      onChange()
    }
    link.on('down', down)
    link.on('failed', down)
    for (const filter of hears) {
      link.subscribe(
        prefix + wire(habitat, filter),
        (full, payload, { retain }) => {
          const topic = relative(habitat, full.slice(prefix.length))
          if (topic !== undefined) onReceive({ topic, payload, retain })
        },
        { qos },
      )
    }
    link.start()
  }

  send({ topic, payload, retain }: Message, done: Done): void {
    const { link, habitat, prefix, qos } = this.#parts
    link.send(prefix + wire(habitat, topic), payload, { qos, retain }, done)
  }

  renew(why: string): void {
    this.#parts.link.renew(why)
  }

  hold(why: string | undefined): void {
    if (why === undefined) this.#parts.link.release()
    else this.#parts.link.hold(why)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.link[Symbol.asyncDispose]()
  }
}
