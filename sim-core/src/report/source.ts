/** What a report is made from, each behind the small face that it needs. */
import type { DeviceInfo, Level, LoggedEvent } from '@habtwin/contract'
import type { AlertEpisode } from '../store/records.ts'
import type { Completeness, History, HistoryQuery } from '../store/types.ts'

interface Bound {
  readonly above?: number | undefined
  readonly below?: number | undefined
  /** ms over which the mean is what counts. */
  readonly mean?: number | undefined
}

export type ZoneLimits = Readonly<Record<string, Readonly<Partial<Record<Level, Bound>>>>>

export interface ReportSource {
  readonly habitat: { readonly id: string; readonly label: string; readonly timezone: string }
  readonly mission: { readonly epoch: number; readonly day: number } | undefined
  /** Zones in their order, with limits in each point's own unit. */
  zones(): readonly { readonly id: string; readonly label: string; readonly limits: ZoneLimits }[]
  /** Every device that was ever described, as it last was. */
  devices(): readonly DeviceInfo[]
  /** True for a device that the gateway speaks of now; others were taken out. */
  isPresent(device: string): boolean
  /** As a device was described at a moment. */
  infoAt(device: string, t: number): DeviceInfo | undefined
  history(query: HistoryQuery, signal: AbortSignal): Promise<History>
  completeness(): readonly Completeness[]
  /** Topics of the twin's latest words that begin so. */
  latest(prefix: string): ReadonlyMap<string, unknown>
  /** Alerts that held at some time of a span. */
  episodes(span: { from: number; to: number }): readonly AlertEpisode[]
  events(span: { from: number; to: number }): readonly LoggedEvent[]
  /** The habitat's clock, ms. */
  now(): number
}
