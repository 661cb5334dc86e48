/**
 * Many habitats on one connection to the broker, each with a line of its own: what comes of `hab/{habitat}/…` goes past
 * whoever watches over the habitat to those who asked for it.
 *
 *   broker ─► link ─► line of sam ─► guard (is it from its node?) ─► bundles apart ─► listen, outbox, …
 *                └──► line of mars-160 ─► …
 */
import { relative, wire } from '@habtwin/contract'
import type { Link, LinkHandler } from '@habtwin/runtime/mqtt'
import { FilterTable } from '@habtwin/runtime/topic-filter'
import type { Line } from '../recorder/listen.ts'

export interface LineParts {
  readonly habitat: string
  readonly link: Pick<Link, 'up' | 'subscribe' | 'publish' | 'on' | 'off'>
  /** Takes each message before anybody else; false where it is to be dropped. */
  readonly admits: (relative: string, payload: Buffer, retained: boolean) => boolean
}

/** What this side says itself, and hears again because the whole habitat was subscribed to. */
const own = /^(?:mark|command|safety|refused)\//

export class HabitatLine implements Line, Disposable {
  readonly #parts: LineParts
  readonly #handlers = new FilterTable<LinkHandler>()
  readonly #listeners: (readonly [event: 'up' | 'down', call: () => void])[] = []
  #subscription: Disposable | undefined

  constructor(parts: LineParts) {
    this.#parts = parts
  }

  get up(): boolean {
    return this.#parts.link.up
  }

  /** From now on messages come: after all who want them have said so, so that nobody misses what is retained. */
  start(): void {
    const { habitat, link } = this.#parts
    this.#subscription ??= link.subscribe(wire(habitat, '#'), (topic, payload, packet) => {
      const path = relative(habitat, topic)
      if (path !== undefined) this.take(path, payload, packet)
    })
  }

  /** A message, however it came. @param path below `hab/{habitat}/` */
  take(path: string, payload: Buffer, packet: { readonly retain: boolean }): void {
    const { habitat, admits } = this.#parts
    if (!own.test(path) && !admits(path, payload, packet.retain)) return
    const topic = wire(habitat, path)
    for (const handler of this.#handlers.match(topic)) handler(topic, payload, packet)
  }

  subscribe(filter: string, handler: LinkHandler): Disposable {
    return this.#handlers.add(filter, handler)
  }

  on(event: 'up' | 'down', call: () => void): this {
    this.#listeners.push([event, call])
    this.#parts.link.on(event, call)
    return this
  }

  /** @param path below `hab/{habitat}/`. Rejects with link/unavailable */
  publish(path: string, payload: string, options: { readonly qos?: 0 | 1; readonly retain?: boolean } = {}) {
    return this.#parts.link.publish(wire(this.#parts.habitat, path), payload, options)
  }

  [Symbol.dispose](): void {
    this.#subscription?.[Symbol.dispose]()
    for (const [event, call] of this.#listeners.splice(0)) this.#parts.link.off(event, call)
  }
}
