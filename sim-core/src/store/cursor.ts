/** A mirror's place in the ingest log. */
import { HabtwinError } from '@habtwin/contract/errors'
import type { CursorState, State } from './state.ts'
import type { LogEntry } from './types.ts'

/** A mirror's place in the ingest log. */
export interface Cursor {
  readonly name: string
  /** Every entry up to this one was mirrored. */
  readonly id: number
  /** Entries that were dropped by the log's limit before they were mirrored. */
  readonly dropped: number
  /** How many entries are still to come. */
  readonly lag: number
  /** The next entries, at most some `bytes` of them (stored size); empty where there are none. */
  read(bytes?: number): LogEntry[]
  /** Everything up to `id` was mirrored. Durable with the next commit: a crash repeats at most that. */
  move(id: number): void
}

/** What a cursor needs of the store; the file behind it may be replaced at any time. */
interface CursorParts {
  state(): State
  last(): number
  /** Names of the cursors that moved since the last commit. */
  readonly moved: Set<string>
  read(after: number, bytes: number): LogEntry[]
}

/** The cursor of a name; where there is none of that name, every use is a bug. */
export function cursorOf(name: string, parts: CursorParts): Cursor {
  const found = (): CursorState => {
    const cursor = parts.state().cursors.get(name)
    if (cursor === undefined) throw new HabtwinError('bug/unexpected', `No mirror of the store is named ${name}`)
    return cursor
  }
  return {
    name,
    get id() {
      return found().id
    },
    get dropped() {
      return found().dropped
    },
    get lag() {
      return parts.last() - found().id
    },
    read: (bytes = 1_000_000) => parts.read(found().id, bytes),
    move(id) {
      const before = found()
      if (id <= before.id) return
      parts.state().cursors.set(name, { ...before, id: Math.min(id, parts.last()) })
      parts.moved.add(name)
    },
  }
}
