/** Faults of a scenario, gathered as they are found. */
import type { z } from 'zod'
import type { Fault } from '../../engine/index.ts'
import { FigureFault } from './quantity.ts'

export class Faults {
  readonly list: Fault[] = []

  add(path: string, what: string): void {
    this.list.push({ path, what })
  }

  /** What `read` returns; where it finds a figure that does not fit, the fault, and `otherwise` to go on with. */
  try<T>(path: string, otherwise: T, read: () => T): T {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof FigureFault)) throw error
      this.add(path, error.message)
      return otherwise
    }
  }

  /** Takes over what a schema found: keys that nobody knows each with a path of its own. */
  issues(issues: readonly z.core.$ZodIssue[]): void {
    for (const issue of issues) {
      const path = pathOf(issue.path)
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys) this.add(join(path, key), 'there is no such key')
      } else if (issue.code === 'invalid_key') this.add(path, issue.issues[0]?.message ?? issue.message)
      else if (issue.code === 'invalid_union') this.add(path, unionMessage(issue))
      else this.add(path, issue.message)
    }
  }
}

/** Of the forms that a thing may have, the one that it is nearest to says what is wrong. */
function unionMessage(issue: Extract<z.core.$ZodIssue, { code: 'invalid_union' }>): string {
  const deep = issue.errors.flat().find(({ path, code }) => path.length > 0 || code === 'unrecognized_keys')
  const nearest = deep ?? issue.errors.flat()[0]
  if (nearest === undefined) return issue.message
  return nearest.path.length > 0 ? `${pathOf(nearest.path)}: ${nearest.message}` : nearest.message
}

export const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((all, key) => (typeof key === 'number' ? `${all}[${key}]` : join(all, String(key))), '')
}
