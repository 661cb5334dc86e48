/** How long after `habtwin up` the first figure is there, for a subscriber and on the page. */
import { setTimeout as sleep } from 'node:timers/promises'
import { demoHabitat, Line, temporaryFolder } from '../test/support/line.ts'
import { Listener } from '../test/support/listener.ts'
import { freePort } from '../test/support/servers.ts'
import { until } from '../test/support/until.ts'
import { atMost, type Bench, type Outcome, round } from './support/bench.ts'
import { habitat } from './support/line.ts'
import { median } from './support/statistics.ts'

const GOAL = 1_500
const WARM = 5
const WARM_DEMO = 3

export const start: Bench = { name: 'start', gate: false, run: measure }

interface Times {
  /** ms from the spawn of `habtwin up`. */
  readonly mqtt: number
  readonly rest: number
}

async function measure(): Promise<Outcome> {
  using cache = temporaryFolder()
  // the demo gathers what its instruments remember as well, so it is told apart
  const plain = await series(
    cache.path,
    habitat({ devices: 50, every: 1_000 }).replace(/^(broker|http):.*\n/gm, ''),
    WARM,
  )
  const demo = await series(cache.path, demoHabitat(), WARM_DEMO)
  const of = (times: readonly Times[], key: keyof Times) => Math.round(median(times.map((one) => one[key])))
  const spread = (times: readonly Times[]) => times.map(({ rest }) => Math.round(rest))
  const first = Math.max(of(plain.warm, 'mqtt'), of(plain.warm, 'rest'))
  return {
    figures: {
      first_reading_mqtt_ms: of(plain.warm, 'mqtt'),
      first_figure_rest_ms: of(plain.warm, 'rest'),
      first_figure_rest_each_ms: spread(plain.warm),
      cold_first_reading_mqtt_ms: round(plain.cold.mqtt),
      cold_first_figure_rest_ms: round(plain.cold.rest),
      demo_first_reading_mqtt_ms: of(demo.warm, 'mqtt'),
      demo_first_figure_rest_ms: of(demo.warm, 'rest'),
    },
    goals: [atMost('first_figure_rest_ms', first, GOAL)],
  }
}

/** Once with an empty compile cache, then as often as the median needs. */
async function series(cache: string, config: string, times: number): Promise<{ cold: Times; warm: Times[] }> {
  const cold = await once(cache, config)
  const warm: Times[] = []
  for (let i = 0; i < times; i++) warm.push(await once(cache, config))
  return { cold, warm }
}

async function once(cache: string, config: string): Promise<Times> {
  using folder = temporaryFolder()
  const [mqtt, panel] = [await freePort(), await freePort()]
  const ports = `broker: { mqtt: ${mqtt}, websocket: 0 }\nhttp: { panel: ${panel}, gateway: 0 }\n`
  const begin = performance.timeOrigin + performance.now()
  await using line = new Line(folder.path, ports + config, { NODE_COMPILE_CACHE: cache })
  await using listener = new Listener({ url: `mqtt://127.0.0.1:${mqtt}` }, 'hab/+/device/+/reading')
  const rest = firstFigure(panel)
  await until(() => listener.heard.length > 0, 'a reading')
  const heard = (listener.heard[0]?.at ?? Number.NaN) - begin
  const shown = (await rest) - begin
  await line.ready
  return { mqtt: heard, rest: shown }
}

/** When /api/devices first shows a figure, ms since the epoch. */
async function firstFigure(port: number): Promise<number> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/devices`).catch(() => undefined)
    const devices = answer?.ok ? ((await answer.json()) as { last: unknown }[]) : []
    if (devices.some(({ last }) => last !== null)) return performance.timeOrigin + performance.now()
    await sleep(10)
  }
}
