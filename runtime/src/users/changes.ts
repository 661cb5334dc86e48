/** What a changed file of users changes, for the audit log. */
import type { Users } from './file.ts'

/** `new: kai (crew)`, `gone: kai`, `changed: kai`; a secret is none of it. */
export function* userChanges(before: Users, after: Users): Iterable<string> {
  for (const kind of ['users', 'tokens'] as const) {
    const one = kind === 'users' ? '' : 'token '
    const [old, fresh] = [before[kind], after[kind]]
    for (const [name, entry] of Object.entries(fresh)) {
      const about = 'role' in entry ? entry.role : `of ${entry.user}`
      if (!Object.hasOwn(old, name)) yield `new: ${one}${name} (${about})`
      else if (JSON.stringify(old[name]) !== JSON.stringify(entry)) yield `changed: ${one}${name} (${about})`
    }
    for (const name of Object.keys(old)) if (!Object.hasOwn(fresh, name)) yield `gone: ${one}${name}`
  }
}
