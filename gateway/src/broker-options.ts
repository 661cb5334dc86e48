/** What the configuration says of a broker, in the broker's words. */
import type { BrokerOptions, Limits } from '@habtwin/broker'
import type { Config } from '@habtwin/runtime'

type Given = Pick<Config, 'broker' | 'tls'>

/** @param names under which pages may ask for the WebSocket, besides loopback */
export function brokerOptions(config: Given, names: readonly string[]): BrokerOptions {
  const { mqtt, tls, websocket, mqtt5 } = config.broker
  return { tcp: mqtt, tls, websocket: { ...websocket, names }, mqtt5, limits: limitsOf(config) }
}

function limitsOf({ broker, tls }: Given): Partial<Limits> {
  return {
    packet: broker.max_packet,
    connections: broker.max_connections,
    perAddress: broker.max_connections_per_address,
    perUser: broker.max_connections_per_user,
    connectTimeout: broker.connect_timeout,
    handshakeTimeout: tls.handshake_timeout,
    drainTimeout: broker.drain_timeout,
    topic: broker.max_topic_length,
    levels: broker.max_topic_levels,
    subscriptions: broker.max_subscriptions,
    inflight: broker.max_inflight,
    publishRate: broker.viewer_rate,
    userRate: broker.user_rate,
    backlog: broker.backlog,
    backlogs: broker.backlogs,
    sessions: broker.max_sessions,
    sessionAge: broker.session_age,
    queue: broker.session_messages,
    queueBytes: broker.session_bytes,
    queueAge: broker.message_age,
    queuedBytes: broker.waiting_bytes,
    retained: broker.max_retained,
    retainedBytes: broker.retained_bytes,
  }
}
