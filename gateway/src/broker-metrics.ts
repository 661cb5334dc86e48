/** What the broker and the inbox of outside devices count, as metrics. */
import type { Broker } from '@habtwin/broker'
import type { Metric } from './http.ts'
import type { Inbox } from './outside/inbox.ts'

/** @param inbox left out where nobody takes what outside devices say */
export function* brokerMetrics({ counts, kept }: Pick<Broker, 'counts' | 'kept'>, inbox?: Inbox): Iterable<Metric> {
  yield ['habtwin_broker_connections', 'Clients that are connected', 'gauge', counts.connections]
  yield [
    'habtwin_broker_accepted_total',
    'Connections that were let in to say who they are',
    'counter',
    counts.accepted,
  ]
  yield ['habtwin_broker_published_in_total', 'Messages taken', 'counter', counts.publishedIn]
  yield ['habtwin_broker_published_out_total', 'Messages delivered', 'counter', counts.publishedOut]
  yield ['habtwin_broker_bytes_total{way="in"}', 'Bytes from and to clients', 'counter', counts.bytesIn]
  yield ['habtwin_broker_bytes_total{way="out"}', 'Bytes from and to clients', 'counter', counts.bytesOut]
  for (const [reason, count] of counts.refused)
    yield [`habtwin_broker_refused_total{reason="${reason}"}`, 'What was not let through', 'counter', count]
  yield ['habtwin_broker_retained', 'Retained messages', 'gauge', kept.retained]
  yield ['habtwin_broker_retained_bytes', 'Memory of retained messages', 'gauge', kept.retainedBytes]
  yield ['habtwin_broker_sessions', 'Sessions that are kept', 'gauge', kept.sessions]
  yield ['habtwin_broker_waiting', 'Messages that wait in sessions', 'gauge', kept.waiting]
  yield ['habtwin_broker_waiting_bytes', 'Memory of messages that wait in sessions', 'gauge', kept.waitingBytes]
  yield ['habtwin_broker_dropped_total', 'Messages given up for want of room', 'counter', kept.dropped]
  yield ['habtwin_broker_expired_total', 'Messages and sessions that grew too old', 'counter', kept.expired]
  yield ['habtwin_broker_journal_bytes', 'Journal of the broker on disk', 'gauge', kept.journalBytes]
  yield ['habtwin_broker_journal_records_total', 'Records written', 'counter', kept.records]
  yield ['habtwin_broker_journal_commits_total', 'Groups written at once', 'counter', kept.commits]
  yield ['habtwin_broker_journal_failures_total', 'Times that the disk did not take them', 'counter', kept.failures]
  yield ['habtwin_broker_journal_damaged_total', 'Segments found damaged', 'counter', kept.damaged]
  for (const [what, count] of Object.entries(inbox?.counts ?? {}))
    yield [`habtwin_outside_total{what="${what}"}`, 'What outside devices published', 'counter', count]
}
