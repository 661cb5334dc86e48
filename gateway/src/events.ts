/**
 * What people say that they did, on its way into the journal: `command/journal/event` → `event/{id}`. It comes as a
 * command, so that whoever sent it hears whether it was taken, and is numbered before anybody is told of it.
 */
import { event, HabtwinError, id, messageOf, topic } from '@habtwin/contract'
import type { Own } from './commands/commands.ts'

/** An event with its name, which is the last level of its topic. */
const named = event.omit({ journal: true, seq: true }).extend({ id })

export interface EventParts {
  readonly journal: { append(topic: string, body: object): { readonly topic: string; readonly payload: string } }
  /** Publishes on a relative topic, unretained. */
  readonly send: (topic: string, payload: string) => void
}

/** What the journal obeys. Answers with the event's id; an event of the same id that comes again is journalled again. */
export function eventsInto({ journal, send }: EventParts): Own {
  return (point, { value }) => {
    if (point !== 'event') throw new HabtwinError('command/refused', 'the journal takes events only')
    const { id, ...body } = parse(value)
    const entry = journal.append(topic.event(id), body)
    send(entry.topic, entry.payload)
    return id
  }
}

function parse(value: unknown) {
  let raw: unknown
  try {
    raw = JSON.parse(String(value))
  } catch (error) {
    throw new HabtwinError('command/refused', `the event is no JSON: ${messageOf(error)}`, { cause: error })
  }
  const parsed = named.safeParse(raw)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new HabtwinError('command/refused', `the event cannot be used: ${faults.join('; ')}`)
}
