/**
 * Gateways of many habitats in one process, for a receiver: each has the real journal, outlet and resender, and speaks
 * to the broker of mission control as a bridge to a habtwin does. Without instruments: a reading is made when it is
 * asked for.
 */
import { type DeviceInfo, mark, topic, wire } from '@habtwin/contract'
import type { JournalDisk } from '@habtwin/gateway/journal/disk'
import { Journal, Outlet, Resender } from '@habtwin/gateway/journal/index'
import { type Clock, everyInterval, silentLog } from '@habtwin/runtime'
import { Link } from '@habtwin/runtime/mqtt'
import { MemoryDisk } from './memory-disk.ts'

export interface GatewayOptions {
  readonly habitat: string
  readonly node?: string
  /** What its bridge to mission control is called. */
  readonly bridge?: string
  readonly url?: string | readonly string[]
  readonly socketPath?: string
  readonly username?: string
  readonly password?: string
  readonly devices?: readonly string[]
  readonly every?: number
  readonly clock: Clock
  /** What a kill leaves. */
  readonly disk?: JournalDisk
}

const TICK = 100

/** One habitat's gateway. */
export class PlayedGateway implements AsyncDisposable {
  readonly habitat: string
  readonly node: string
  readonly link: Link
  readonly disk: JournalDisk
  readonly journal: Journal
  readonly #options: GatewayOptions
  readonly #outlet: Outlet
  readonly #resender: Resender
  readonly #bridge: string
  readonly #n = new Map<string, number>()
  readonly #abort = new AbortController()
  /** What is told anew with each connection, by topic. */
  readonly #states = new Map<string, string>()
  /** Commands that came. */
  readonly commands: { readonly path: string; readonly body: { id: string; expires: number } }[] = []
  #running: Promise<void> | undefined
  taken = 0

  constructor(options: GatewayOptions) {
    const { habitat, clock, url, socketPath, username, password, bridge = 'earth' } = options
    this.#options = options
    this.habitat = habitat
    this.node = options.node ?? `${habitat}-pi`
    this.#bridge = bridge
    this.disk = options.disk ?? new MemoryDisk()
    this.link = new Link({
      ...(url === undefined ? {} : { url }),
      ...(socketPath === undefined ? {} : { socketPath }),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      clientId: `habtwin-${habitat}-${this.node}-${bridge}`,
      clock,
      retry: { first: 200, cap: 2_000 },
    })
    this.journal = new Journal({
      disk: this.disk,
      clock,
      log: silentLog(),
      consumers: [bridge],
      limits: { memory: 8_000_000, disk: 1e9, tick: 1_000 },
      retain: (path, payload) => this.state(path, payload),
    })
    this.#outlet = new Outlet(
      (path, payload, retain, done) => this.#publish(path, payload, retain, done),
      (seq) => this.journal.skipped(seq),
    )
    this.#resender = new Resender(
      this.journal,
      clock,
      (path, payload) => this.#publish(path, payload, false, ignore),
      bridge,
    )
  }

  get devices(): readonly string[] {
    return this.#options.devices ?? ['air']
  }

  start(): void {
    const { clock } = this.#options
    this.link.subscribe(wire(this.habitat, `mark/${this.#bridge}/+`), (full, payload) => {
      const id = full.slice(full.lastIndexOf('/') + 1)
      if (payload.length === 0) return
      if (this.journal.mark(this.#bridge, id, mark.parse(JSON.parse(payload.toString()))) === undefined)
        this.#resender.poll()
    })
    this.link.subscribe(wire(this.habitat, 'command/+/+'), (full, payload) => {
      this.commands.push({
        path: full.slice(wire(this.habitat, 'command/').length),
        body: JSON.parse(payload.toString()),
      })
    })
    this.link.on('up', () => {
      this.journal.connected(this.#bridge)
      for (const [path, payload] of this.#states) this.#publish(path, payload, true, ignore)
    })
    this.link.on('down', () => this.journal.disconnected(this.#bridge))
    const t = clock.now()
    this.state(
      topic.status(this.node),
      JSON.stringify({ state: 'online', t, version: '0', boot: 'b', journal: this.journal.id }),
    )
    for (const device of this.devices) {
      this.state(topic.info(device), JSON.stringify(this.#info(device)))
      this.state(topic.health(device), JSON.stringify({ state: 'ok', t }))
    }
    this.journal.start()
    this.link.start()
    this.#running = everyInterval(clock, TICK, this.#abort.signal, () => {
      this.journal.tick()
      this.#resender.poll()
    }).catch(ignore)
  }

  /** State: the latest wins, and is told anew with each connection. */
  state(path: string, payload: string): void {
    if (payload === '') this.#states.delete(path)
    else this.#states.set(path, payload)
    this.#publish(path, payload, true, ignore)
  }

  /** A reading of a device, journalled and sent. @param t ms */
  read(device: string, t: number, values: Readonly<Record<string, number>>): number {
    const n = (this.#n.get(device) ?? 0) + 1
    this.#n.set(device, n)
    const entry = this.journal.append(topic.reading(device), { n, t, values })
    this.taken++
    this.#outlet.send(entry, true)
    return entry.seq
  }

  /** Anything else that is journalled. */
  say(path: string, body: object, retain = false): void {
    const entry = this.journal.append(path, body)
    this.#publish(entry.topic, entry.payload, retain, ignore)
  }

  /** True where mission control has said that all is stored. */
  get isDone(): boolean {
    const { id, next } = this.journal
    return this.journal.consumer(this.#bridge)?.word(id).done.contiguous === next - 1
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    this.#abort.abort()
    await this.#running
    await this.link[Symbol.asyncDispose]()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }

  #publish(path: string, payload: string, retain: boolean, done: () => void): void {
    // what is not sent is lacking, and sent again
    this.link.publish(wire(this.habitat, path), payload, { retain }).then(done, done)
  }

  #info(device: string): DeviceInfo {
    return {
      device,
      zone: 'crew',
      node: this.node,
      driver: 'scd30',
      label: device,
      simulated: true,
      every: this.#options.every ?? 10_000,
      points: { co2: { unit: '[ppm]' }, temperature: { unit: 'Cel' } },
    }
  }
}

function ignore(): void {}
