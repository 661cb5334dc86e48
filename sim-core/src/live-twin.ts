/**
 * Joins the twin to the line: what it is fed, where what it says goes, and how it goes on after a start.
 *
 *   readings, events ─► thread ─► said ─► store, broker, InfluxDB
 *      snapshot ─► thread ─► the rest of the past, from the store
 */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Alert, type Event, MAX_PACKET, messageOf, topic } from '@habtwin/contract'
import { type Clock, type Config, everyInterval, type Log } from '@habtwin/runtime'
import { hasOwnTime } from './data-clock.ts'
import type { InfluxMirror } from './influx/index.ts'
import { madeUpTo, pastOf, pastSpan } from './past.ts'
import type { Heard } from './recorder/listen.ts'
import type { Recorder } from './recorder/recorder.ts'
import { onwardTime } from './steady.ts'
import type { Store } from './store/index.ts'
import type { TwinOutput } from './twin/index.ts'
import { TwinThread } from './twin/live/thread.ts'
import { toStore } from './twin-feed.ts'

const MINUTE = 60_000
/** Scores, and what changes as often, are kept so often, ms of the habitat's time; they are published each minute. */
const KEEP = 15 * MINUTE
/** A snapshot that was gone on from for so long does no harm, ms. */
const PROVEN = MINUTE
/** Least time between two snapshots, ms … */
const SAVE = 10 * MINUTE
/** … and the bytes a day that flash memory is worn by for them: what is lost with one is made again in seconds. */
const WORN = 40e6

export interface LiveTwinParts {
  readonly config: Config
  readonly version: string
  /** Where the snapshot lies. */
  readonly folder: string
  readonly clock: Clock
  readonly log: Log
  readonly store: Store
  readonly recorder: () => Recorder
  readonly heard: () => Heard
  /** Events that were logged since `from` (ms) and not withdrawn, oldest first. */
  readonly events: (from: number) => Iterable<Event>
  readonly mirror: InfluxMirror | undefined
  /** The habitat's clock, ms. */
  readonly now: () => number
  readonly publish: (topic: string, payload: string) => void
  /** Told of an error of ours. */
  readonly failed: (error: unknown) => void
}

export class LiveTwin {
  readonly thread: TwinThread
  readonly #parts: LiveTwinParts
  readonly #file: string
  /** The newest of what is not, or not always, given to the store. */
  readonly #state = new Map<string, unknown>()
  #keptAt = Number.NEGATIVE_INFINITY
  #saveAt = Number.POSITIVE_INFINITY
  #provenAt = Number.POSITIVE_INFINITY

  constructor(parts: LiveTwinParts) {
    this.#parts = parts
    this.#file = join(parts.folder, 'twin.snapshot')
    const { config, version, failed } = parts
    this.thread = new TwinThread({
      config: {
        habitat: config.habitat,
        zones: config.zones,
        plan: config.plan,
        devices: Object.fromEntries(Object.entries(config.devices).map(([id, { label }]) => [id, { label }])),
      },
      version,
      said: (output) => this.#said(output),
      failed,
    })
  }

  /** What the twin said last on each topic that begins so. */
  latest(prefix: string): ReadonlyMap<string, unknown> {
    const all = new Map(this.#parts.recorder().latest(prefix))
    for (const [name, body] of this.#state) if (name.startsWith(prefix)) all.set(name, body)
    return all
  }

  /** A broker that has begun anew retains nothing of what was said. */
  sayAgain(): void {
    for (const [name, body] of this.latest('twin/')) this.#publish(name, body)
    for (const alert of this.#parts.heard().alerts.values()) if (alert.source === 'twin') this.#tell(alert)
  }

  /** Goes on where the twin ended, and then with the habitat's time. */
  async run(until: AbortSignal): Promise<void> {
    const { clock, recorder, heard } = this.#parts
    const steady = onwardTime(this.#parts.now)
    // a recording that begins anew is another life; a clock that was put back is not
    const now = () => (hasOwnTime(recorder().devices()) ? this.#parts.now() : steady())
    this.thread.start()
    await this.#catchUp(until)
    this.#saveAt = clock.mono() + SAVE
    await everyInterval(clock, 1_000, until, async () => {
      const guard = [...heard().alerts.values()].filter(({ source }) => source === 'guard')
      if (recorder().newest > 0) this.thread.tick(now(), guard)
      if (clock.mono() >= this.#provenAt) await this.#prove()
      if (clock.mono() >= this.#saveAt) await this.#save()
    })
  }

  /** Keeps what was learned, and ends. */
  async end(): Promise<void> {
    if (Number.isFinite(this.#saveAt)) await this.#save()
    await this.thread[Symbol.asyncDispose]()
  }

  async #catchUp(until: AbortSignal): Promise<void> {
    const { store, clock, events } = this.#parts
    const known = await this.#restore()
    const span = pastSpan(store, clock.now(), known)
    if (span !== undefined) {
      for (const event of events(span.from)) this.thread.event(event)
      for await (const history of pastOf(store, span, until)) this.thread.history(history)
    }
    this.thread.resume(madeUpTo(store))
  }

  /** @returns up to when the snapshot goes, ms; undefined where there is none that can be used */
  async #restore(): Promise<number | undefined> {
    const { log } = this.#parts
    const tried = `${this.#file}.tried`
    let bytes: Uint8Array
    try {
      // should it be poison, the process dies of it once: it is given its name again when it has done well for a while
      await rename(this.#file, tried)
      bytes = await readFile(tried)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        log.warn({ err: error }, 'no snapshot of the twin is read')
      return undefined
    }
    const restored = await this.thread.restore(bytes)
    if ('minute' in restored) {
      this.#provenAt = this.#parts.clock.mono() + PROVEN
      log.info({ upTo: new Date(restored.minute * MINUTE).toISOString() }, 'the twin goes on from its snapshot')
      return restored.minute * MINUTE
    }
    log.warn(`the snapshot of the twin is not used: ${restored.why}; it is made again from the past in the store`)
    return undefined
  }

  /** The snapshot that was gone on from may be used again. */
  async #prove(): Promise<void> {
    this.#provenAt = Number.POSITIVE_INFINITY
    await rename(`${this.#file}.tried`, this.#file).catch((error: unknown) =>
      this.#parts.log.warn({ err: error }, 'the snapshot of the twin cannot be kept'),
    )
  }

  async #save(): Promise<void> {
    const { clock, log, recorder } = this.#parts
    this.#saveAt = clock.mono() + SAVE
    const bytes = await this.thread.snapshot()
    if (bytes === undefined) return
    // what was said up to there must be durable first: it is not said again
    if (!recorder().flush()) return
    this.#saveAt = clock.mono() + Math.max(SAVE, (bytes.length / WORN) * 86_400_000)
    try {
      await writeFile(`${this.#file}.new`, bytes)
      await rename(`${this.#file}.new`, this.#file)
      this.#provenAt = Number.POSITIVE_INFINITY
    } catch (error) {
      log.warn(`the snapshot of the twin cannot be written: ${messageOf(error)}`)
    }
  }

  #said(output: TwinOutput): void {
    const { mirror, recorder } = this.#parts
    const { values, latest, passing } = toStore(output)
    const { scores, model, outlook } = output
    const also = Object.entries({ [topic.score]: scores, [topic.model]: model, [topic.outlook]: outlook })
    for (const [name, body] of also) if (body !== undefined) passing.set(name, body)
    for (const [name, body] of passing) this.#state.set(name, body)
    for (const name of latest.keys()) this.#state.delete(name)
    for (const [name, body] of [...latest, ...passing]) this.#publish(name, body)
    if (scores !== undefined && Math.abs(scores.t - this.#keptAt) >= KEEP) {
      this.#keptAt = scores.t
      for (const [name, body] of also) if (body !== undefined) latest.set(name, body)
      recorder().record(topic.score, scores as object, scores.t)
    }
    if (values.length > 0 || latest.size > 0) recorder().keep(values, latest)
    for (const { zone, quantity, forecast } of output.forecasts) if (forecast) mirror?.offer(zone, quantity, forecast)
    this.#alerts(output)
  }

  #alerts({ alerts = [], standing }: TwinOutput): void {
    const { heard, recorder } = this.#parts
    for (const alert of alerts) {
      recorder().record(topic.alert(alert.id), alert, alert.t)
      heard().alert(alert)
      this.#tell(alert)
    }
    if (standing === undefined) return
    const ids = new Set(standing.map(({ id }) => id))
    for (const [id, { source }] of heard().alerts) {
      if (source !== 'twin' || ids.has(id)) continue
      heard().alerts.delete(id)
      this.#parts.publish(topic.alert(id), '')
    }
    for (const alert of standing) {
      heard().alert(alert)
      this.#tell(alert)
    }
  }

  #tell(alert: Alert): void {
    this.#parts.publish(topic.alert(alert.id), JSON.stringify(alert))
    // retained only as long as it holds
    if (!alert.active) this.#parts.publish(topic.alert(alert.id), '')
  }

  #publish(name: string, body: unknown): void {
    const payload = JSON.stringify(body)
    // a habitat of hundreds of quantities has more scores than a packet holds: REST gives them all
    if (payload.length < MAX_PACKET) this.#parts.publish(name, payload)
  }
}
