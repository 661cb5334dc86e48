/** How an agent of a configuration is laid over what it is made from. */
import { isObject, type Json } from './library.ts'
import { told } from './reader.ts'

/**
 * Lays one description over another: objects key by key, lists as a union, and otherwise what lies on top holds. What
 * lies below comes first in the order of keys.
 */
export function merge(below: unknown, over: unknown): unknown {
  if (isObject(below) && isObject(over)) {
    const merged: Record<string, unknown> = { ...below }
    for (const [key, value] of Object.entries(over)) {
      // a plain assignment would take "__proto__" for something else
      Object.defineProperty(merged, key, {
        value: Object.hasOwn(below, key) ? merge(below[key], value) : value,
        enumerable: true,
        writable: true,
        configurable: true,
      })
    }
    return merged
  }
  if (Array.isArray(below) && Array.isArray(over)) return [...new Set([...below, ...over])]
  return over
}

/** What is wrong with the prototypes of an agent. */
export class PrototypeFault extends Error {}

/** The descriptions that agents are made from. */
export class Prototypes {
  readonly #library: Readonly<Record<string, Json>>
  /** Those of the library with all that they are made from; undefined while one is being made. */
  readonly #whole = new Map<string, Json | undefined>()

  constructor(library: Readonly<Record<string, Json>>) {
    this.#library = library
  }

  /**
   * The whole description of an agent: over the library's entry of its own id, and over each of its prototypes.
   * @throws PrototypeFault for a prototype that there is not, or a loop of them
   */
  whole(id: string, own: Json): Json {
    const base = Object.hasOwn(this.#library, id) ? merge(this.#library[id], own) : own
    return this.#over(base as Json)
  }

  #over(agent: Json): Json {
    const { prototypes, ...rest } = agent
    if (prototypes === undefined) return agent
    if (!Array.isArray(prototypes)) throw new PrototypeFault('must be a list of ids')
    return prototypes.reduce((merged, name) => merge(this.#named(name), merged) as Json, rest as Json)
  }

  #named(name: unknown): Json {
    if (typeof name !== 'string' || !Object.hasOwn(this.#library, name)) {
      throw new PrototypeFault(`${told(name)} is not in the library`)
    }
    const known = this.#whole.get(name)
    if (known !== undefined) return known
    if (this.#whole.has(name)) throw new PrototypeFault(`they form a loop: ${[...this.#whole.keys()].join(', ')}`)
    this.#whole.set(name, undefined)
    try {
      const { prototypes: _, ...whole } = this.#over(this.#library[name] as Json)
      this.#whole.set(name, whole)
      return whole
    } finally {
      if (this.#whole.get(name) === undefined) this.#whole.delete(name)
    }
  }
}
