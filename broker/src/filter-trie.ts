/**
 * Topic filters as a tree of levels (MQTT 3.1.1, section 4.7), so that who wants a topic is found without looking at
 * every filter. What was found is remembered until the filters change: most topics come again and again.
 */

interface Node<T> {
  readonly children: Map<string, Node<T>>
  readonly values: Set<T>
}

function node<T>(): Node<T> {
  return { children: new Map(), values: new Set() }
}

/** Topics whose takers are remembered. */
const REMEMBERED = 4_096

export class FilterTrie<T> {
  #root: Node<T> = node()
  readonly #found = new Map<string, readonly T[]>()
  #size = 0

  /** Values under all filters. */
  get size(): number {
    return this.#size
  }

  add(filter: string, value: T): void {
    let at = this.#root
    for (const level of filter.split('/')) {
      let next = at.children.get(level)
      if (next === undefined) {
        next = node()
        at.children.set(level, next)
      }
      at = next
    }
    if (at.values.has(value)) return
    at.values.add(value)
    this.#size++
    this.#found.clear()
  }

  remove(filter: string, value: T): void {
    const levels = filter.split('/')
    const path = [this.#root]
    for (const level of levels) {
      const next = path.at(-1)?.children.get(level)
      if (next === undefined) return
      path.push(next)
    }
    if (!path.at(-1)?.values.delete(value)) return
    this.#size--
    this.#found.clear()
    for (let i = levels.length; i > 0; i--) {
      const { children, values } = path[i] as Node<T>
      if (children.size > 0 || values.size > 0) return
      path[i - 1]?.children.delete(levels[i - 1] as string)
    }
  }

  /** What stands under filters that match the topic; `#` before `+` before the name itself. */
  match(topic: string): readonly T[] {
    const known = this.#found.get(topic)
    if (known !== undefined) return known
    const found: T[] = []
    collect(this.#root, topic.split('/'), 0, found)
    if (this.#found.size >= REMEMBERED) this.#found.clear()
    this.#found.set(topic, found)
    return found
  }
}

function collect<T>({ children, values }: Node<T>, levels: readonly string[], i: number, found: T[]): void {
  // [MQTT-4.7.2-1] a wildcard in front does not match $SYS and its like
  const wild = i > 0 || !levels[0]?.startsWith('$')
  const rest = wild ? children.get('#') : undefined
  if (rest !== undefined) found.push(...rest.values)
  const level = levels[i]
  if (level === undefined) {
    found.push(...values)
    return
  }
  const any = wild ? children.get('+') : undefined
  if (any !== undefined) collect(any, levels, i + 1, found)
  const named = level === '+' || level === '#' ? undefined : children.get(level)
  if (named !== undefined) collect(named, levels, i + 1, found)
}
