/**
 * One habitat at mission control, as its own sim has it, but for the twin:
 *
 *   line ─► one node ─► listen ─► recorder ─► store ─► mirror ─► InfluxDB
 *     ▲        │           ├─► what is shown, what changed
 *     │        └─ bundles  └─► marks, commands
 *     └───────────────────────────┘
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  type BridgeState,
  bridgeState,
  type Command,
  type DeviceInfo,
  HabtwinError,
  isHabtwinError,
  messageOf,
  topic,
} from '@habtwin/contract'
import { type Journey, journey } from '@habtwin/contract/contact'
import { type Change, type HabitatAbout, type HabitatRow, habitatAbout } from '@habtwin/contract/habitats'
import type { LinkStanding, LinkState } from '@habtwin/contract/standing'
import { type Clock, type Log, Throttle } from '@habtwin/runtime'
import type { Link } from '@habtwin/runtime/mqtt'
import { EventLog } from '../events/index.ts'
import { InfluxMirror } from '../influx/index.ts'
import type { InfluxConfig } from '../influx/transport.ts'
import { HeardLink } from '../link-desk.ts'
import { Lineage } from '../recorder/lineage.ts'
import { Heard, listen, type RefusedCounts } from '../recorder/listen.ts'
import { Recorder } from '../recorder/recorder.ts'
import { recorderStore } from '../recorder/recorder-store.ts'
import { patientTime } from '../steady.ts'
import { Store } from '../store/index.ts'
import type { Readers } from '../store/readers.ts'
import { isBundle, messagesOf } from './bundles.ts'
import { changeOfGap, changeOfLink, changeOfRecord } from './changes.ts'
import { HabitatLine } from './line.ts'
import { OneNode } from './node.ts'
import { MOST_PENDING, Outbox, type Pending } from './outbox.ts'
import { rowOf, standingOf } from './row.ts'
import { ShiftLog } from './shift.ts'
import { readShown, showAgain, shownOf, writeShown } from './shown.ts'

export interface HabitatParts {
  readonly habitat: string
  /** Of this habitat; made where it is missing. */
  readonly folder: string
  readonly link: Pick<Link, 'up' | 'subscribe' | 'publish' | 'on' | 'off'>
  /** What its gateway calls the bridge that leads here. */
  readonly consumer: string
  /** True where whoever runs the broker takes bundles apart into it. */
  readonly unbundled: boolean
  readonly store: { readonly keep: number; readonly size: number; readonly commit: number }
  /** Asked for at each start of the mirror; undefined where there is none. */
  readonly influx: (() => InfluxConfig) | undefined
  readonly readers: Readers
  readonly clock: Clock
  readonly log: Log
}

const MIRROR = 'influx'
/** Estimated bytes of readings that are worth a commit. */
const COMMIT_BYTES = 65_536
/** Page cache of the connection that writes, bytes: it appends, and hundreds of them are open. */
const CACHE = 524_288
/** How often what is shown is kept, ms. */
const KEEP = 60_000
/** State that is kept as it was told, by topic. */
const STATES = ['about', 'twin/#', 'link/+', 'control/+/+', 'confirm/+', 'audit/+']
/** Beyond the way there and back, how long a command may be obeyed: crew has to confirm it, ms. */
const CONFIRMING = 900_000

export class Habitat implements AsyncDisposable {
  readonly id: string
  readonly heard = new Heard()
  readonly store: Store
  readonly recorder: Recorder
  readonly events: EventLog
  readonly mirror: InfluxMirror | undefined
  readonly refused: RefusedCounts
  readonly desk: HeardLink
  readonly #parts: HabitatParts
  readonly #line: HabitatLine
  readonly #node: OneNode
  readonly #outbox: Outbox
  readonly #shift: ShiftLog
  readonly #told: Map<string, unknown>
  readonly #throttle: Throttle
  /** The newest time that was stored by earlier processes, ms. */
  readonly #before: number | undefined
  #heardAt: number | undefined
  #standing: { state: LinkState; since: number } | undefined
  #keptAt: number
  #isKept = true

  /**
   * Opens the store and listens.
   * @throws HabtwinError data/locked where another process has it; data/unusable, store/newer
   */
  constructor(parts: HabitatParts) {
    const { habitat, folder, link, clock, log, consumer } = parts
    this.id = habitat
    this.#parts = parts
    const throttle = new Throttle(clock, (kind, count, detail) => log.warn({ habitat, count, detail }, kind))
    this.#throttle = throttle
    makeFolder(folder)
    // what may fail comes before the lock is taken, which nobody would let go of
    this.#node = new OneNode(folder, (node, own) =>
      throttle.hit(`a second node says to be this habitat: ${node}, where it is ${own}`, { habitat, node, own }),
    )
    const lineage = new Lineage(folder)
    this.store = Store.open({
      folder,
      log,
      mirrors: parts.influx ? [MIRROR] : [],
      keep: parts.store.keep,
      size: parts.store.size,
      now: () => clock.now(),
      dataNow: () => patient(),
      readers: parts.readers,
      cache: CACHE,
    })
    const { store } = this
    this.#before = store.newest
    const patient = patientTime({ now: () => clock.now(), mono: () => clock.mono() }, this.#before)
    const shown = readShown(folder)
    this.#told = shown ? showAgain(this.heard, shown) : new Map()
    this.#heardAt = shown?.heard
    this.#keptAt = clock.mono()
    this.#shift = new ShiftLog(folder)
    this.#line = new HabitatLine({
      habitat,
      link,
      admits: (path, body, retained) => this.#admits(path, body, retained),
    })
    const line = this.#line
    this.recorder = new Recorder({
      clock,
      log,
      store: recorderStore(store, lineage),
      limits: { bytes: COMMIT_BYTES, wait: parts.store.commit },
      publishMark: (journal, mark) => {
        if (!line.up) return
        const body = mark === undefined ? '' : JSON.stringify(mark)
        // a link that breaks just now is up again soon, and then everything is told anew
        line.publish(topic.mark(this.consumer, journal), body, { retain: true }).catch(unlessAway)
      },
      isSet: (node) => this.heard.status.get(node)?.clock?.synced !== false,
      onReading: () => undefined,
      onRecord: (path, body) => this.#noted(changeOfRecord({ habitat, at: clock.now() }, path, body)),
      onGap: (gap) => this.#noted(changeOfGap({ habitat, at: clock.now() }, gap)),
    })
    for (const info of shown?.infos ?? []) this.recorder.info(info.device, info)
    this.#outbox = new Outbox({
      folder,
      now: () => clock.now(),
      publish: (device, point, command) =>
        line.publish(topic.command(device, point), JSON.stringify(command), { qos: 1 }),
    })
    this.heard.results.add((result) => this.#outbox.answered(result))
    this.events = new EventLog({
      store,
      heard: this.heard,
      send: async (event) => {
        const command = { id: event.id, value: JSON.stringify(event), by: event.by }
        await this.command('journal', 'event', { ...command, expires: this.expiry() })
      },
      flush: () => this.recorder.flush(),
    })
    this.events.start()
    this.refused = listen({ habitat, link: line, recorder: this.recorder, heard: this.heard, throttle, clock, consumer, afar: true }) // biome-ignore format: one thought
    this.desk = new HeardLink({
      ...{ habitat, link: line, store, side: 'mission-control' },
      say: (message) => line.publish(topic.safety(message.id), JSON.stringify(message), { qos: 1 }),
    })
    this.desk.start()
    for (const filter of STATES) line.subscribe(`hab/${habitat}/${filter}`, (full, body) => this.#state(full, body))
    line.subscribe(`hab/${habitat}/${topic.refused('+')}`, (full) =>
      this.#node.heard(full.slice(full.lastIndexOf('/') + 1)),
    )
    line.on('up', () => this.recorder.connected())
    line.on('down', () => this.recorder.flush())
    this.mirror = parts.influx && this.#mirrored(parts.influx)
    line.start()
  }

  /** What the gateway calls the bridge that leads here. */
  get consumer(): string {
    return this.#parts.consumer
  }

  /** What the bridge that leads here says of itself. */
  get bridge(): BridgeState | undefined {
    return bridgeState.safeParse(this.#told.get(topic.link(this.consumer))).data
  }

  get about(): HabitatAbout | undefined {
    return habitatAbout.safeParse(this.#told.get('about')).data
  }

  devices(): DeviceInfo[] {
    return [...this.recorder.devices()]
  }

  /** State by topic, of all topics that begin so. */
  told(prefix: string): Map<string, unknown> {
    return new Map([...this.#told].filter(([name]) => name.startsWith(prefix)))
  }

  /** When the newest reading was taken, ms; undefined where there is none. */
  get newest(): number | undefined {
    const { newest } = this.recorder
    return Number.isFinite(newest) ? newest : this.#before
  }

  /** The newest moment there of which anything can be known here, ms; +∞ where nothing was ever heard. */
  get horizon(): number {
    const { horizon } = this.#stands()
    return Number.isFinite(horizon) ? horizon : Number.POSITIVE_INFINITY
  }

  row(): HabitatRow {
    const { clock } = this.#parts
    const { other, own } = this.#node
    return rowOf({
      habitat: this.id,
      now: clock.now(),
      about: this.about,
      node: own,
      bridge: this.bridge,
      heard: this.#heardAt,
      infos: this.devices(),
      health: this.heard.health,
      last: this.heard.last,
      alerts: this.heard.alerts.values(),
      completeness: this.recorder.completeness(),
      gaps: this.store.gaps().filter((gap) => gap.device === undefined).length,
      newest: this.newest,
      refused:
        other && `The node ${other} says to be ${this.id} as well; it is ${own}, and nothing of ${other} is taken`,
    })
  }

  changes(since: number, most: number): Change[] {
    return this.#shift.since(since, most)
  }

  get pending(): Pending[] {
    return this.#outbox.pending
  }

  /** The way of a command that is sent now. @param device what it is for: the switch of the link itself is in real time */
  journey(device?: string): Journey {
    const { delay = 0, contact, next, plan, emergency } = this.bridge ?? {}
    const isAtOnce = emergency !== undefined || device === 'link'
    if (isAtOnce || plan !== undefined) return journey(isAtOnce ? {} : (plan ?? {}), 'mission-control', this.#parts.clock.now()) // biome-ignore format: one thought
    const windows = contact && [contact, ...(next ? [next] : [])]
    return journeyThrough(delay, windows, this.#parts.clock.now())
  }

  /** Until when what is sent now may be obeyed, ms. */
  expiry(): number {
    return this.journey().arrives + CONFIRMING
  }

  /** @throws HabtwinError command/refused where too many are under way */
  command(device: string, point: string, command: Command): Promise<Pending> {
    if (this.#outbox.pending.length >= MOST_PENDING)
      throw new HabtwinError('command/refused', `${MOST_PENDING} commands to ${this.id} are under way already`)
    const way = this.journey(device)
    return this.#outbox.add(device, point, { ...command, sent: way.sent }, way)
  }

  /** Each second: commits what is due, tells what has come, and looks at the link. */
  tick(): void {
    const { clock } = this.#parts
    this.recorder.tick()
    this.#look()
    if (this.#isKept || clock.mono() - this.#keptAt < KEEP) return
    this.#keep()
  }

  /** All that is pending is durable, and nobody is listened to any more. The lock goes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#line[Symbol.dispose]()
    this.recorder.flush()
    this.recorder.tick()
    this.#keep()
    await this.store[Symbol.asyncDispose]()
  }

  #admits(path: string, payload: Buffer, retained: boolean): boolean {
    if (!this.#node.admits(path, payload)) return false
    if (!retained) {
      this.#heardAt = this.#parts.clock.now()
      this.#isKept = false
    }
    if (!isBundle(path, this.consumer)) return true
    if (!this.#parts.unbundled) this.#unbundle(path, payload)
    return false
  }

  #unbundle(path: string, payload: Buffer): void {
    try {
      for (const one of messagesOf(payload)) this.#line.take(one.topic, Buffer.from(one.payload), { retain: false })
    } catch (error) {
      if (!isHabtwinError(error, 'link/bundle')) throw error
      this.#throttle.hit('a bundle was refused', `${path}: ${error.message}`)
    }
  }

  #state(full: string, payload: Buffer): void {
    const path = full.slice(`hab/${this.id}/`.length)
    if (payload.length === 0) {
      this.#told.delete(path)
      return
    }
    try {
      this.#told.set(path, JSON.parse(payload.toString()))
    } catch {
      return // not what a gateway of ours says
    }
    if (path === topic.link(this.consumer) && this.bridge?.state === 'up') this.#outbox.again()
  }

  #stands(): LinkStanding {
    const now = this.#parts.clock.now()
    return standingOf({ now, heard: this.#heardAt, bridge: this.bridge, infos: this.devices() })
  }

  #look(): void {
    const { clock } = this.#parts
    const now = clock.now()
    const { state, since } = this.#stands()
    const before = this.#standing?.state
    this.#standing = { state, since }
    if (before === undefined || before === state) return
    if (state === 'up') this.#outbox.again()
    // a pause that is soon over is no news
    if (state === 'late' || (state === 'up' && before === 'late')) return
    this.#noted(changeOfLink({ habitat: this.id, at: now }, state, state === 'up' ? now : since))
  }

  #noted(change: ReturnType<typeof changeOfRecord>): void {
    if (change) this.#shift.add(change)
  }

  #keep(): void {
    const { clock, folder, log } = this.#parts
    this.#keptAt = clock.mono()
    this.#isKept = true
    try {
      writeShown(folder, shownOf(this.heard, this.recorder.devices(), this.#told, this.#heardAt))
    } catch (error) {
      log.warn({ habitat: this.id, err: error }, 'what is shown is not kept over a restart')
    }
  }

  #mirrored(config: () => InfluxConfig): InfluxMirror {
    const { habitat, clock, log } = this.#parts
    const { store } = this
    return new InfluxMirror({
      habitat,
      get config() {
        return config()
      },
      cursor: store.cursor(MIRROR),
      infoAt: (device, t) => store.infoAt(device, t),
      corrections: () => [...store.corrections().values()].flat(),
      clock,
      log,
    })
  }
}

/** The way of what is sent now, through the contacts that were told. */
function journeyThrough(
  delay: number,
  windows: readonly { from: number; to: number }[] | undefined,
  now: number,
): Journey {
  if (windows === undefined) return journey({ delay }, 'mission-control', now)
  const [first] = windows
  const period = 1e15 // they were told one by one, and do not come again
  const epoch = first?.from ?? now
  const spans = windows.map(({ from, to }): [number, number] => [from - epoch, to - epoch])
  return journey({ delay, contacts: { epoch, period, windows: spans } }, 'mission-control', now)
}

/** @throws HabtwinError data/unusable */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new HabtwinError('data/unusable', messageOf(error), { where: path, cause: error })
  }
}

/** A broker that is away is told everything when it is back. */
function unlessAway(error: unknown): void {
  if (!isHabtwinError(error, 'link/unavailable')) throw error
}

/** The folder of a habitat. @param data of the receiver */
export function folderOf(data: string, habitat: string): string {
  return join(data, 'habitats', habitat)
}
