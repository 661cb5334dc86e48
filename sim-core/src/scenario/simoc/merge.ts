/** How an agent of a configuration is laid over what it is made from. */
import { isObject, type Json } from './library.ts'

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

/**
 * The whole description of an agent: over the library's entry of its own id, and over each of its prototypes.
 * @throws PrototypeFault for a prototype that there is not, or a loop of them
 */
export function whole(id: string, own: Json, library: Readonly<Record<string, Json>>): Json {
  const base = Object.hasOwn(library, id) ? merge(library[id], own) : own
  return withPrototypes(base as Json, library, [])
}

function withPrototypes(agent: Json, library: Readonly<Record<string, Json>>, path: readonly string[]): Json {
  let merged = agent
  const { prototypes } = agent
  if (prototypes === undefined) return merged
  if (!Array.isArray(prototypes)) throw new PrototypeFault('must be a list of ids')
  for (const name of prototypes as unknown[]) {
    if (typeof name !== 'string' || !Object.hasOwn(library, name)) {
      throw new PrototypeFault(`${JSON.stringify(name)} is not in the library`)
    }
    if (path.includes(name)) throw new PrototypeFault(`they form a loop: ${[...path, name].join(' → ')}`)
    const { prototypes: _, ...rest } = merged
    merged = merge(withPrototypes(library[name] as Json, library, [...path, name]), rest) as Json
  }
  return merged
}
