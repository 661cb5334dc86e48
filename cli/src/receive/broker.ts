/**
 * The receiver's own broker: gateways log in, each with a user that is bound to its habitat, and say only what is theirs.
 *
 *   gateway ─► login ─► broker ─► bundles apart ─► broker ─► recorders, pages
 *                         └─► is it the habitat's node? if not: out
 */
import { Broker, type BrokerOptions } from '@habtwin/broker'
import { isHabtwinError, relative, topic, wire } from '@habtwin/contract'
import { type Clock, type DataFolder, type Log, type ReceiveConfig, Throttle } from '@habtwin/runtime'
import { mayPublish, mayRetain, type Principal } from '@habtwin/runtime/access'
import { hostNames } from '@habtwin/runtime/tls/names'
import { openIdentity } from '@habtwin/runtime/tls/open'
import { type AccessControl, needUsers } from '@habtwin/runtime/users/index'
import { messagesOf } from '@habtwin/sim-core/receive/bundles'
import { folderOf } from '@habtwin/sim-core/receive/habitat'
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
export function brokerOf(parts: BrokerParts): (access: AccessControl, signal: AbortSignal) => Promise<OpenBroker> {
  return (access, signal) => open(parts, access, signal)
}

async function open(parts: BrokerParts, access: AccessControl, signal: AbortSignal): Promise<OpenBroker> {
  const { config, folder, clock, log } = parts
  const broker = new Broker(optionsOf(parts), { clock, log, access })
  const throttle = new Throttle(clock, (kind, count, detail) => log.warn({ count, detail }, kind))
  unbundle(broker, throttle)
  oneNodeEach(broker, folder.root, throttle)
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
  const { broker, http, tls } = config
  return {
    tcp: broker.mqtt,
    tls: broker.tls,
    websocket: { ...broker.websocket, names: [...http.names, ...(broker.websocket.tls ? hostNames() : [])] },
    sockets: folder.sockets,
    limits: {
      packet: broker.max_packet,
      connections: broker.max_connections,
      perAddress: broker.max_connections_per_address,
      connectTimeout: broker.connect_timeout,
      drainTimeout: broker.drain_timeout,
      handshakeTimeout: tls.handshake_timeout,
      subscriptions: SUBSCRIPTIONS,
    },
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

/** Puts out a gateway that says to be a habitat which is another's. Its recorder takes nothing of it either. */
function oneNodeEach(broker: Broker, data: string, throttle: Throttle): void {
  const known = new Map<string, OneNode>()
  broker.subscribe(wire('+', topic.status('+')), (full, payload, sender) => {
    const habitat = full.split('/', 2)[1] ?? ''
    let others: OneNode | undefined = known.get(habitat)
    if (others === undefined) {
      others = new OneNode(folderOf(data, habitat), () => undefined)
      known.set(habitat, others)
    }
    if (others.admits(relative(habitat, full) ?? '', payload) || sender === undefined) return
    const { own = '', other = '' } = others
    throttle.hit(`${other} says to be the habitat ${habitat}, which is ${own}: it is refused`, { habitat, own, other, remedy: `name one of them otherwise, or run: habtwin receive --node ${habitat}=${other}` }) // biome-ignore format: one thought
    broker.publishFast(full, '', true, nothing)
    broker.disconnect(sender.clientId)
  })
}

function nothing(): void {}
