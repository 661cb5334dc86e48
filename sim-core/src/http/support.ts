/** For tests: a server's options with a small habitat behind them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Alert,
  type Command,
  type CommandResult,
  type DeviceInfo,
  HabtwinError,
  type LoggedEvent,
} from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import { silentLog } from '@habtwin/runtime/log'
import { Jobs, JobTable, LocalRunner, Threads } from '../jobs/index.ts'
import { ownScenarios } from '../services.ts'
import type { HistoryQuery } from '../store/types.ts'
import type { HttpOptions } from './server.ts'

export const NOW = Date.UTC(2026, 10, 20, 12)

export const air: DeviceInfo = {
  device: 'air',
  zone: 'crew',
  node: 'n1',
  driver: 'scd30',
  label: 'Air',
  simulated: true,
  every: 10_000,
  points: { co2: { unit: '[ppm]' }, temperature: { unit: 'Cel' } },
}

export const alert: Alert = {
  id: 'co2-crew',
  level: 'caution',
  zone: 'crew',
  quantity: 'co2',
  value: 5000,
  limit: 4549,
  since: NOW - 60_000,
  t: NOW,
  text: 'CO2 in crew is high',
  source: 'guard',
  active: true,
}

/** What the habitat was asked and told. */
export interface Asked {
  readonly queries: HistoryQuery[]
  readonly commands: { device: string; point: string; command: Command }[]
  readonly events: LoggedEvent[]
}

/** A habitat in a folder of its own, which is gone at the end of the scope. */
export interface Habitat extends Disposable {
  readonly options: HttpOptions
  readonly asked: Asked
  readonly clock: TestClock
}

/** @param change replaces parts of the options */
export function habitat(change: Partial<HttpOptions> = {}): Habitat {
  const clock = new TestClock(NOW)
  const folder = mkdtempSync(join(tmpdir(), 'habtwin-http-'))
  const asked: Asked = { queries: [], commands: [], events: [] }
  const history = async (query: HistoryQuery) => {
    asked.queries.push(query)
    const t = [query.from, query.to]
    return { t, value: [1, 2] as (number | null)[] }
  }
  const latest = new Map<string, unknown>([
    ['twin/estimate/crew/co2', { t: NOW, mean: 800, sd: 5 }],
    ['twin/estimate/crew/temperature', { t: NOW, mean: 22, sd: 0.1 }],
    ['twin/score', { t: NOW, scores: [] }],
    ['twin/forecast/crew/co2', { made: NOW, t: [NOW + 300_000], p05: [780], p50: [800], p95: [820] }],
  ])
  const threads = new Threads({ most: 1 })
  const limits = { values: 1e6, steps: 1e6, queue: 10, keep: 86_400_000, size: 1e9 }
  const table = new JobTable(folder, silentLog())
  const jobs = new Jobs({
    table,
    runner: new LocalRunner(threads),
    threads,
    clock,
    log: silentLog(),
    version: '0.1.0',
    limits,
    library: undefined,
  })
  const options: HttpOptions = {
    address: { host: '127.0.0.1', port: 0 },
    names: ['habitat.example'],
    panel: folder,
    checklists: [folder],
    panelSocket: join(folder, 'panel.sock'),
    version: '0.1.0',
    clock,
    log: silentLog(),
    about: {
      about: () => ({
        habitat: { id: 'demo', label: 'Demo', timezone: 'UTC', pressure: 879 },
        zones: { crew: { label: 'Crew', volume: 272 } },
        version: '0.1.0',
        demo: true,
        simulated: true,
        pace: 1,
        now: NOW,
        mqtt: { host: '127.0.0.1', port: 1883 },
      }),
    },
    devices: {
      devices: () => [{ ...air, health: { state: 'ok', t: NOW }, last: null }],
      completeness: () => [
        { device: 'air', taken: 10, stored: 9, gaps: [{ from: NOW, to: NOW, count: 1, reason: 'lost' }] },
      ],
    },
    history: { info: (device) => (device === 'air' ? air : undefined), history, now: () => NOW },
    twin: {
      latest: (prefix) => new Map([...latest].filter(([topic]) => topic.startsWith(prefix))),
      history,
      now: () => NOW,
      whatif: async () => {
        throw new HabtwinError('twin/no-model', 'of this room nothing is told')
      },
    },
    alerts: { active: () => [alert], alerts: () => [{ ...alert, active: false }], now: () => NOW },
    commands: {
      mayCommand: (device) => ['virtual', 'guard', 'twin'].includes(device),
      recent: ({ device, limit }) =>
        asked.commands
          .filter((one) => device === undefined || one.device === device)
          .slice(0, limit)
          .map(({ device, point, command: { id, value, by } }) => ({ id, device, point, value, by, state: 'done' })),
      send: async (device, point, command): Promise<CommandResult> => {
        asked.commands.push({ device, point, command })
        return { journal: '0'.repeat(32), seq: 1, id: command.id, state: 'done', readback: command.value }
      },
    },
    events: {
      list: () => asked.events,
      log: async (event) => {
        asked.events.push(event)
        return { event, stored: true }
      },
      zones: () => ['crew', 'greenhouse'],
      pressure: 879,
      now: () => NOW,
    },
    reports: {
      report: () => Promise.reject(new HabtwinError('request/not-found', 'no report')),
      save: () => {
        throw new HabtwinError('request/not-found', 'no report')
      },
    },
    jobs,
    scenarios: ownScenarios,
    health: {
      missing: () => [],
      collect: () => [{ name: 'habtwin_readings_total', help: 'Readings', type: 'counter', value: 7 }],
    },
    ...change,
  }
  const dispose = () => {
    table[Symbol.dispose]()
    rmSync(folder, { recursive: true, force: true })
  }
  return { options, asked, clock, [Symbol.dispose]: dispose }
}
