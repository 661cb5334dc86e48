/** The reports of a running sim: joins them to the store, to what is heard, and to what people write. */
import type { Alert, Report } from '@habtwin/contract'
import { type Config, defaultLimits, mergeLimits } from '@habtwin/runtime'
import type { EventLog } from '../events/index.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { AlertEpisode } from '../store/records.ts'
import type { History, HistoryQuery, StoredRecord } from '../store/types.ts'
import { dayOf } from './day.ts'
import { reportOf } from './report.ts'
import type { ReportSource, ZoneLimits } from './source.ts'
import { ReportTextsLog, type Words } from './texts.ts'

export interface ReportParts {
  readonly config: Pick<Config, 'habitat' | 'mission' | 'zones'>
  readonly store: {
    devices(): ReturnType<ReportSource['devices']>
    infoAt: ReportSource['infoAt']
    episodes(span: { from: number; to: number }): AlertEpisode[]
    records(kind: string, span?: { from?: number; to?: number; limit?: number }): StoredRecord[]
  }
  readonly recorder: Pick<Recorder, 'devices' | 'completeness' | 'latest' | 'record' | 'flush'>
  /** With what is not committed yet. */
  readonly history: (query: HistoryQuery, signal: AbortSignal) => Promise<History>
  /** Alerts that hold now. */
  readonly active: () => Iterable<Alert>
  readonly events: Pick<EventLog, 'list'>
  /** The habitat's clock, and the wall's; ms. */
  readonly now: () => number
  readonly wall: () => number
}

interface Day {
  readonly sol?: number | undefined
  readonly date?: string | undefined
}

export class Reports {
  readonly #parts: ReportParts
  readonly #texts: ReportTextsLog

  constructor(parts: ReportParts) {
    this.#parts = parts
    this.#texts = new ReportTextsLog(parts)
  }

  /** @throws HabtwinError request/invalid, request/not-found; the signal's reason */
  report(asked: Day, version: number | undefined, signal: AbortSignal): Promise<Report> {
    const day = this.#day(asked)
    return reportOf(day, sourceOf(this.#parts), this.#texts.read(day, version), signal)
  }

  /** @throws HabtwinError request/invalid, report/conflict, data/unusable */
  save(asked: Day, words: Words): Pick<Report, 'texts' | 'versions'> {
    const day = this.#day(asked)
    const { texts, versions } = this.#texts.save(day, words)
    return { texts, versions: [...versions] }
  }

  #day(asked: Day) {
    const { config, now } = this.#parts
    return dayOf(asked, { timezone: config.habitat.timezone, mission: config.mission, now: now() })
  }
}

function sourceOf(parts: ReportParts): ReportSource {
  const { config, store, recorder, events, active, history, now } = parts
  return {
    habitat: config.habitat,
    mission: config.mission,
    zones: () => zonesOf(parts),
    devices() {
      const all = new Map(store.devices().map((info) => [info.device, info]))
      for (const info of recorder.devices()) all.set(info.device, info)
      // a visitor's handles on a virtual habitat are no instrument
      return [...all.values()].filter(
        ({ driver, points }) => driver !== 'virtual' || !Object.values(points).some((point) => point.writable),
      )
    },
    isPresent: (device) => [...recorder.devices()].some((info) => info.device === device),
    infoAt: (device, t) => store.infoAt(device, t),
    history,
    completeness: () => recorder.completeness(),
    latest: (prefix) => recorder.latest(prefix),
    episodes(span) {
      const changed = store.episodes(span)
      return [...changed, ...unchanged([...active()], span, changed)]
    },
    events: (span) => events.list(span),
    now,
  }
}

/** Alerts that hold now, began before the span's end, and have not changed since its beginning. */
function unchanged(active: readonly Alert[], { to }: { to: number }, known: readonly AlertEpisode[]): AlertEpisode[] {
  const names = new Set(known.map(({ last }) => `${last.id} ${last.since}`))
  return active
    .filter(({ id, since }) => since < to && !names.has(`${id} ${since}`))
    .map((alert) => ({ first: alert, last: alert, level: alert.level }))
}

function zonesOf({ config, recorder }: ReportParts): ReturnType<ReportSource['zones']> {
  const configured = Object.entries(config.zones).map(([id, zone]) => ({
    id,
    label: zone.label ?? id,
    limits: mergeLimits(defaultLimits(zone, config.habitat.pressure), zone.limits) as ZoneLimits,
  }))
  const known = new Set(configured.map(({ id }) => id))
  const more = [...new Set([...recorder.devices()].map((info) => info.zone))].filter((id) => !known.has(id))
  return [...configured, ...more.map((id) => ({ id, label: id, limits: {} }))]
}
