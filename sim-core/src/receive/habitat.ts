/**
 * One habitat at mission control, as its own sim has it, but for the twin:
 *
 *   line ─► one node ─► listen ─► recorder ─► store ─► mirror ─► InfluxDB
 *     ▲        │           ├─► what is shown, what changed
 *     │        └─ bundles  └─► marks, commands
 *     └───────────────────────────┘
 */
import { type BridgeState, type DeviceInfo, isHabtwinError, topic } from '@habtwin/contract'
import type { Change, HabitatAbout, HabitatRow } from '@habtwin/contract/habitats'
import type { LinkStanding } from '@habtwin/contract/standing'
import { Throttle } from '@habtwin/runtime'
import type { Link } from '@habtwin/runtime/mqtt'
import { EventLog } from '../events/index.ts'
import type { InfluxMirror } from '../influx/index.ts'
import { HeardLink } from '../link-desk.ts'
import { Lineage } from '../recorder/lineage.ts'
import { Heard, listen, type RefusedCounts } from '../recorder/listen.ts'
import { Recorder } from '../recorder/recorder.ts'
import { recorderStore } from '../recorder/recorder-store.ts'
import type { Store } from '../store/index.ts'
import { Arrivals } from './arrivals.ts'
import { changeOfGap, changeOfLink, changeOfRecord } from './changes.ts'
import { Commanding } from './commanding.ts'
import { makeFolder } from './folder.ts'
import { mirrorOf, openStore, type StoreParts } from './keep-store.ts'
import { Keeping } from './keeping.ts'
import { HabitatLine } from './line.ts'
import { rowOf, standingOf } from './row.ts'
import { ShiftLog } from './shift.ts'
import { readShown, showAgain, shownOf } from './shown.ts'
import { SignalWatch } from './signal-watch.ts'
import { STATES, Told } from './told.ts'

export interface HabitatParts extends StoreParts {
  readonly link: Pick<Link, 'up' | 'subscribe' | 'publish' | 'on' | 'off'>
  /** What its gateway calls the bridge that leads here. */
  readonly consumer: string
  /** True where whoever runs the broker takes bundles apart into it. */
  readonly unbundled: boolean
  readonly store: { readonly keep: number; readonly size: number; readonly commit: number }
}

/** Estimated bytes of readings that are worth a commit. */
const COMMIT_BYTES = 65_536
/** Clocks of habitats may be wrong by so much: their readings are taken, and that is told, ms. */
const AHEAD = 86_400_000

export class Habitat implements AsyncDisposable {
  readonly id: string
  readonly heard = new Heard()
  readonly store: Store
  readonly recorder: Recorder
  readonly commands: Commanding
  readonly events: EventLog
  readonly mirror: InfluxMirror | undefined
  readonly refused: RefusedCounts
  readonly desk: HeardLink
  readonly #parts: HabitatParts
  readonly #line: HabitatLine
  readonly #arrivals: Arrivals
  readonly #shift: ShiftLog
  readonly #told: Told
  readonly #keeping: Keeping
  readonly #signal: SignalWatch
  /** The newest time that was stored by earlier processes, ms. */
  readonly #before: number | undefined

  /**
   * Opens the store and listens.
   * @throws HabtwinError data/locked where another process has it; data/unusable, store/newer
   */
  constructor(parts: HabitatParts) {
    const { habitat, folder, link, clock, log, consumer } = parts
    this.id = habitat
    this.#parts = parts
    const throttle = new Throttle(clock, (kind, count, detail) => log.warn({ habitat, count, detail }, kind))
    makeFolder(folder)
    const shown = readShown(folder)
    // what may fail comes before the lock is taken, which nobody would let go of
    this.#arrivals = new Arrivals({
      ...{ habitat, folder, consumer, unbundled: parts.unbundled, clock, throttle, heard: shown?.heard },
      take: (path, payload) => this.#line.take(path, payload, { retain: false }),
      stirred: () => this.#keeping.stir(),
    })
    const lineage = new Lineage(folder)
    this.store = openStore(parts)
    const { store } = this
    this.#before = store.newest
    const told = new Told(shown ? showAgain(this.heard, shown) : new Map(), consumer, clock)
    this.#told = told
    this.#keeping = new Keeping({
      ...{ habitat, folder, clock, log },
      shown: () => shownOf(this.heard, this.recorder.devices(), told.all, this.#arrivals.heard),
    })
    this.#shift = new ShiftLog(folder)
    this.#line = new HabitatLine({
      habitat,
      link,
      admits: (path, body, retained) => this.#arrivals.admits(path, body, retained),
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
      ahead: AHEAD,
      onReading: () => undefined,
      onRecord: (path, body) => this.#noted(changeOfRecord({ habitat, at: clock.now() }, path, body)),
      onGap: (gap) => this.#noted(changeOfGap({ habitat, at: clock.now() }, gap)),
    })
    for (const info of shown?.infos ?? []) this.recorder.info(info.device, info)
    this.commands = new Commanding({
      ...{ habitat, folder, clock, log },
      publish: (device, point, command) =>
        line.publish(topic.command(device, point), JSON.stringify(command), { qos: 1 }),
      link: () => ({ bridge: this.bridge, skew: this.skew }),
    })
    this.heard.results.add((result) => this.commands.answered(result))
    this.events = new EventLog({
      store,
      heard: this.heard,
      send: async (event) => {
        const command = { id: event.id, value: JSON.stringify(event), by: event.by }
        await this.commands.send('journal', 'event', { ...command, expires: this.commands.expiry() })
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
    for (const filter of STATES) {
      line.subscribe(`hab/${habitat}/${filter}`, (full, body, { retain }) => {
        if (told.hear(full.slice(`hab/${habitat}/`.length), body, retain)) this.commands.again()
      })
    }
    line.subscribe(`hab/${habitat}/${topic.refused('+')}`, (full) =>
      this.#arrivals.node.heard(full.slice(full.lastIndexOf('/') + 1)),
    )
    line.on('up', () => this.recorder.connected())
    line.on('down', () => this.recorder.flush())
    this.#signal = new SignalWatch({
      stands: () => this.#stands(),
      now: () => clock.now(),
      again: () => this.commands.again(),
      told: (state, since) => this.#noted(changeOfLink({ habitat, at: clock.now() }, state, since)),
    })
    this.mirror = mirrorOf(parts, store)
    line.start()
  }

  /** What the gateway calls the bridge that leads here. */
  get consumer(): string {
    return this.#parts.consumer
  }

  /** What the bridge that leads here says of itself. */
  get bridge(): BridgeState | undefined {
    return this.#told.bridge
  }

  get about(): HabitatAbout | undefined {
    return this.#told.about
  }

  /** How far the clock there is ahead of the one here, ms. */
  get skew(): number {
    return this.#told.skew.ms
  }

  devices(): DeviceInfo[] {
    return [...this.recorder.devices()]
  }

  /** State by topic, of all topics that begin so. */
  told(prefix: string): Map<string, unknown> {
    return this.#told.of(prefix)
  }

  /** When the newest reading was taken, ms; undefined where there is none. */
  get newest(): number | undefined {
    const { newest } = this.recorder
    return Number.isFinite(newest) ? newest : this.#before
  }

  /** The newest moment there, by the clock there, of which anything can be known here, ms; +∞ where nothing was heard. */
  get horizon(): number {
    const { horizon } = this.#stands()
    return Number.isFinite(horizon) ? horizon : Number.POSITIVE_INFINITY
  }

  row(): HabitatRow {
    const { clock } = this.#parts
    const { other, own } = this.#arrivals.node
    return rowOf({
      habitat: this.id,
      now: clock.now(),
      about: this.about,
      node: own,
      bridge: this.bridge,
      heard: this.#arrivals.heard,
      skew: this.skew,
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

  /** Each second: commits what is due, tells what has come, and looks at the link. */
  tick(): void {
    this.recorder.tick()
    this.#signal.look()
    this.#keeping.tick()
    this.commands.tick()
  }

  /** All that is pending is durable, and nobody is listened to any more. The lock goes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#line[Symbol.dispose]()
    this.recorder.flush()
    this.recorder.tick()
    this.#keeping.now()
    this.commands[Symbol.dispose]()
    await this.store[Symbol.asyncDispose]()
  }

  #stands(): LinkStanding {
    const now = this.#parts.clock.now()
    return standingOf({
      now,
      heard: this.#arrivals.heard,
      bridge: this.bridge,
      skew: this.skew,
      infos: this.devices(),
      newest: this.newest,
    })
  }

  #noted(change: ReturnType<typeof changeOfRecord>): void {
    if (change) this.#shift.add(change)
  }
}

/** A broker that is away is told everything when it is back. */
function unlessAway(error: unknown): void {
  if (!isHabtwinError(error, 'link/unavailable')) throw error
}
