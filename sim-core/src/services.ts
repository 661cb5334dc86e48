/** What the HTTP routes answer from: the line's parts, each behind the small face that a route asks for. */
import { randomUUID } from 'node:crypto'
import { type Command, type CommandResult, HabtwinError, type LoggedEvent, topic, wire } from '@habtwin/contract'
import { aboutOf, type Clock, type Config } from '@habtwin/runtime'
import type { Link } from '@habtwin/runtime/mqtt'
import { pace } from './data-clock.ts'
import type { EventLog } from './events/index.ts'
import type { About, DeviceState, Figure, HttpOptions } from './http/index.ts'
import type { Across } from './http/routes/across.ts'
import { PATIENCE, sent, type ToldCommand } from './http/routes/commands.ts'
import type { LinkDesk } from './http/routes/link.ts'
import type { InfluxMirror } from './influx/index.ts'
import type { Jobs } from './jobs/index.ts'
import type { RedisRunner } from './jobs/redis/runner.ts'
import type { LiveTwin } from './live-twin.ts'
import type { Heard, RefusedCounts } from './recorder/listen.ts'
import type { Recorder } from './recorder/recorder.ts'
import { Reports } from './report/index.ts'
import type { Store } from './store/index.ts'

export interface ServiceParts {
  readonly config: Config
  readonly version: string
  readonly link: Link
  readonly store: Store
  readonly recorder: Recorder
  readonly heard: Heard
  readonly events: EventLog
  readonly twin: LiveTwin
  readonly refused: RefusedCounts
  readonly mirror: InfluxMirror | undefined
  readonly jobs: Jobs
  /** The link to mission control. */
  readonly desk: LinkDesk
  readonly clock: Clock
  /** Where jobs go to workers elsewhere. */
  readonly remote: RedisRunner | undefined
  /** The habitat's clock, ms. */
  readonly now: () => number
  /** In the demo: its second view. */
  readonly across?: Across | undefined
}

type Services = Pick<
  HttpOptions,
  | 'about'
  | 'devices'
  | 'history'
  | 'twin'
  | 'alerts'
  | 'commands'
  | 'events'
  | 'reports'
  | 'health'
  | 'jobs'
  | 'link'
  | 'scenarios'
  | 'across'
>

/** The library is loaded when somebody first asks for it. */
export const ownScenarios: Services['scenarios'] = {
  list: async () => (await import('./scenario/library/index.ts')).presets(),
  whole: async (id) => (await import('./scenario/library/index.ts')).preset(id),
}

/** What of the gateway's own anybody at the demo's machine may speak to. */
const own = new Set(['guard', 'twin', 'command', 'link', 'safety'])
/** States that are an answer: what the gateway says to be waiting waits for a person. */
const answers = new Set<CommandResult['state']>(['waiting', 'done', 'refused', 'expired', 'failed'])

export function services(parts: ServiceParts): Services {
  const { config, store, recorder, heard, now } = parts
  const history: Services['history'] = {
    info: (device) => recorder.infoOf(device) ?? store.infoAt(device, Number.POSITIVE_INFINITY),
    history: (query, signal) => {
      const { series, from, to } = query
      const pending = recorder.pending(series, from, to)
      return store.history({ ...query, pending }, signal)
    },
    now,
  }
  return {
    about: { about: () => about(parts) },
    devices: {
      devices: () =>
        [...recorder.devices()].map(
          (info): DeviceState => ({
            ...info,
            health: heard.health.get(info.device) ?? null,
            last: heard.last.get(info.device) ?? null,
          }),
        ),
      completeness: () => recorder.completeness(),
    },
    history,
    twin: {
      ...history,
      latest: (prefix) => parts.twin.latest(prefix),
      whatif: (request) => parts.twin.thread.whatif(request),
    },
    alerts: {
      active: () => [...heard.alerts.values()],
      alerts: (span) => store.alerts(span),
      now,
    },
    commands: {
      mayCommand: (device) => config.simulated && (own.has(device) || recorder.infoOf(device)?.simulated === true),
      recent: (query) => recentCommands(parts, query),
      send: (device, point, command, signal) => send(parts, device, point, command, signal),
    },
    events: {
      list: (query) => parts.events.list(query),
      log: (event) => parts.events.log(event),
      zones: () => zonesOf(parts),
      pressure: config.habitat.pressure,
      now,
    },
    reports: new Reports({
      ...parts,
      history: (query, signal) => history.history(query, signal),
      active: () => heard.alerts.values(),
      wall: () => parts.clock.now(),
    }),
    jobs: parts.jobs,
    link: parts.desk,
    across: parts.across,
    scenarios: {
      ...ownScenarios,
      list: () => {
        parts.jobs.warm().catch(() => undefined) // a job that cannot be run is told to whoever submits it
        return ownScenarios.list()
      },
    },
    health: {
      missing: () => missing(parts),
      collect: () => figures(parts),
    },
  }
}

function missing({ link, remote }: ServiceParts): string[] {
  const redis = remote === undefined || remote.status.up
  return [
    ...(link.up ? [] : ['the gateway is not connected']),
    ...(redis ? [] : [`Redis is not connected, so jobs wait (${remote.status.reason})`]),
  ]
}

function about({ config, version, recorder, heard, now, across }: ServiceParts): About {
  const handle = [...recorder.devices()].find(
    (info) => info.driver === 'virtual' && Object.values(info.points).some((point) => point.writable),
  )
  const [host = '127.0.0.1', port] = ([...heard.status.values()].find((status) => status.mqtt)?.mqtt ?? '').split(
    /:(?=\d+$)/,
  )
  return {
    ...aboutOf(config),
    version,
    demo: config.simulated && handle !== undefined,
    simulated: [...recorder.devices()].some((info) => info.simulated),
    pace: pace(recorder.devices()),
    now: now(),
    ...clockOf(heard, recorder),
    ...(across ? { across: true } : {}),
    mqtt: { host: host === '' ? config.broker.mqtt.host : host, port: Number(port ?? config.broker.mqtt.port) },
    ...(handle && config.simulated
      ? {
          disturb: {
            device: handle.device,
            points: Object.fromEntries(
              Object.entries(handle.points).flatMap(([point, { writable }]) =>
                Array.isArray(writable) ? [[point, writable]] : [],
              ),
            ),
          },
        }
      : {}),
  }
}

/** How the clocks of the nodes stand: the first that is not set, else any. */
function clockOf({ status }: Heard, { waiting }: Recorder): Pick<About, 'clock'> {
  const told = [...status].flatMap(([node, { clock }]) => (clock === undefined ? [] : [{ ...clock, node, waiting }]))
  const one = told.find(({ synced }) => !synced) ?? told[0]
  return one === undefined ? {} : { clock: one }
}

/** The configuration's zones, then those that only a device names. */
function zonesOf({ config, recorder }: ServiceParts): string[] {
  return [...new Set([...Object.keys(config.zones), ...[...recorder.devices()].map((info) => info.zone)])]
}

type Line = Pick<ServiceParts, 'config' | 'link' | 'heard'>

/**
 * Has the gateway journal an event; resolves when it has.
 * @throws HabtwinError link/unavailable: it may be journalled all the same; command/refused: it is not
 */
export async function journal(line: Line, event: LoggedEvent, clock: Clock): Promise<void> {
  const value = JSON.stringify(event)
  // a command's id is answered again and not obeyed again: each try is a command of its own, of the same event
  const command = { id: randomUUID(), value, by: event.by, expires: clock.now() + PATIENCE }
  const { state, reason } = await asking(line, clock)('journal', 'event', command)
  if (state === 'done') return
  if (state === 'refused') throw new HabtwinError('command/refused', reason ?? 'the gateway refused the entry')
  throw new HabtwinError('link/unavailable', 'the gateway has not said that it took the entry', { where: 'gateway' })
}

/** Results as they were heard, and those in the store; of a command that was answered twice the first. */
export function recentCommands(
  { heard, store }: { readonly heard: Pick<Heard, 'lastResults'>; readonly store: Pick<Store, 'records'> },
  { device, limit }: { device?: string | undefined; limit: number },
): ToldCommand[] {
  const all = new Map<string, ToldCommand>()
  // an event is told as an event, an acknowledgement with its alert, and a crew member's word with what it was about
  const isDevice = (one: CommandResult) =>
    one.device !== undefined && !['journal', 'recorder', 'guard', 'command', 'safety'].includes(one.device)
  const stored = store.records('result', { limit: 1_000 }).map(({ body }) => body as CommandResult)
  for (const { journal: _journal, seq: _seq, ...result } of [...heard.lastResults, ...stored]) {
    if (!isDevice(result) || (device !== undefined && result.device !== device)) continue
    // that it waited is told only until something came of it
    if (result.state !== 'waiting' || !all.has(result.id)) all.set(result.id, result)
  }
  return [...all.values()].sort((a, b) => (b.t ?? 0) - (a.t ?? 0)).slice(0, limit)
}

/** Sends a command, and gives what became of it as far as it is known within a few seconds. Throws link/unavailable. */
export function asking(line: Line, clock: Clock) {
  return (device: string, point: string, command: Command) =>
    sent({ send: (...args) => send(line, ...args) }, device, point, command, clock)
}

/** Publishes a command and waits for the first result that is an answer. */
async function send(
  { config, link, heard }: Line,
  device: string,
  point: string,
  command: Command,
  signal: AbortSignal,
): Promise<CommandResult> {
  const answered = Promise.withResolvers<CommandResult>()
  const told = ({ journal: _journal, seq: _seq, ...result }: CommandResult) => {
    if (result.id === command.id && answers.has(result.state)) answered.resolve(result)
  }
  const gone = () => answered.reject(signal.reason)
  heard.results.add(told)
  signal.addEventListener('abort', gone, { once: true })
  try {
    if (!link.up) throw new HabtwinError('link/unavailable', 'the gateway is not connected', { where: 'gateway' })
    await link.publish(wire(config.habitat.id, topic.command(device, point)), JSON.stringify(command))
    return await answered.promise
  } finally {
    heard.results.delete(told)
    signal.removeEventListener('abort', gone)
  }
}

function* figures({ recorder, store, refused, mirror, link, jobs, remote }: ServiceParts): Iterable<Figure> {
  const { counts } = recorder
  yield { name: 'habtwin_link_up', help: 'The gateway is connected', type: 'gauge', value: Number(link.up) }
  yield { name: 'habtwin_readings_stored_total', help: 'Readings made durable', type: 'counter', value: counts.stored }
  yield { name: 'habtwin_readings_twice_total', help: 'Readings that came again', type: 'counter', value: counts.twice }
  yield {
    name: 'habtwin_readings_repeated_total',
    help: 'Rows of a recording that were played again',
    type: 'counter',
    value: counts.repeated,
  }
  yield {
    name: 'habtwin_readings_late_total',
    help: 'Readings that came out of order',
    type: 'counter',
    value: counts.late,
  }
  yield {
    name: 'habtwin_readings_unplaced',
    help: 'Readings that wait for the clock of their machine',
    type: 'gauge',
    value: recorder.waiting,
  }
  yield { name: 'habtwin_commits_total', help: 'Commits', type: 'counter', value: counts.commits }
  yield {
    name: 'habtwin_commits_failed_total',
    help: 'Commits that failed',
    type: 'counter',
    value: counts.failedCommits,
  }
  yield { name: 'habtwin_gaps_total', help: 'Gaps that were told', type: 'counter', value: counts.gaps }
  for (const [reason, value] of refused) {
    yield {
      name: 'habtwin_readings_refused_total',
      help: 'Messages that were not taken',
      type: 'counter',
      value,
      labels: { reason },
    }
  }
  const { size, metrics } = store
  yield { name: 'habtwin_store_block_bytes', help: 'Packed values', type: 'gauge', value: size.blocks }
  yield { name: 'habtwin_store_log_bytes', help: 'Log of commits', type: 'gauge', value: size.log }
  yield { name: 'habtwin_store_values', help: 'Values in the store', type: 'gauge', value: size.values }
  yield {
    name: 'habtwin_store_retired_total',
    help: 'Blocks dropped by age or size',
    type: 'counter',
    value: metrics.retired,
  }
  yield {
    name: 'habtwin_store_log_dropped_total',
    help: 'Commits dropped before a mirror had them',
    type: 'counter',
    value: metrics.logDropped,
  }
  yield { name: 'habtwin_jobs_queued', help: 'Jobs that wait', type: 'gauge', value: jobs.queued }
  yield { name: 'habtwin_jobs_running', help: 'Jobs that run', type: 'gauge', value: jobs.running }
  yield { name: 'habtwin_jobs_bytes', help: 'Results of jobs', type: 'gauge', value: jobs.bytes }
  for (const [state, value] of Object.entries(jobs.counts)) {
    const labels = { state }
    yield { name: 'habtwin_jobs_ended_total', help: 'Jobs that ended, by how', type: 'counter', value, labels }
  }
  if (remote !== undefined) yield* redisFigures(remote)
  if (mirror === undefined) return
  const { status } = mirror
  yield {
    name: 'habtwin_influx_lag',
    help: 'Commits that InfluxDB does not have yet',
    type: 'gauge',
    value: status.lag,
  }
  yield {
    name: 'habtwin_influx_lines_total',
    help: 'Lines written to InfluxDB',
    type: 'counter',
    value: status.written,
  }
  yield {
    name: 'habtwin_influx_refused_total',
    help: 'Lines that InfluxDB would not take',
    type: 'counter',
    value: status.refused,
  }
}

function* redisFigures({ status, slots }: RedisRunner): Iterable<Figure> {
  const { up, workers, strangers } = status
  yield { name: 'habtwin_jobs_redis_up', help: 'Redis is connected', type: 'gauge', value: Number(up) }
  yield { name: 'habtwin_jobs_workers', help: 'Workers that get jobs', type: 'gauge', value: workers }
  yield { name: 'habtwin_jobs_slots', help: 'Jobs that they take at once', type: 'gauge', value: slots }
  yield {
    name: 'habtwin_jobs_workers_refused',
    help: 'Workers of another version, which get none',
    type: 'gauge',
    value: strangers,
  }
}
