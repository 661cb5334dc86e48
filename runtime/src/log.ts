/** The log: for people on a terminal, JSON lines anywhere else. Secrets never reach it. */
import { isHabtwinError } from '@habtwin/contract'
import pino, { type Logger } from 'pino'
import type { Clock } from './clock.ts'

export type Log = Logger

/**
 * The log of one process.
 * @param name which process speaks: gateway, sim, up
 */
export async function createLog(name: string, level: string = process.env.HABTWIN_LOG ?? 'info'): Promise<Log> {
  const options = {
    name,
    level,
    base: { name },
    redact: { paths: ['token', 'password', '*.token', '*.password'], censor: '[secret]' },
    serializers: { err: describeError },
  }
  if (!process.stderr.isTTY) return pino(options, pino.destination({ dest: 2, sync: true }))
  const { default: pretty } = await import('pino-pretty')
  return pino(
    options,
    pretty({
      colorize: true,
      translateTime: 'HH:MM:ss',
      ignore: 'pid,hostname,name',
      destination: 2,
      sync: true,
      messageFormat: `${name}  {msg}`,
    }),
  )
}

/** A log that says nothing, for tests. */
export function silentLog(): Log {
  return pino({ level: 'silent' })
}

/** An error of ours is told by code, place and remedy; only a bug needs its stack. */
function describeError(error: unknown): unknown {
  if (isHabtwinError(error)) {
    const { code, message, where, remedy } = error
    return { code, message, where, remedy, ...(error.cause instanceof Error ? { cause: error.cause.message } : {}) }
  }
  return error instanceof Error ? pino.stdSerializers.err(error) : error
}

/** Counts what would flood the log and says it once a minute: each kind of thing at its first time, then summed up. */
export class Throttle {
  readonly #say: (kind: string, count: number, detail: unknown) => void
  readonly #clock: Pick<Clock, 'mono'>
  readonly #seen = new Map<string, { said: number; count: number }>()

  constructor(clock: Pick<Clock, 'mono'>, say: (kind: string, count: number, detail: unknown) => void) {
    this.#clock = clock
    this.#say = say
  }

  /** @param detail the latest case, as an example for the reader */
  hit(kind: string, detail: unknown): void {
    const now = this.#clock.mono()
    const entry = this.#seen.get(kind)
    if (entry === undefined) {
      this.#seen.set(kind, { said: now, count: 0 })
      this.#say(kind, 1, detail)
    } else if (now - entry.said >= 60_000) {
      entry.said = now
      this.#say(kind, entry.count + 1, detail)
      entry.count = 0
    } else entry.count++
  }
}
