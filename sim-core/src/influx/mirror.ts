/**
 * A copy of the store in InfluxDB.
 *
 *   store's log ─► cursor.read ─► lines ─► one request ─► taken? ─► cursor.move
 *                      ▲                                   no
 *                      └──────── back-off, again ◄─────────┘
 *
 * An outage, of a second or of days, is only a cursor that waits: nothing is held here. What was sent and not
 * acknowledged is sent again, and overwrites itself.
 */
import type { Correction, DeviceInfo, Forecast } from '@habtwin/contract'
import { type ErrorCode, isHabtwinError, messageOf } from '@habtwin/contract/errors'
import type { Clock } from '@habtwin/runtime/clock'
import type { Cursor } from '../store/cursor.ts'
import type { LogEntry, StoreLog } from '../store/types.ts'
import { latestForecastLines, linesOf } from './lines.ts'
import { BadLines, type InfluxConfig, InfluxTransport, MAX_LINES } from './transport.ts'

/** How often an idle mirror looks for something new, ms. */
const LOOK = 1000
const FIRST_BACKOFF = 1000
const MAX_BACKOFF = 30_000
/** Of a poisonous line, what the log shows. */
const SHOWN = 200

export interface MirrorOptions {
  readonly habitat: string
  readonly config: InfluxConfig
  readonly cursor: Cursor
  infoAt(device: string, t: number): DeviceInfo | undefined
  corrections?(): readonly Correction[]
  readonly clock: Clock
  readonly log: StoreLog
  /** From 0 to below 1; for the jitter of the back-off. */
  readonly random?: () => number
}

/** What the mirror says of itself. */
export interface MirrorStatus {
  /** True when the last request was taken, or none was made yet. */
  readonly connected: boolean
  /** Entries of the log that InfluxDB does not have yet. */
  readonly lag: number
  /** Lines written. */
  readonly written: number
  /** Lines that InfluxDB would not take, each logged. */
  readonly refused: number
  /** Entries that the store dropped before they were mirrored. */
  readonly dropped: number
  readonly lastError: { readonly code: ErrorCode | undefined; readonly text: string; readonly t: number } | undefined
}

export class InfluxMirror {
  readonly #options: MirrorOptions
  readonly #forecasts = new Map<string, { zone: string; quantity: string; forecast: Forecast }>()
  #written = 0
  #refused = 0
  #failures = 0
  #lastError: MirrorStatus['lastError']

  constructor(options: MirrorOptions) {
    this.#options = options
  }

  get status(): MirrorStatus {
    const { lag, dropped } = this.#options.cursor
    const written = this.#written
    return {
      connected: this.#failures === 0,
      lag,
      written,
      refused: this.#refused,
      dropped,
      lastError: this.#lastError,
    }
  }

  /** The newest forecast of a quantity: state, sent when there is a connection; a newer one replaces it. */
  offer(zone: string, quantity: string, forecast: Forecast): void {
    this.#forecasts.set(`${zone}/${quantity}`, { zone, quantity, forecast })
  }

  /** Mirrors until the signal is aborted; then resolves. Faults of the server are waited out, bugs reject. */
  async run(signal: AbortSignal): Promise<void> {
    using transport = new InfluxTransport(this.#options.config)
    const cut = () => transport[Symbol.dispose]()
    signal.addEventListener('abort', cut, { once: true })
    try {
      while (!signal.aborted) {
        const wait = await this.#round(transport, signal)
        if (wait > 0) await this.#options.clock.sleep(wait, signal)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      signal.removeEventListener('abort', cut)
    }
  }

  /** One step of catching up. @returns ms to wait before the next */
  async #round(transport: InfluxTransport, signal: AbortSignal): Promise<number> {
    try {
      // what is read depends on the store, whose faults are not ours to wait out
      const entries = this.#options.cursor.read(32_768)
      await this.#mirror(transport, entries)
      await this.#mirrorForecasts(transport)
      if (this.#failures > 0) this.#options.log.info({ lag: this.status.lag }, 'InfluxDB takes writes again')
      this.#failures = 0
      return entries.length > 0 ? 0 : LOOK
    } catch (error) {
      if (signal.aborted || !isInfluxFault(error)) throw error
      return this.#backOff(error)
    }
  }

  async #mirror(transport: InfluxTransport, entries: readonly LogEntry[]): Promise<void> {
    const { cursor } = this.#options
    let lines: string[] = []
    for (const [i, entry] of entries.entries()) {
      for (const one of linesOf(entry, this.#options)) lines.push(one)
      if (lines.length < MAX_LINES && i < entries.length - 1) continue
      for (let begin = 0; begin < lines.length; begin += MAX_LINES) {
        await this.#send(transport, lines.slice(begin, begin + MAX_LINES))
      }
      cursor.move(entry.id)
      lines = []
    }
  }

  async #mirrorForecasts(transport: InfluxTransport): Promise<void> {
    for (const [name, offered] of this.#forecasts) {
      await this.#send(
        transport,
        latestForecastLines(this.#options.habitat, offered.zone, offered.quantity, offered.forecast),
      )
      if (this.#forecasts.get(name) === offered) this.#forecasts.delete(name)
    }
  }

  /** Sends lines; those that the server will never take are found by halving, counted and logged. */
  async #send(transport: InfluxTransport, lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return
    try {
      await transport.send(lines)
      this.#written += lines.length
    } catch (error) {
      if (!(error instanceof BadLines)) throw error
      if (error.dropped !== undefined || lines.length === 1) {
        const refused = Math.min(error.dropped ?? 1, lines.length)
        this.#refused += refused
        this.#written += lines.length - refused
        const shown = lines.length === 1 ? { line: lines[0]?.slice(0, SHOWN) } : {}
        this.#options.log.warn(
          { lines: refused, ...shown },
          `InfluxDB does not take a line: ${error.message.slice(0, SHOWN)}`,
        )
        return
      }
      const middle = lines.length >> 1
      await this.#send(transport, lines.slice(0, middle))
      await this.#send(transport, lines.slice(middle))
    }
  }

  #backOff(error: unknown): number {
    const { clock, log, random = Math.random } = this.#options
    const code = isHabtwinError(error) ? error.code : undefined
    const text = messageOf(error)
    // the same fault is said once, not at every try
    if (this.#failures === 0 || this.#lastError?.code !== code) log.warn({ code, lag: this.status.lag }, text)
    this.#lastError = { code, text, t: clock.now() }
    const wait = Math.min(MAX_BACKOFF, FIRST_BACKOFF * 2 ** Math.min(this.#failures, 10))
    this.#failures++
    return wait * (0.5 + 0.5 * random())
  }
}

function isInfluxFault(error: unknown): boolean {
  return isHabtwinError(error, 'influx/unreachable') || isHabtwinError(error, 'influx/refused')
}
