/** MQTT topic filters (MQTT 3.1.1, section 4.7), and a table that finds who wants a topic. */

/** True where a topic matches a filter: `+` is one level, `#` all that follow and the level above them. */
export function topicMatches(filter: string, topic: string): boolean {
  // [MQTT-4.7.2-1] a wildcard in front does not match $SYS and its like
  if (topic.startsWith('$') && !filter.startsWith('$')) return false
  const wanted = filter.split('/')
  const levels = topic.split('/')
  for (const [i, want] of wanted.entries()) {
    if (want === '#') return true
    if (i >= levels.length || (want !== '+' && want !== levels[i])) return false
  }
  return wanted.length === levels.length
}

/** Topics whose takers are remembered; a house has some hundreds. */
const REMEMBERED = 4_096

/** Values by filter. A look-up of a topic seen before costs one Map access. */
export class FilterTable<T> {
  readonly #entries = new Set<{ filter: string; value: T }>()
  readonly #found = new Map<string, readonly T[]>()

  add(filter: string, value: T): Disposable {
    const entry = { filter, value }
    this.#entries.add(entry)
    this.#found.clear()
    return {
      [Symbol.dispose]: () => {
        this.#entries.delete(entry)
        this.#found.clear()
      },
    }
  }

  /** True where anything is left under this very filter. */
  has(filter: string): boolean {
    for (const entry of this.#entries) if (entry.filter === filter) return true
    return false
  }

  /** What stands under filters that match the topic, in the order of adding. */
  match(topic: string): readonly T[] {
    let found = this.#found.get(topic)
    if (found === undefined) {
      found = [...this.#entries].filter(({ filter }) => topicMatches(filter, topic)).map(({ value }) => value)
      if (this.#found.size >= REMEMBERED) this.#found.clear()
      this.#found.set(topic, found)
    }
    return found
  }
}
