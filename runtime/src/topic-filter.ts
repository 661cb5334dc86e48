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

interface Entry<T> {
  readonly filter: string
  readonly value: T
  readonly order: number
}

/**
 * Values by filter. A look-up of a topic seen before costs one Map access; of another only those filters are gone
 * through that begin with its first two levels, `hab/{habitat}`, or with a wildcard there: at mission control hundreds
 * of habitats have filters of their own.
 */
export class FilterTable<T> {
  readonly #entries = new Map<string, Set<Entry<T>>>()
  readonly #found = new Map<string, readonly T[]>()
  #order = 0

  add(filter: string, value: T): Disposable {
    const entry = { filter, value, order: this.#order++ }
    const head = headOf(filter)
    const entries = this.#entries.get(head) ?? new Set()
    this.#entries.set(head, entries.add(entry))
    this.#found.clear()
    return {
      [Symbol.dispose]: () => {
        entries.delete(entry)
        if (entries.size === 0) this.#entries.delete(head)
        this.#found.clear()
      },
    }
  }

  /** True where anything is left under this very filter. */
  has(filter: string): boolean {
    for (const entry of this.#entries.get(headOf(filter)) ?? []) if (entry.filter === filter) return true
    return false
  }

  /** What stands under filters that match the topic, in the order of adding. */
  match(topic: string): readonly T[] {
    let found = this.#found.get(topic)
    if (found === undefined) {
      const heads = new Set([headOf(topic), ANY])
      found = [...heads]
        .flatMap((head) => [...(this.#entries.get(head) ?? [])])
        .filter(({ filter }) => topicMatches(filter, topic))
        .sort((a, b) => a.order - b.order)
        .map(({ value }) => value)
      if (this.#found.size >= REMEMBERED) this.#found.clear()
      this.#found.set(topic, found)
    }
    return found
  }
}

/** Of filters with a wildcard in their first two levels. */
const ANY = '+'

/** The first two levels of a topic or filter; that of a filter may have a wildcard there. */
function headOf(text: string): string {
  const first = text.indexOf('/')
  const second = first < 0 ? -1 : text.indexOf('/', first + 1)
  const head = second < 0 ? text : text.slice(0, second)
  return /[+#]/.test(head) ? ANY : head
}
