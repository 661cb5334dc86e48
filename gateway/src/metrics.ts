/** What the gateway counts, as metrics. */
import type { Broker } from '@habtwin/broker'
import { brokerMetrics } from './broker-metrics.ts'
import type { ConditioningTally } from './conditioning/index.ts'
import type { Metric } from './http.ts'
import type { Journal } from './journal/journal.ts'
import type { Outlet } from './journal/outlet.ts'
import type { Resender } from './journal/resender.ts'
import type { Inbox } from './outside/inbox.ts'
import type { Tally } from './scheduler/scheduler.ts'

export interface Counted {
  readonly broker: Broker
  readonly inbox: Inbox
  readonly journal: Journal
  readonly outlet: Outlet
  readonly resender: Resender
  readonly tallies: () => Record<string, Tally>
  readonly airTimes: () => Iterable<readonly [bus: string, ms: number]>
  readonly conditioned: () => Record<string, ConditioningTally>
}

export function* gatewayMetrics({
  broker,
  inbox,
  journal,
  outlet,
  resender,
  tallies,
  airTimes,
  conditioned,
}: Counted): Iterable<Metric> {
  yield* brokerMetrics(broker, inbox)
  yield ['habtwin_journal_appended_total', 'Entries taken into the journal', 'counter', journal.counts.appended]
  yield ['habtwin_journal_spilled_total', 'Entries written to disk', 'counter', journal.counts.spilled]
  yield ['habtwin_journal_lost_total', 'Entries given up for want of room', 'counter', journal.counts.lost]
  yield ['habtwin_journal_marks_refused_total', 'Marks that were not believed', 'counter', journal.counts.refusedMarks]
  yield ['habtwin_journal_bytes{where="memory"}', 'What the journal holds', 'gauge', journal.bytes.memory]
  yield ['habtwin_journal_bytes{where="disk"}', 'What the journal holds', 'gauge', journal.bytes.disk]
  yield ['habtwin_outlet_live_total', 'Entries published live', 'counter', outlet.counts.live]
  yield ['habtwin_outlet_skipped_total', 'Entries left to be sent again', 'counter', outlet.counts.skipped]
  yield ['habtwin_resent_total', 'Entries sent again', 'counter', resender.count]
  const devices = Object.entries(tallies())
  for (const key of ['samples', 'failures', 'missed'] as const) {
    const help = {
      samples: 'Readings taken',
      failures: 'Attempts without a reading',
      missed: 'Slots that passed while busy',
    }[key]
    for (const [device, tally] of devices)
      yield [`habtwin_device_${key}_total{device="${device}"}`, help, 'counter', tally[key]]
  }
  for (const [bus, ms] of airTimes())
    yield [`habtwin_bus_busy_seconds_total{bus="${bus}"}`, 'Time that the bus was taken', 'counter', ms / 1_000]
  const readings = Object.entries(conditioned())
  for (const key of ['undeclared', 'bad', 'held'] as const) {
    const help = {
      undeclared: 'Values of points that the device does not have',
      bad: 'Values that could not be used',
      held: 'Readings in which nothing had changed by more than was asked',
    }[key]
    for (const [device, tally] of readings)
      yield [`habtwin_device_${key}_total{device="${device}"}`, help, 'counter', tally[key]]
  }
  yield* processMetrics()
}

/** What this process takes of the machine. */
export function* processMetrics(): Iterable<Metric> {
  yield ['process_resident_memory_bytes', 'Resident memory', 'gauge', process.memoryUsage.rss()]
  const { user, system } = process.cpuUsage()
  yield ['process_cpu_seconds_total', 'Processor time', 'counter', (user + system) / 1e6]
}
