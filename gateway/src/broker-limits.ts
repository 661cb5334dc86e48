/** What the configuration says of the broker's limits, in the broker's words. */
import type { Limits } from '@habtwin/broker'
import type { Config } from '@habtwin/runtime'

export function limitsOf({ broker, tls }: Pick<Config, 'broker' | 'tls'>): Partial<Limits> {
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
