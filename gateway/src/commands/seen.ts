/** Ids of commands, so that none acts twice: one is durable before it acts, and answered again afterwards. */
import type { CommandResult } from '@habtwin/contract'

/** What became of a command, and until when it could still come again, ms. */
export interface Seen {
  readonly expires: number
  readonly device: string
  readonly result: CommandResult
}

/** After its time a command is not acted on anyway; so many of the last are answered all the same. */
const AFTER = 100
/** Commands whose time has not passed, at most; more are refused. */
const MOST = 2_000
const STATE = 'commands'

interface SeenState {
  load(name: string): string | undefined
  save(name: string, text: string): void
}

export class SeenCommands {
  readonly #state: SeenState
  readonly #seen: Map<string, Seen>
  readonly #interrupted: Seen[] = []

  constructor(state: SeenState) {
    this.#state = state
    const kept = JSON.parse(state.load(STATE) ?? '[]') as (Seen | CommandResult)[]
    this.#seen = new Map(
      kept.map((one) => {
        // earlier versions kept the result alone
        const { expires, device, result } = 'result' in one ? one : { expires: 0, device: '', result: one }
        const seen = { expires, device, result: result.state === 'accepted' ? unknown(result) : result }
        if (seen.result !== result) this.#interrupted.push(seen)
        return [result.id, seen]
      }),
    )
  }

  get(id: string): CommandResult | undefined {
    return this.#seen.get(id)?.result
  }

  /** What had begun when the last process ended, once. */
  interrupted(): Seen[] {
    return this.#interrupted.splice(0)
  }

  /** False where there are too many that might come again. Those from afar leave half of the room to the crew's. */
  hasRoom(now: number, afar = false): boolean {
    const most = afar ? MOST / 2 : MOST
    if (this.#seen.size < most) return true
    let open = 0
    for (const { expires } of this.#seen.values()) if (expires > now) open++
    return open < most
  }

  /** Remembers in memory: for what was refused, and so would do no harm if it came again. */
  note(device: string, result: CommandResult, expires: number, now: number): void {
    this.#seen.delete(result.id)
    this.#seen.set(result.id, { expires, device, result })
    const all = [...this.#seen]
    for (const [id, one] of all.slice(0, -AFTER)) if (one.expires <= now) this.#seen.delete(id)
  }

  /** Remembers on disk. Throws data/unusable. */
  keep(device: string, result: CommandResult, expires: number, now: number): void {
    this.note(device, result, expires, now)
    this.#state.save(STATE, JSON.stringify([...this.#seen.values()]))
  }

  forget(id: string): void {
    this.#seen.delete(id)
  }
}

const INTERRUPTED = 'unknown: the gateway ended while it acted'

/** A command that had begun when the process ended may or may not have acted: nobody knows. */
function unknown(result: CommandResult): CommandResult {
  return { ...result, state: 'failed', reason: INTERRUPTED }
}
