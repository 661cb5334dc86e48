/**
 * Retained messages, by topic and by level: one topic is one look at a map, a wildcard walks only the branches that
 * it fits. Scanning them all for each filter took a second and a half for `#` over 100,000 topics.
 */

import type { Properties } from '../properties.ts'
import { weight } from './queue.ts'

/** What is kept of a message. */
export interface Retained {
  readonly topic: string
  readonly payload: Buffer | string
  readonly properties?: Properties | undefined
}

interface Node<T> {
  readonly children: Map<string, Node<T>>
  message?: T | undefined
}

/** What a message costs beside its text: objects, nodes and their places in the maps, bytes. */
const OVERHEAD = 400

export class RetainedStore<T extends Retained> {
  readonly #byTopic = new Map<string, T>()
  readonly #root: Node<T> = { children: new Map() }
  #bytes = 0

  get size(): number {
    return this.#byTopic.size
  }

  /** Estimated bytes of memory. */
  get bytes(): number {
    return this.#bytes
  }

  get(topic: string): T | undefined {
    return this.#byTopic.get(topic)
  }

  values(): Iterable<T> {
    return this.#byTopic.values()
  }

  /** @returns what it took the place of */
  set(message: T): T | undefined {
    const { topic } = message
    const before = this.#byTopic.get(topic)
    if (before !== undefined) this.#bytes -= cost(before)
    this.#bytes += cost(message)
    this.#byTopic.set(topic, message)
    let at = this.#root
    for (const level of topic.split('/')) {
      let next = at.children.get(level)
      if (next === undefined) {
        next = { children: new Map() }
        at.children.set(level, next)
      }
      at = next
    }
    at.message = message
    return before
  }

  /** @returns what was there */
  delete(topic: string): T | undefined {
    const before = this.#byTopic.get(topic)
    if (before === undefined) return undefined
    this.#byTopic.delete(topic)
    this.#bytes -= cost(before)
    const levels = topic.split('/')
    const path = [this.#root]
    for (const level of levels) path.push(path.at(-1)?.children.get(level) as Node<T>)
    ;(path.at(-1) as Node<T>).message = undefined
    for (let i = levels.length; i > 0; i--) {
      const { children, message } = path[i] as Node<T>
      if (children.size > 0 || message !== undefined) break
      path[i - 1]?.children.delete(levels[i - 1] as string)
    }
    return before
  }

  /** Every message whose topic a filter matches. What comes or goes meanwhile may be among them or not. */
  *match(filter: string): Generator<T> {
    if (!filter.includes('+') && !filter.includes('#')) {
      const message = this.#byTopic.get(filter)
      if (message !== undefined) yield message
      return
    }
    yield* walk(this.#root, filter.split('/'), 0)
  }
}

function cost(message: Retained): number {
  return OVERHEAD + weight(message)
}

function* walk<T>(at: Node<T>, levels: readonly string[], i: number): Generator<T> {
  const level = levels[i]
  if (level === undefined) {
    if (at.message !== undefined) yield at.message
    return
  }
  if (level === '#') {
    yield* below(at, i === 0)
    return
  }
  if (level !== '+') {
    const next = at.children.get(level)
    if (next !== undefined) yield* walk(next, levels, i + 1)
    return
  }
  for (const [name, next] of at.children) if (i > 0 || !name.startsWith('$')) yield* walk(next, levels, i + 1)
}

/** A node and all below it. @param first at the root, where a wildcard does not match `$` [MQTT-4.7.2-1] */
function* below<T>(at: Node<T>, first: boolean): Generator<T> {
  if (at.message !== undefined) yield at.message
  for (const [name, next] of at.children) if (!first || !name.startsWith('$')) yield* below(next, false)
}
