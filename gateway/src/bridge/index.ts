/** Bridges as the configuration has them, each with its channel, and what they are told of this habitat. */
import type { Broker } from '@habtwin/broker'
import { type BridgeState, type Emergency, relative, topic, wire } from '@habtwin/contract'
import { type BridgeConfig, type Clock, type Config, everyInterval, type Log, secret } from '@habtwin/runtime'
import { Link } from '@habtwin/runtime/mqtt'
import { clientTls } from '@habtwin/runtime/tls/client'
import { topicMatches } from '@habtwin/runtime/topic-filter'
import type { Metric } from '../http.ts'
import type { Entry, Journal } from '../journal/index.ts'
import { Bridge } from './bridge.ts'
import type { Channel } from './channel.ts'
import { DeviceIndex } from './device-index.ts'
import { DeviceTally } from './devices.ts'
import { DirectChannel } from './direct.ts'
import { bridgeMetrics } from './metrics.ts'
import { stateFilters } from './states.ts'
import { Teller } from './told.ts'

export interface BridgesParts {
  readonly config: Pick<Config, 'bridges' | 'habitat' | 'mission'>
  readonly node: string
  readonly broker: Broker
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Log
  /** Publishes a retained message on a relative topic. */
  readonly retain: (topic: string, payload: string) => void
  readonly onCommand: (bridge: string, device: string, point: string, payload: Buffer) => void
  readonly onSafety: (bridge: string, topic: string, payload: Buffer) => void
  /** Puts what simulates the link between a bridge and it. */
  readonly through?: (bridge: string, config: BridgeConfig, direct: Channel) => Channel
  /** By whom all links were cut, while they are. */
  readonly cut?: () => Emergency | undefined
}

/** How often bridges look after themselves, ms. */
const TICK = 250
/** Attempts to connect: the link is to be used as soon as it is there, ms. */
const RETRY = { first: 250, cap: 1_500 }
/** What the other side may take to answer to a connect, ms. */
const ANSWER = 20_000
/** Seconds; narrow links are slow to answer. */
const KEEPALIVE = 30

/** What the journal has to know of bridges. */
export function bridgeConsumers(config: Pick<Config, 'bridges'>): { name: string; marks: boolean }[] {
  return Object.entries(config.bridges).map(([name, { to }]) => ({ name, marks: to === 'habtwin' }))
}

interface Opened {
  readonly bridge: Bridge
  readonly teller: Teller
  readonly devices: DeviceTally
}

export class Bridges implements AsyncDisposable {
  readonly #parts: BridgesParts
  readonly #bridges: Opened[] = []
  readonly #index: DeviceIndex
  /** All that is retained here, for a bridge that is opened later. */
  readonly #latest = new Map<string, string>()

  constructor(parts: BridgesParts) {
    this.#parts = parts
    this.#index = new DeviceIndex(parts.journal)
    const { broker, config } = parts
    if (Object.keys(config.bridges).length === 0) return
    for (const filter of stateFilters) {
      broker.subscribe(wire(config.habitat.id, filter), (full, payload) => {
        const path = relative(config.habitat.id, full)
        if (path === undefined) return
        const text = payload.toString()
        if (text === '') this.#latest.delete(path)
        else this.#latest.set(path, text)
        for (const { bridge } of this.#bridges) bridge.hear(path, text)
      })
    }
  }

  /** An entry was journalled. */
  readonly offer = (entry: Entry, live: boolean): void => {
    if (this.names.length > 0) this.#index.add(entry)
    for (const { bridge, devices } of this.#bridges) {
      bridge.offer(entry, live)
      devices.offer(entry)
    }
  }

  get names(): readonly string[] {
    return Object.keys(this.#parts.config.bridges)
  }

  /** Opens a bridge and looks after it. The journal must have begun. @throws HabtwinError secret/unreadable */
  async run(name: string, signal: AbortSignal): Promise<void> {
    const config = this.#parts.config.bridges[name]
    if (config === undefined) return
    const { bridge, teller, devices } = this.#open(name, config, this.#link(name, config))
    for (const [path, text] of this.#latest) bridge.hear(path, text)
    await everyInterval(this.#parts.clock, TICK, signal, () => {
      bridge.tick()
      teller.tick()
      devices.tick()
      this.#prune()
    })
  }

  /** How each stands. */
  states(): Record<string, BridgeState> {
    return Object.fromEntries(this.#bridges.map(({ bridge, teller }) => [bridge.name, teller.state()]))
  }

  *metrics(): Iterable<Metric> {
    yield* bridgeMetrics(this.#bridges)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#bridges.map(({ bridge }) => bridge[Symbol.asyncDispose]()))
  }

  #open(name: string, config: BridgeConfig, link: Link): Opened {
    const { journal, clock, log, retain, onCommand, onSafety, through, cut } = this.#parts
    const habitat = this.#parts.config.habitat.id
    const prefix = config.prefix === '' || config.prefix.endsWith('/') ? config.prefix : `${config.prefix}/`
    const hears = [...config.in, ...(config.to === 'habtwin' ? [topic.mark(name, '+')] : [])]
    const direct = new DirectChannel({ link, habitat, prefix, hears, qos: config.qos })
    const bridge = new Bridge({
      ...{ name, habitat, journal, clock, log },
      config: { ...config, prefix },
      channel: through?.(name, config, direct) ?? direct,
      onCommand: (device, point, payload) => onCommand(name, device, point, payload),
      onSafety: (path, payload) => onSafety(name, path, payload),
    })
    const devices = new DeviceTally({
      ...{ name, journal, index: this.#index, clock, retain },
      crosses: (path) => config.out.some((filter) => topicMatches(filter, path)),
      latest: (path) => this.#latest.get(path),
    })
    const opened = { bridge, teller: new Teller({ bridge, config, journal, clock, retain, cut }), devices }
    this.#bridges.push(opened)
    bridge.start()
    return opened
  }

  /** What has crossed every bridge need not be known any more. */
  #prune(): void {
    const lowest = new Map<string, number>()
    for (const { devices } of this.#bridges) {
      if (devices.lowest === undefined) return
      for (const [id, seq] of devices.lowest) lowest.set(id, Math.min(lowest.get(id) ?? seq, seq))
    }
    this.#index.prune(lowest)
  }

  #link(name: string, config: BridgeConfig): Link {
    const { node, clock } = this.#parts
    const habitat = this.#parts.config.habitat.id
    const token = secret(config.token, config.token_file)
    const password = token ?? secret(config.password, config.password_file)
    const username = config.username ?? (token === undefined ? undefined : habitat)
    return new Link({
      url: config.url,
      // one session, which the other broker keeps: a command may come while the link is down
      clientId: `habtwin-${habitat}-${node}-${name}`,
      kept: true,
      keepalive: KEEPALIVE,
      retry: RETRY,
      answer: ANSWER,
      clock,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      // read at each attempt, so that a renewed certificate counts
      tls: clientTls(config),
    })
  }
}
