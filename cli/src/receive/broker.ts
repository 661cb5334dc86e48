/**
 * The receiver's own broker: gateways log in, each with a user that is bound to its habitat, and say only what is theirs.
 *
 *   gateway ─► login ─► broker ─► bundles apart ─► broker ─► recorders, pages
 *                         └─► is it the habitat's node? if not: out
 */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Broker, type BrokerOptions } from '@habtwin/broker'
import type { Doors } from '@habtwin/broker/login'
import { isHabtwinError, relative, topic, wire } from '@habtwin/contract'
import { brokerOptions } from '@habtwin/gateway/broker-options'
import { audited } from '@habtwin/gateway/users'
import { type Clock, type DataFolder, type Log, type ReceiveConfig, Throttle } from '@habtwin/runtime'
import { mayPublish, mayRetain, type Principal } from '@habtwin/runtime/access'
import { hostNames } from '@habtwin/runtime/tls/names'
import { openIdentity } from '@habtwin/runtime/tls/open'
import { type AccessControl, needUsers } from '@habtwin/runtime/users/index'
import type { DeskAudit } from '@habtwin/sim-core/receive/audit'
import { messagesOf } from '@habtwin/sim-core/receive/bundles'
import { folderOf } from '@habtwin/sim-core/receive/folder'
import type { OpenBroker } from '@habtwin/sim-core/receive/main'
import { OneNode } from '@habtwin/sim-core/receive/node'

export interface BrokerParts {
  readonly config: ReceiveConfig
  readonly folder: DataFolder
  readonly clock: Clock
  readonly log: Log
}

/** Filters that one process of the house asks for: one a habitat, and some. */
const SUBSCRIPTIONS = 20_000

/** Makes what opens the broker. */
export function brokerOf(
  parts: BrokerParts,
): (access: AccessControl, audit: DeskAudit, signal: AbortSignal) => Promise<OpenBroker> {
  return (access, audit, signal) => open(parts, access, audit, signal)
}

async function open(
  parts: BrokerParts,
  access: AccessControl,
  audit: DeskAudit,
  signal: AbortSignal,
): Promise<OpenBroker> {
  const { config, folder, clock, log } = parts
  const throttle = new Throttle(clock, (kind, count, detail) => log.warn({ count, detail }, kind))
  const nodes = new Nodes(folder.root)
  const refused = ({ habitat, own, other }: Stranger) => {
    const remedy = `name one of them otherwise, or run: habtwin receive --node ${habitat}=${other}`
    audit.refused({ kind: 'refused-node', habitat, node: other, own })
    throttle.hit(`${other} says to be the habitat ${habitat}, which is ${own}: it is refused`, { habitat, own, other, remedy }) // biome-ignore format: one thought
    broker.publishFast(
      wire(habitat, topic.refused(other)),
      JSON.stringify({ t: clock.now(), node: other }),
      false,
      nothing,
    )
  }
  const broker = new Broker(optionsOf(parts), {
    ...{ clock, log, access: doorsOf(access, nodes, refused) },
    refused: (reason, detail) => {
      if (audited.has(reason)) audit.refused({ kind: 'refused-client', reason, ...detail })
    },
  })
  unbundle(broker, throttle)
  nodes.watch(broker, refused)
  try {
    await broker.start()
    if (config.broker.tls || config.broker.websocket.tls) {
      needUsers({ 'broker.tls': config.broker.tls, 'broker.websocket': config.broker.websocket }, access.size)
      const listeners = [config.broker.tls, config.broker.websocket]
      const about = { tls: config.tls, http: config.http, listeners, habitat: 'mission-control' }
      const identity = await openIdentity(about, { folder: folder.tls, part: 'receive', clock, log })
      await broker.secure(identity)
      // its certificate is renewed for as long as the broker is open; an abort ends it
      identity.run(signal).catch((error: unknown) => log.error({ err: error }, 'the certificate is not renewed'))
    }
  } catch (error) {
    await broker[Symbol.asyncDispose]()
    throw error
  }
  return {
    addresses: { mqtt: broker.address('tcp'), mqtts: broker.address('tls'), websocket: broker.address('websocket') },
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  }
}

function optionsOf({ config, folder }: BrokerParts): BrokerOptions {
  const { broker, http } = config
  const options = brokerOptions(config, [...http.names, ...(broker.websocket.tls ? hostNames() : [])])
  return {
    ...options,
    sockets: folder.sockets,
    limits: { ...options.limits, subscriptions: SUBSCRIPTIONS },
    folder: join(folder.root, 'broker'),
  }
}

/** Takes bundles apart: what is in one is let through as if it had come by itself. */
function unbundle(broker: Broker, throttle: Throttle): void {
  broker.subscribe(wire('+', topic.bundle('+')), (full, payload, sender) => {
    const habitat = full.split('/', 2)[1] ?? ''
    const as: Principal = { role: 'gateway', name: sender?.user ?? '', habitat, via: 'password' }
    try {
      for (const one of messagesOf(payload)) {
        const to = wire(habitat, one.topic)
        if (mayPublish(as, to, {})) broker.publishFast(to, one.payload, one.retain && mayRetain(as, to, {}), nothing)
        else throttle.hit('a bundle holds what its gateway may not say', { topic: to })
      }
    } catch (error) {
      if (!isHabtwinError(error, 'link/bundle')) throw error
      throttle.hit('a bundle was refused', { topic: full, why: error.message })
    }
  })
}

/** A node that says to be a habitat which is another. */
interface Stranger {
  readonly habitat: string
  readonly own: string
  readonly other: string
}

/** The nodes of the habitats, as their recorders know them. */
class Nodes {
  readonly #data: string
  readonly #known = new Map<string, OneNode>()

  constructor(data: string) {
    this.#data = data
  }

  of(habitat: string): OneNode {
    const known = this.#known.get(habitat) ?? new OneNode(folderOf(this.#data, habitat), nothing)
    this.#known.set(habitat, known)
    return known
  }

  /** The habitat and node whose place a client would take by its id; undefined where it takes nobody's. */
  strangerIn(clientId: string): Stranger | undefined {
    if (!clientId.startsWith('habtwin-')) return undefined
    for (const habitat of readdirSync(join(this.#data, 'habitats'))) {
      if (!clientId.startsWith(`habtwin-${habitat}-`)) continue
      const { own } = this.of(habitat)
      if (own === undefined || clientId.startsWith(`habtwin-${habitat}-${own}-`)) return undefined
      const [, other = ''] = /^(.*)-[^-]*$/.exec(clientId.slice(`habtwin-${habitat}-`.length)) ?? []
      return { habitat, own, other }
    }
    return undefined
  }

  /**
   * Puts out a gateway that says to be a habitat which is another's, where its client id does not tell. Its recorder takes
   * nothing of it either.
   */
  watch(broker: Broker, refused: (stranger: Stranger) => void): void {
    broker.subscribe(wire('+', topic.status('+')), (full, payload, sender) => {
      const habitat = full.split('/', 2)[1] ?? ''
      const node = this.of(habitat)
      if (node.admits(relative(habitat, full) ?? '', payload) || sender === undefined || payload.length === 0) return
      refused({ habitat, own: node.own ?? '', other: node.other ?? '' })
      // after everybody has had the message itself: who hears of this one first would take it for a repetition
      setImmediate(() => {
        broker.publishFast(full, '', true, nothing)
        broker.disconnect(sender.clientId)
      })
    })
  }
}

/**
 * Who may come in: by a client id that names another node than its habitat's nobody may (the bridge of a gateway comes as
 * `habtwin-{habitat}-{node}-{bridge}`).
 */
function doorsOf(access: AccessControl, nodes: Nodes, refused: (stranger: Stranger) => void): Doors {
  return {
    login: (name, secret, from) => access.login(name, secret, from),
    byCertificate: (name) => access.byCertificate(name),
    current: (who) => access.current(who),
    onChange: (call) => access.onChange(call),
    ownerOf(clientId) {
      const stranger = nodes.strangerIn(clientId)
      if (stranger === undefined) return access.ownerOf(clientId)
      refused(stranger)
      return stranger.own
    },
  }
}

function nothing(): void {}
