/** What comes in by a bridge: its own marks, commands and words of safety, and nothing else of the own habitat. */
import { type Mark, mark as markSchema } from '@habtwin/contract'
import { type Clock, type Log, Throttle } from '@habtwin/runtime'
import { topicMatches } from '@habtwin/runtime/topic-filter'
import type { Journal } from '../journal/index.ts'
import type { Message } from './channel.ts'

export interface InboundParts {
  readonly name: string
  readonly config: { readonly in: readonly string[] }
  readonly journal: Pick<Journal, 'mark'>
  readonly clock: Clock
  readonly log: Log
  /** The far side has said what it has of a journal. */
  readonly marked: (journal: string) => void
  /** A command from afar. */
  readonly onCommand: (device: string, point: string, payload: Buffer) => void
  /** A message on `safety/{id}`. */
  readonly onSafety: (topic: string, payload: Buffer) => void
}

/** Bytes of a command or a word of safety. */
const MOST = 16_384

export class Inbound {
  readonly #parts: InboundParts
  readonly #throttle: Throttle
  readonly counts = { marks: 0, commands: 0, safety: 0, refused: 0 }

  constructor(parts: InboundParts) {
    this.#parts = parts
    const { clock, log, name } = parts
    this.#throttle = new Throttle(clock, (kind, count, detail) => log.warn({ bridge: name, count, detail }, kind))
  }

  take(message: Message): void {
    const why = this.#refusal(message)
    if (why === undefined) return
    this.counts.refused++
    this.#throttle.hit(`from the other side: ${why}`, { topic: message.topic })
  }

  /** Takes a message, or says why not. */
  #refusal({ topic, payload, retain }: Message): string | undefined {
    const { name, config, onCommand, onSafety } = this.#parts
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
    const [kind, first = '', second = ''] = topic.split('/')
    if (kind === 'mark') return first === name ? this.#mark(second, bytes) : undefined
    // what the other broker gives although nobody asked for it
    if (!config.in.some((filter) => topicMatches(filter, topic))) return 'a topic that was not asked for'
    if (bytes.length > MOST) return `a message that is too long: ${bytes.length} bytes`
    // one that is retained would come again after each connect
    if (kind === 'command' && retain) return 'a command that is retained'
    if (kind === 'command') {
      this.counts.commands++
      onCommand(first, second, bytes)
    } else if (kind === 'safety') {
      this.counts.safety++
      onSafety(topic, bytes)
    }
    return undefined
  }

  #mark(id: string, payload: Buffer): string | undefined {
    if (payload.length === 0) return undefined // the far side has done with a journal
    const mark = parseMark(payload)
    const why = mark === undefined ? 'it cannot be read' : this.#parts.journal.mark(this.#parts.name, id, mark)
    if (why !== undefined) return `a mark was refused: ${why}`
    this.counts.marks++
    this.#parts.marked(id)
    return undefined
  }
}

export function parseMark(payload: Buffer): Mark | undefined {
  try {
    return markSchema.safeParse(JSON.parse(payload.toString())).data
  } catch {
    return undefined // no JSON: the caller says so
  }
}
