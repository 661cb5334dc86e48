/** kill −9 of either process, of the whole line, at any moment. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert } from '@habtwin/contract'
import { Dial } from './support/dial.ts'
import { type KillResult, killRun } from './support/kills.ts'
import { type Addresses, freePorts, Line, temporaryFolder } from './support/line.ts'
import { Listener } from './support/listener.ts'
import { slow } from './support/servers.ts'
import { until } from './support/until.ts'

const KILLS = Number(process.env.HABTWIN_KILLS ?? 6)
/** Which part, and when: always the same, so that a failure can be run again. */
const SEED = Number(process.env.HABTWIN_SEED ?? 12)

test(`${KILLS} kills lose and double nothing, and who looks on sees it come back by itself`, {
  skip: slow,
  timeout: 60_000 + KILLS * 40_000,
}, async (context) => {
  let listener: Listener | undefined
  const look = async (addresses: Addresses) => {
    listener ??= new Listener({ url: `mqtt://${addresses.mqtt}` }, 'hab/habitat/device/+/reading')
    const since = Date.now() - 2_000
    await listener.hears(({ payload, at }) => at > since && read(payload).t > since, 'readings over MQTT')
    const asked = Date.now()
    await until(async () => (await newest(addresses)) > asked, 'readings over REST')
  }
  let result: KillResult
  try {
    result = await killRun({ kills: KILLS, random: chance(SEED), look })
  } finally {
    await listener?.[Symbol.asyncDispose]()
  }
  context.diagnostic(JSON.stringify(result))
  assert.equal(result.kills, KILLS)
  assert.deepEqual(
    { missing: result.missing, twice: result.twice, untold: result.untold },
    { missing: 0, twice: 0, untold: 0 },
  )
  assert.ok(result.stored > result.handed / 2, 'it was under load')
})

test('with sim stopped or killed, a limit that is passed still raises its alert', async () => {
  using folder = temporaryFolder()
  await using dial = await Dial.start(800)
  await using line = new Line(
    folder.path,
    `${freePorts}zones: { crew: { volume: 272 m3, limits: { co2: { warning: 4000 ppm, emergency: 8000 ppm } } } }
buses: { wire: { driver: modbus-tcp, host: 127.0.0.1, port: ${dial.port} } }
devices:
  air: { zone: crew, driver: modbus-tcp, bus: wire, every: 50 ms, registers: { co2: { address: 0, type: u16, unit: '[ppm]' } } }
`,
  )
  const { mqtt } = await line.ready
  await using listener = new Listener({ url: `mqtt://${mqtt}` }, 'hab/habitat/alert/+')
  await until(() => listener.link.up, 'a connection')

  const passes = async (value: number, level: string) => {
    const from = listener.heard.length
    dial.value = value
    const { payload } = await listener.hears((heard) => told(heard.payload)?.level === level, level, from)
    const { quantity, source } = told(payload) ?? {}
    assert.deepEqual({ quantity, source }, { quantity: 'co2', source: 'guard' })
  }
  line.kill('sim', 'SIGSTOP') // frozen: it holds its connection and reads nothing from it
  await passes(4_500, 'warning')
  line.kill('sim')
  await passes(8_500, 'emergency')
})

/** Newest time that REST tells of; 0 where it does not answer. */
async function newest({ panel }: Addresses): Promise<number> {
  try {
    const devices = (await (await fetch(`http://${panel}/api/devices`)).json()) as { last: { t: number } | null }[]
    return Math.max(0, ...devices.map(({ last }) => last?.t ?? 0))
  } catch {
    return 0 // it is being started again
  }
}

function read(payload: string): { t: number } {
  return JSON.parse(payload) as { t: number }
}

function told(payload: string): Alert | undefined {
  return payload === '' ? undefined : (JSON.parse(payload) as Alert)
}

/** Numbers from 0 to below 1 from a seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
