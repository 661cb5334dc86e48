/** What bridges count, as metrics. */
import type { Metric } from '../http.ts'
import type { Bridge } from './bridge.ts'
import type { DeviceTally } from './devices.ts'

interface Counted {
  readonly bridge: Bridge
  readonly devices: Pick<DeviceTally, 'standing'>
}

export function* bridgeMetrics(bridges: Iterable<Counted>): Iterable<Metric> {
  for (const { bridge, devices } of bridges) {
    const { ledger, live, sent, counts, window, refused, inbound } = bridge
    const of = (more = '') => `{bridge="${bridge.name}"${more}}`
    const { all, urgent } = ledger.waiting()
    const waiting = { urgent, live: live.waiting, backlog: Math.max(0, all - urgent - live.waiting), state: bridge.lanes.states } // biome-ignore format: one thought
    yield [`habtwin_bridge_up${of()}`, 'Whether the other broker is connected', 'gauge', bridge.channel.up ? 1 : 0]
    for (const [lane, count] of Object.entries(waiting))
      yield [`habtwin_bridge_waiting${of(`,lane="${lane}"`)}`, 'Messages that wait', 'gauge', count]
    for (const [lane, count] of Object.entries(sent))
      yield [`habtwin_bridge_sent_total${of(`,lane="${lane}"`)}`, 'Messages taken over there', 'counter', count]
    yield [`habtwin_bridge_skipped_total${of()}`, 'Live readings left to the backlog', 'counter', live.skipped]
    yield [`habtwin_bridge_in_flight${of()}`, 'Entries sent and not confirmed', 'gauge', ledger.away]
    yield [
      `habtwin_bridge_again_total${of()}`,
      'Entries sent again, not confirmed in time',
      'counter',
      ledger.counts.again,
    ]
    yield [
      `habtwin_bridge_gaps_total${of()}`,
      'Entries given up before they could cross',
      'counter',
      ledger.counts.gaps,
    ]
    for (const [state, count] of Object.entries(devices.standing))
      yield [`habtwin_bridge_devices${of(`,state="${state}"`)}`, 'Devices by what has crossed of them', 'gauge', count]
    yield [`habtwin_bridge_bytes_total${of()}`, 'Bytes sent, as MQTT encodes them', 'counter', counts.bytes]
    yield [`habtwin_bridge_window_bytes${of()}`, 'Bytes that may be under way', 'gauge', window.limit]
    yield [`habtwin_bridge_connections_total${of()}`, 'Connections begun', 'counter', counts.connections]
    yield [`habtwin_bridge_stalls_total${of()}`, 'Connections given up because nothing moved', 'counter', counts.stalls]
    yield [
      `habtwin_bridge_topics_refused_total${of()}`,
      'Topics that the other broker did not take',
      'counter',
      refused.count,
    ]
    yield [
      `habtwin_bridge_inbound_refused_total${of()}`,
      'Messages from there that were not let in',
      'counter',
      inbound.counts.refused,
    ]
  }
}
