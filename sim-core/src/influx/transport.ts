/**
 * Lines to an InfluxDB, 1.x or 2 and whatever speaks as they do. `@influxdata/influxdb-client` carries them;
 * it neither buffers nor retries here: one batch in, one request, and the answer to it.
 */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { HabtwinError, messageOf } from '@habtwin/contract/errors'
import { HttpError, InfluxDB, setLogger, type WriteApi } from '@influxdata/influxdb-client'

/** Where the mirror writes to. With `database` it is InfluxDB 1.x, else org and bucket of 2. */
export interface InfluxConfig {
  readonly url: string
  readonly org?: string | undefined
  readonly bucket?: string | undefined
  readonly token?: string | undefined
  readonly database?: string | undefined
  readonly user?: string | undefined
  readonly password?: string | undefined
}

/** Lines that one request may carry. */
export const MAX_LINES = 5000
const MAX_BYTES = 64 * 1024 * 1024
const TIMEOUT = 10_000

/** The server has understood and will not take these lines, however often they are sent. */
export class BadLines extends Error {
  override readonly name = 'BadLines'
  /** Lines that the server says it left out while it took the rest; undefined where it does not say. */
  readonly dropped: number | undefined

  constructor(message: string, dropped: number | undefined) {
    super(message)
    this.dropped = dropped
  }
}

export class InfluxTransport implements Disposable {
  readonly #url: string
  readonly #agent: HttpAgent
  readonly #api: WriteApi

  constructor(config: InfluxConfig) {
    // every failure is told by the promise; the client's own lines on the console say it once more
    setLogger({ error: () => {}, warn: () => {} })
    this.#url = config.url
    this.#agent = config.url.startsWith('https:')
      ? new HttpsAgent({ keepAlive: true })
      : new HttpAgent({ keepAlive: true })
    const client = new InfluxDB({
      url: config.url,
      ...(config.token === undefined ? {} : { token: config.token }),
      timeout: TIMEOUT,
      transportOptions: { agent: this.#agent },
      ...(config.user === undefined ? {} : { headers: { authorization: basic(config.user, config.password ?? '') } }),
    })
    this.#api = client.getWriteApi(config.org ?? '', config.bucket ?? '', 'ms', {
      maxRetries: 0,
      flushInterval: 0,
      // never reached by one batch, so that nothing is sent but by flush()
      batchSize: MAX_LINES + 1,
      maxBatchBytes: MAX_BYTES,
    })
    if (config.database !== undefined) {
      this.#api.path = `/write?db=${encodeURIComponent(config.database)}&precision=ms`
    }
  }

  /**
   * Sends at most `MAX_LINES` lines; resolves when the server has taken them.
   * @throws BadLines; HabtwinError influx/refused, influx/unreachable
   */
  async send(lines: readonly string[]): Promise<void> {
    if (lines.length > MAX_LINES) throw new RangeError(`${lines.length} lines are more than one request may carry`)
    this.#api.writeRecords([...lines])
    try {
      await this.#api.flush()
    } catch (error) {
      throw told(error, this.#url)
    }
  }

  /** Cuts the connection: what is under way fails. */
  [Symbol.dispose](): void {
    this.#agent.destroy()
    this.#api.dispose?.()
  }
}

function told(error: unknown, url: string): unknown {
  const status = error instanceof HttpError ? error.statusCode : undefined
  const options = { where: url, cause: error }
  if (status === undefined || status === 429 || status >= 500) {
    return new HabtwinError('influx/unreachable', `InfluxDB does not take writes: ${messageOf(error)}`, options)
  }
  if (status === 400 || status === 413 || status === 422) {
    const text = bodyOf(error)
    const dropped = /partial write: .*dropped=(\d+)/s.exec(text)?.[1]
    return new BadLines(text, dropped === undefined || dropped === '0' ? undefined : Number(dropped))
  }
  return new HabtwinError('influx/refused', `InfluxDB answers ${status}: ${messageOf(error)}`, options)
}

function bodyOf(error: unknown): string {
  return error instanceof HttpError && error.body ? error.body : messageOf(error)
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}
