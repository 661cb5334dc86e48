/** From messages to the recorder: each checked, and what cannot be used counted and said once a minute. */
import { isDeepStrictEqual } from 'node:util'
import {
  type Alert,
  alert,
  bootClock,
  type CommandResult,
  commandResult,
  type DeviceHealth,
  deviceHealth,
  deviceInfo,
  deviceOf,
  type Event,
  event,
  type JournalEntry,
  journalState,
  messageOf,
  type NodeStatus,
  nodeStatus,
  type Reading,
  reading,
  relative,
  resend,
  safety,
  topic,
  wire,
} from '@habtwin/contract'
import type { Clock, Throttle, Timer } from '@habtwin/runtime'
import type { LinkHandler } from '@habtwin/runtime/mqtt'
import type { z } from 'zod'
import type { Recorder } from './recorder.ts'

/** How things stand by the last word of each, for whoever shows it. */
export class Heard {
  readonly health = new Map<string, DeviceHealth>()
  readonly status = new Map<string, NodeStatus>()
  /** The newest reading of each device. */
  readonly last = new Map<string, Reading>()
  /** Alerts that hold. */
  readonly alerts = new Map<string, Alert>()
  /** The journal's number of what was last heard of each alert. */
  readonly #alertsAt = new Map<string, { journal: string; seq: number }>()
  /** The last results of commands, oldest first: the store has them some seconds later. */
  readonly lastResults: CommandResult[] = []
  /** Called with each result of a command. */
  readonly results = new Set<(result: CommandResult) => void>()
  /** Called once with each event, live or sent again, and its name. */
  readonly events = new Set<(id: string, event: Event) => void>()

  /** Takes the word on an alert, unless a later one has come already. */
  alert(body: Alert): void {
    const { id, journal = '', seq = 0 } = body
    const last = this.#alertsAt.get(id)
    if (last?.journal === journal && last.seq > seq) return
    this.#alertsAt.set(id, { journal, seq })
    if (body.active) this.alerts.set(id, body)
    else this.alerts.delete(id)
  }
}

/** The least that is needed of a link. */
export interface Line {
  subscribe(filter: string, handler: LinkHandler): Disposable
  on(event: 'up' | 'down', call: () => void): unknown
}

export interface ListenParts {
  readonly habitat: string
  readonly link: Line
  readonly recorder: Recorder
  readonly heard: Heard
  readonly throttle: Throttle
  readonly clock: Clock
  /** Under which name the gateway sends again; where it is left out the one of the habitat's own recorder. */
  readonly consumer?: string
  /**
   * At mission control: a connection to the broker is none to the gateway, which need not describe its devices anew; and
   * what the twin says is not said here, but comes from there.
   */
  readonly afar?: boolean
}

export const CONSUMER = 'recorder'
/** Results of commands that are kept in memory. */
const RESULTS = 100
/** When what is retained has come after a connect, ms: for a reading that overtook it, and for certain. */
const DESCRIBED = 1_000
const SETTLED = 5_000

/** Counts of what was refused, by reason. */
export type RefusedCounts = Map<string, number>

/** Subscribes the recorder to everything that is journalled. */
export function listen(parts: ListenParts): RefusedCounts {
  const { habitat, link, recorder, heard, throttle, clock, consumer = CONSUMER, afar = false } = parts
  const refused: RefusedCounts = new Map()
  const refuse = (reason: string, where: string, detail: string) => {
    refused.set(reason, (refused.get(reason) ?? 0) + 1)
    throttle.hit(`a message was refused: ${reason}`, `${where}: ${detail}`)
  }

  /** The payload, checked; undefined where it is no such thing. */
  function parse<T>(schema: z.ZodType<T>, payload: Buffer | string, where: string): T | undefined {
    let raw: unknown
    try {
      raw = JSON.parse(payload.toString())
    } catch (error) {
      refuse('not-json', where, messageOf(error))
      return undefined
    }
    return check(schema, raw, where)
  }

  function check<T>(schema: z.ZodType<T>, raw: unknown, where: string): T | undefined {
    const parsed = schema.safeParse(raw)
    if (parsed.success) return parsed.data
    refuse(
      'malformed',
      where,
      parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
    )
    return undefined
  }

  /** Until this moment (monotonic ms) descriptions are still coming in. */
  let settledAt = Number.POSITIVE_INFINITY

  function take(device: string, body: z.output<typeof reading> | undefined, where: string): boolean {
    if (body === undefined) return false
    const why = recorder.reading(device, body)
    // just after a connect a live reading may overtake the retained description of its device: it is sent again
    if (why === 'unknown-device' && clock.mono() < settledAt) return false
    if (why !== undefined) refuse(why, where, `${device} ${new Date(body.t).toISOString()}`)
    return why === undefined
  }

  function record(path: string, raw: unknown): boolean {
    const kinds: Readonly<Record<string, z.ZodType>> = { alert, event, safety }
    const schema = kinds[path.split('/')[0] ?? ''] ?? commandResult
    const body = check(
      schema as z.ZodType<
        z.output<typeof alert> | z.output<typeof event> | z.output<typeof safety> | z.output<typeof commandResult>
      >,
      raw,
      path,
    )
    if (body === undefined) return false
    const isNew = recorder.record(path, body, body.t ?? clock.now())
    if (isNew && schema === event) for (const told of heard.events) told(path.slice('event/'.length), body as Event)
    return true
  }

  /** From afar most come so, and the newest is shown, however it came. */
  function again(device: string, body: z.output<typeof reading> | undefined, where: string): boolean {
    if (afar && body && body.t > (heard.last.get(device)?.t ?? Number.NEGATIVE_INFINITY)) heard.last.set(device, body)
    return take(device, body, where)
  }

  /** One entry that was sent again; what cannot be read has a number all the same, and is passed over. */
  function resent(journal: string, entry: JournalEntry): void {
    const device = deviceOf(entry.topic, 'reading')
    const taken =
      device === undefined
        ? record(entry.topic, entry.body)
        : again(device, check(reading, entry.body, entry.topic), entry.topic)
    if (!taken && !(device !== undefined && isUnknown(device)))
      recorder.unreadable(journal, entry.seq, 'it cannot be read')
  }

  /** A description may be on its way still: such an entry is left to be sent again. */
  const isUnknown = (device: string) => recorder.infoOf(device) === undefined

  const on = (filter: string, handler: (path: string, payload: Buffer, retained: boolean) => void) =>
    link.subscribe(wire(habitat, filter), (full, payload, { retain }) =>
      handler(relative(habitat, full) ?? '', payload, retain),
    )

  // a gateway that was started with another configuration no longer speaks of the devices that were taken out
  const described = new Set<string>()
  let pruning: Timer | undefined
  link.on('down', () => {
    pruning?.cancel()
    settledAt = Number.POSITIVE_INFINITY
    described.clear()
  })
  link.on('up', () => {
    settledAt = clock.mono() + DESCRIBED
    if (afar) return
    pruning = clock.after(SETTLED, () => {
      for (const { device } of [...recorder.devices()]) if (!described.has(device)) recorder.info(device, undefined)
    })
  })
  on('device/+/info', (path, payload) => {
    const device = deviceOf(path, 'info') ?? ''
    if (payload.length === 0) {
      heard.health.delete(device)
      heard.last.delete(device)
      return recorder.info(device, undefined)
    }
    const info = parse(deviceInfo, payload, path)
    if (info === undefined) return
    described.add(device)
    recorder.info(device, info)
  })
  on('journal/+', (path, payload) => {
    const journal = path.slice('journal/'.length)
    if (payload.length === 0) return recorder.state(journal, undefined)
    const state = parse(journalState, payload, path)
    if (state) recorder.state(journal, state)
  })
  on('device/+/reading', (path, payload, retained) => {
    if (payload.length === 0) return
    const device = deviceOf(path, 'reading') ?? ''
    const body = parse(reading, payload, path)
    if (body && !isOlder(body, heard.last.get(device))) heard.last.set(device, body)
    // what is retained was had before, or will be sent again; its description may not have come yet
    if (!retained) take(device, body, path)
  })
  on('device/+/health', (path, payload) => {
    const health = payload.length > 0 ? parse(deviceHealth, payload, path) : undefined
    if (health === undefined) return
    const device = deviceOf(path, 'health') ?? ''
    const before = heard.health.get(device)
    heard.health.set(device, health)
    // its latency is told every minute, and is no news
    if (before?.state !== health.state || before.reason !== health.reason)
      recorder.record(path, health as object, health.t)
  })
  on('status/+', (path, payload) => {
    const status = payload.length > 0 ? parse(nodeStatus, payload, path) : undefined
    if (status) heard.status.set(path.slice('status/'.length), status)
  })
  on('clock/+/+', (path, payload) => {
    const clock = payload.length > 0 ? parse(bootClock, payload, path) : undefined
    if (clock) recorder.clock(clock)
  })
  on('alert/+', (path, payload) => {
    const body = payload.length > 0 ? parse(alert, payload, path) : undefined
    if (body === undefined) {
      const ended = heard.alerts.get(path.slice('alert/'.length))
      heard.alerts.delete(path.slice('alert/'.length))
      // of a twin's alert nothing else may come but that it is gone
      if (afar && ended?.source === 'twin') record(path, { ...ended, active: false, t: Math.max(ended.t, clock.now()) })
      return
    }
    const before = heard.alerts.get(body.id)
    heard.alert(body)
    // the habitat's own recorder has recorded what the twin said when it said it; it comes again after each connect
    const isNews = !isDeepStrictEqual(before, body.active ? body : undefined)
    if (body.source !== 'twin' || (afar && isNews)) record(path, body)
  })
  on('event/+', (path, payload) => {
    const body = parse(event, payload, path)
    if (body) record(path, body)
  })
  on('safety/+', (path, payload) => {
    const body = parse(safety, payload, path)
    // what nobody has numbered yet comes again as an entry of the journal
    if (body?.seq !== undefined) record(path, body)
  })
  on('result/+/+', (path, payload) => {
    const body = parse(commandResult, payload, path)
    if (body === undefined) return
    record(path, body)
    heard.lastResults.push(body)
    if (heard.lastResults.length > RESULTS) heard.lastResults.shift()
    for (const told of heard.results) told(body)
  })
  on(topic.resend(consumer, '+'), (path, payload) => {
    const batch = parse(resend, payload, path)
    if (batch === undefined) return
    for (const entry of batch.entries) resent(batch.journal, entry)
    recorder.tell(batch.journal)
  })
  return refused
}

/** True where a later reading of the device was heard already. Of another journal it is later: what is live is believed. */
function isOlder(body: Reading, last: Reading | undefined): boolean {
  return body.journal === last?.journal && body.seq < last.seq
}
