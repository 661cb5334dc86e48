/**
 * The safety channel: what crew and mission control say to each other in real time, outside of the mission's simulation.
 *
 *   panel ─ command/safety/say ─┐
 *   client of the broker ───────┼─► journal ─► recorder, and every bridge, at once
 *   mission control, by a bridge┘     └─► whoever listens here
 *
 * What came from afar goes back as an entry of the journal, so that numbers are complete there; it is known by its
 * journal and does not come in a second time.
 */
import { HabtwinError, messageOf, type Safety, safety, topic } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime'
import type { Own } from '../../commands/commands.ts'

export interface SafetyParts {
  readonly clock: Pick<Clock, 'mono'>
  readonly journal: {
    append(topic: string, body: object, live?: boolean): { readonly topic: string; readonly payload: string }
  }
  /** Publishes on a relative topic, unretained. */
  readonly send: (topic: string, payload: string) => void
  /** Told of what is not taken. */
  readonly refused: (why: string) => void
}

/** Ids that are known, so that one that comes again is not said again. */
const KNOWN = 1_000
/** So many are taken in a minute: words between people, and no stream of anything. */
const RATE = 60
const MINUTE = 60_000

export class SafetyChannel {
  readonly #parts: SafetyParts
  readonly #known = new Set<string>()
  #taken: number[] = []

  constructor(parts: SafetyParts) {
    this.#parts = parts
  }

  /** What `command/safety/say` does; its value is the message as JSON, and its answer the message's id. */
  get obeys(): Own {
    return (point, { value }) => {
      if (point !== 'say') throw new HabtwinError('command/refused', 'on the safety channel one can only `say`')
      const said = read(String(value))
      if (typeof said === 'string') throw new HabtwinError('command/refused', said)
      this.#take(said, true)
      return said.id
    }
  }

  /** What a client of the broker here has published; it has been heard by all who listen. */
  heard(relative: string, payload: Buffer, role: string): void {
    const said = read(payload.toString(), relative)
    const side = role === 'mission-control' ? role : 'crew'
    if (typeof said === 'string') this.#parts.refused(said)
    else this.#try({ ...said, side }, false)
  }

  /** What came by a bridge. */
  received(relative: string, payload: Buffer | string): void {
    const said = read(payload.toString(), relative)
    if (typeof said === 'string') this.#parts.refused(said)
    // an entry of our own journal, or what crew said, comes back from where it went
    else if (said.journal === undefined && said.side !== 'crew') this.#try(said, true)
  }

  #try(said: Safety, send: boolean): void {
    try {
      this.#take(said, send)
    } catch (error) {
      this.#parts.refused(messageOf(error))
    }
  }

  /** Journals it, once. Throws command/refused where too many came. */
  #take({ journal: _journal, seq: _seq, ...said }: Safety, send: boolean): void {
    if (this.#known.has(said.id)) return
    const now = this.#parts.clock.mono()
    this.#taken = this.#taken.filter((at) => at > now - MINUTE)
    if (this.#taken.length >= RATE) throw new HabtwinError('command/refused', `more than ${RATE} messages in a minute`)
    this.#taken.push(now)
    this.#known.add(said.id)
    for (const id of this.#known) if (this.#known.size > KNOWN) this.#known.delete(id)
    // what was heard here already is sent again to who stores it, and not to everybody
    const entry = this.#parts.journal.append(topic.safety(said.id), said, send)
    if (send) this.#parts.send(entry.topic, entry.payload)
  }
}

/** The message, or why it is none. */
function read(text: string, relative?: string): Safety | string {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (error) {
    return `a safety message is no JSON: ${messageOf(error)}`
  }
  const parsed = safety.safeParse(raw)
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    return `a safety message cannot be used: ${faults.join('; ')}`
  }
  if (relative !== undefined && relative !== topic.safety(parsed.data.id)) return `a safety message of id ${parsed.data.id} came on ${relative}` // biome-ignore format: one thought
  return parsed.data
}
