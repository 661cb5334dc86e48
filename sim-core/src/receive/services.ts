/** What the routes of one habitat's panel answer from, at mission control. */
import { type CommandResult, HabtwinError, isHabtwinError, type LoggedEvent } from '@habtwin/contract'
import type { HabitatAbout } from '@habtwin/contract/habitats'
import type { Config } from '@habtwin/runtime'
import { dataClock, pace } from '../data-clock.ts'
import type { About, DeviceState, Figure, HttpOptions } from '../http/index.ts'
import type { ToldCommand } from '../http/routes/commands.ts'
import { Reports } from '../report/index.ts'
import { recentCommands } from '../services.ts'
import type { Habitat } from './habitat.ts'
import { title } from './row.ts'

/** What differs from habitat to habitat. */
export type HabitatServices = Pick<
  HttpOptions,
  'about' | 'devices' | 'history' | 'twin' | 'alerts' | 'commands' | 'events' | 'reports' | 'health' | 'link'
>

export interface ServiceParts {
  readonly version: string
  readonly mqtt: { readonly host: string; readonly port: number }
  /** Wall clock, ms. */
  readonly wall: () => number
  /** Whether the broker is there. */
  readonly up: () => boolean
}

/** What is said of a habitat whose gateway has not described it: it may be older than we are. */
function unknown(id: string): HabitatAbout {
  return { habitat: { id, label: title(id), timezone: 'UTC', pressure: 1013.25 }, zones: {} }
}

export function servicesOf(habitat: Habitat, parts: ServiceParts): HabitatServices {
  const { store, recorder, heard, events } = habitat
  // what cannot be known yet is not missed: seen from here it is as late there as the newest that could have come
  const now = dataClock({
    infos: () => recorder.devices(),
    newest: () => habitat.newest ?? 0,
    wall: () => Math.min(parts.wall() + habitat.skew, habitat.horizon),
  })
  const told = () => habitat.about ?? unknown(habitat.id)
  const history: HttpOptions['history'] = {
    info: (device) => recorder.infoOf(device) ?? store.infoAt(device, Number.POSITIVE_INFINITY),
    history: (query, signal) =>
      store.history({ ...query, pending: recorder.pending(query.series, query.from, query.to) }, signal),
    now,
  }
  return {
    about: { about: () => aboutOf(habitat, told(), parts, now()) },
    devices: {
      devices: () =>
        habitat.devices().map(
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
      latest: (prefix) => habitat.told(prefix),
      whatif: () =>
        Promise.reject(new HabtwinError('twin/no-model', `The twin of ${habitat.id} runs there, and is asked there`)),
    },
    alerts: { active: () => [...heard.alerts.values()], alerts: (span) => store.alerts(span), now },
    commands: {
      mayCommand: () => false,
      expires: () => habitat.commands.expiry(),
      recent: (query) => withPending(habitat, recentCommands({ heard, store }, query), query),
      send: (device, point, command, signal) => send(habitat, device, point, command, signal),
    },
    events: {
      list: (query) => events.list(query),
      log: (event) => log(habitat, event),
      zones: () => [...new Set([...Object.keys(told().zones), ...habitat.devices().map(({ zone }) => zone)])],
      get pressure() {
        return told().habitat.pressure
      },
      now: parts.wall,
    },
    link: habitat.desk,
    reports: new Reports({
      get config() {
        // limits are those that hold already, defaults among them
        return told() as unknown as Pick<Config, 'habitat' | 'mission' | 'zones'>
      },
      store,
      recorder,
      history: (query, signal) => history.history(query, signal),
      active: () => heard.alerts.values(),
      events,
      now,
      wall: parts.wall,
    }),
    health: {
      missing: () => (parts.up() ? [] : ['the broker is not connected']),
      collect: () => figuresOf(habitat),
    },
  }
}

function aboutOf(habitat: Habitat, told: HabitatAbout, { version, mqtt }: ServiceParts, now: number): About {
  const { heard, recorder } = habitat
  const clocks = [...heard.status].flatMap(([node, { clock }]) => (clock ? [{ ...clock, node, waiting: recorder.waiting }] : [])) // biome-ignore format: one thought
  const clock = clocks.find(({ synced }) => !synced) ?? clocks[0]
  return {
    ...told,
    afar: habitat.row().link,
    version,
    // what is simulated there is not disturbed from here
    demo: false,
    side: 'mission-control',
    simulated: habitat.devices().some((info) => info.simulated),
    pace: pace(habitat.devices()),
    now,
    ...(clock === undefined ? {} : { clock }),
    mqtt,
  }
}

/** What is under way stands before what was answered. */
function withPending(
  { commands: { pending } }: Pick<Habitat, 'commands'>,
  answered: readonly ToldCommand[],
  { device, limit }: { device?: string | undefined; limit: number },
): ToldCommand[] {
  const known = new Set(answered.map(({ id }) => id))
  const waiting = pending
    .filter((one) => (device ?? one.device) === one.device && one.device !== 'journal' && !known.has(one.command.id))
    .map(({ device, point, command: { id, value, by }, journey }): ToldCommand => {
      return { id, device, point, value, by, t: journey.sent, state: 'waiting', journey }
    })
  return [...waiting, ...answered].slice(0, limit)
}

/** Sends a command, and waits for its answer where that can be there before anybody would go away. */
async function send(
  habitat: Habitat,
  device: string,
  point: string,
  command: Parameters<Habitat['commands']['send']>[2],
  signal: AbortSignal,
): Promise<CommandResult> {
  const answered = Promise.withResolvers<CommandResult>()
  const told = ({ journal: _journal, seq: _seq, ...result }: CommandResult) => {
    if (result.id === command.id && result.state !== 'accepted') answered.resolve(result)
  }
  const gone = () => answered.reject(signal.reason)
  habitat.heard.results.add(told)
  signal.addEventListener('abort', gone, { once: true })
  answered.promise.catch(() => undefined) // nobody may wait any more
  try {
    const { journey } = await habitat.commands.send(device, point, command)
    if (journey.answer - journey.sent > SOON) return { id: command.id, state: 'waiting', journey } as CommandResult
    return await answered.promise
  } finally {
    habitat.heard.results.delete(told)
    signal.removeEventListener('abort', gone)
  }
}

/** An answer that takes longer is not waited for, ms. */
const SOON = 4_000

/** Has an entry journalled there. It is told as not stored: that is seen when it comes back. */
async function log(habitat: Habitat, event: LoggedEvent): Promise<{ event: LoggedEvent; stored: boolean }> {
  try {
    return await habitat.events.log(event)
  } catch (error) {
    if (!isHabtwinError(error, 'link/unavailable')) throw error
    return { event, stored: false }
  }
}

function* figuresOf({ recorder, store, refused, skew }: Habitat): Iterable<Figure> {
  const { counts } = recorder
  yield { name: 'habtwin_readings_stored_total', help: 'Readings made durable', type: 'counter', value: counts.stored }
  yield { name: 'habtwin_readings_twice_total', help: 'Readings that came again', type: 'counter', value: counts.twice }
  yield { name: 'habtwin_commits_total', help: 'Commits', type: 'counter', value: counts.commits }
  yield { name: 'habtwin_commits_failed_total', help: 'Commits that failed', type: 'counter', value: counts.failedCommits } // biome-ignore format: a table
  yield { name: 'habtwin_gaps_total', help: 'Gaps that were told', type: 'counter', value: counts.gaps }
  for (const [reason, value] of refused)
    yield { name: 'habtwin_readings_refused_total', help: 'Messages that were not taken', type: 'counter', value, labels: { reason } } // biome-ignore format: a table
  yield { name: 'habtwin_habitat_clock_ahead_seconds', help: 'How far the clock there is ahead of the one here', type: 'gauge', value: skew / 1_000 } // biome-ignore format: a table
  yield { name: 'habtwin_store_block_bytes', help: 'Packed values', type: 'gauge', value: store.size.blocks }
  yield { name: 'habtwin_store_log_bytes', help: 'Log of commits', type: 'gauge', value: store.size.log }
}
