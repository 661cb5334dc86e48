/** What people, clients and disks get wrong: told, counted, never stored, never fatal. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { Broker } from '@habtwin/broker'
import { wire } from '@habtwin/contract'
import { dataFolder } from '@habtwin/runtime'
import { Dial } from './support/dial.ts'
import { freePorts, habtwin, Line, launcher, temporaryFolder } from './support/line.ts'
import { Listener } from './support/listener.ts'
import { metrics } from './support/metrics.ts'
import { slow } from './support/servers.ts'
import { stored } from './support/stored.ts'
import { until } from './support/until.ts'

const wrong = `habitat: { id: sam, colour: red }
zones:
  crew: { volume: 272 kg }
buses:
  wire: { driver: modbus-tcp, host: 127.0.0.1 }
devices:
  crew: { zone: crew, driver: modbus-tcp, bus: wire, registers: {} }
  air: { zone: crew, driver: modbus-tcp, bus: nowhere, registers: {} }
`
const faults = [
  [1, 'config/unknown-key'],
  [3, 'config/unit'],
  [7, 'config/duplicate-id'],
  [8, 'config/unknown-reference'],
] as const

/** A habitat of one Modbus instrument. */
const oneDial = (port: number, bus = '') => `${freePorts}store: { commit: 500 ms }
zones: { crew: { volume: 272 m3 } }
buses:
  wire: { driver: modbus-tcp, host: 127.0.0.1, port: ${port} }
${bus}devices:
  air: { zone: crew, driver: modbus-tcp, bus: wire, every: 100 ms, registers: { co2: { address: 0, type: u16, unit: '[ppm]' } } }
`

test('every fault of a configuration is listed with its place and its remedy, and nothing is started', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'wrong.yaml')
  writeFileSync(file, wrong)
  const data = join(folder.path, 'data')
  const checked = await habtwin('check', file)
  const upped = await habtwin('up', '--config', file, '--data', data)
  assert.deepEqual([checked.status, upped.status], [1, 1])
  for (const text of [checked.out, upped.err]) {
    for (const [line, code] of faults) {
      assert.match(text, new RegExp(`wrong.yaml:${line}:\\d+ .*\\[${code}\\]\\n +[A-Z]`), `${code} in line ${line}`)
    }
  }
  assert.ok(!readdirSync(folder.path).includes('data'), 'no data folder was made')
})

test('wrong use of the command ends with status 2', async () => {
  const used = await Promise.all([habtwin('fly'), habtwin('up', '--fast'), habtwin('export', '--format', 'xml')])
  assert.deepEqual(
    used.map(({ status }) => status),
    [2, 2, 2],
  )
})

test('a second line on the same data folder is refused, and the first goes on', async () => {
  using folder = temporaryFolder()
  await using dial = await Dial.start(800)
  await using line = new Line(folder.path, oneDial(dial.port))
  const { panel } = await line.ready
  const second = await habtwin('up', '--config', line.file, '--data', line.data)
  assert.equal(second.status, 1)
  assert.match(second.err, /data\/locked/)
  const before = (await metrics(panel))('habtwin_commits_total')
  await until(async () => (await metrics(panel))('habtwin_commits_total') > before, 'the first goes on')
})

test('garbage from clients is refused, counted, never stored and never fatal', async () => {
  using folder = temporaryFolder()
  await using dial = await Dial.start(800)
  await using line = new Line(folder.path, oneDial(dial.port))
  const { mqtt: broker, panel, gateway } = await line.ready
  const pids = [line.pid('gateway'), line.pid('sim')]
  const refused = (reason: string) => async () =>
    (await metrics(gateway))(`habtwin_broker_refused_total{reason="${reason}"}`)
  const publishRefused = refused('publish')
  // what nobody listens to yet is counted by nobody
  await until(async () => (await metrics(panel))('habtwin_link_up') === 1, 'sim listens')

  // an anonymous client, on topics of all kinds
  const topics = ['device/air/reading', 'device/ghost/reading', 'journal/x', 'command/guard/acknowledge', 'nonsense']
  await using viewer = new Listener({ url: `mqtt://${broker}` }, 'hab/habitat/device/ghost/#')
  await until(() => viewer.link.up, 'a connection')
  for (const topic of topics) await viewer.link.publish(wire('habitat', topic), '{"t":1,"values":{"co2":1e9}}')
  await until(async () => (await publishRefused()) >= topics.length, 'refusals')

  // ten megabytes, and no MQTT at all
  const [host = '', port] = broker.split(':')
  const loud = connect({ host, port: Number(port) })
  const closed = new Promise<void>((resolve) => loud.once('close', () => resolve()))
  loud.on('error', () => undefined).resume() // it is cut off in the middle
  loud.write(Buffer.from('\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01x', 'latin1')) // CONNECT as "x"
  loud.write(Buffer.from([0x30, 0x80, 0xad, 0xe2, 0x04])) // PUBLISH of 10,000,000 bytes
  loud.write(Buffer.alloc(10_000_000, 'x'))
  await closed
  assert.equal(await refused('packet-too-large')(), 1)

  // the house's own door: readings are the gateway's alone, and what is no event is none
  await using service = new Listener({ socketPath: dataFolder(line.data).sockets.service }, 'hab/habitat/none')
  await until(() => service.link.up, 'a connection as service')
  const before = await publishRefused()
  const ghost = { journal: 'f'.repeat(32), seq: 1, n: 1, t: Date.now() + 86_400_000, values: { co2: 1 } }
  await service.link.publish(wire('habitat', 'device/ghost/reading'), JSON.stringify(ghost))
  await service.link.publish(wire('habitat', 'device/air/reading'), '{"values":{"co2":NaN}}')
  await until(async () => (await publishRefused()) === before + 2, 'refusals at the service door')
  await service.link.publish(wire('habitat', 'event/x'), 'not JSON')
  await service.link.publish(wire('habitat', 'event/x'), '{"kind":"tea"}')
  await until(async () => {
    const figures = await metrics(panel)
    return ['not-json', 'malformed'].every((why) => figures(`habtwin_readings_refused_total{reason="${why}"}`) === 1)
  }, 'refusals at sim')

  assert.deepEqual([line.pid('gateway'), line.pid('sim')], pids, 'nobody fell')
  assert.equal(viewer.heard.length, 0)
  await line.stop()
  assert.deepEqual(Object.keys(stored(line.data).counts), ['air/co2'])
})

test('a gateway that talks nonsense does not make sim fall, nor store what is nonsense', { skip: slow }, async () => {
  using folder = temporaryFolder()
  const data = dataFolder(join(folder.path, 'data'))
  mkdirSync(data.sockets.folder, { recursive: true })
  await using broker = new Broker({ habitat: 'habitat', sockets: data.sockets })
  await broker.start()
  await using sim = await startSim(folder.path, data.root)
  const { address } = sim
  const say = (topic: string, body: unknown, retain = false) =>
    broker.publish(wire('habitat', topic), typeof body === 'string' ? body : JSON.stringify(body), { retain })
  const points = { co2: { unit: '[ppm]', label: 'CO₂' } }
  const info = { device: 'air', zone: 'crew', node: 'n', driver: 'test', label: 'Air', simulated: false, every: 1_000 }
  const reading = (seq: number, more: object) => ({
    journal: 'a'.repeat(32),
    seq,
    n: seq,
    t: Date.now(),
    values: { co2: 800 },
    ...more,
  })
  await until(async () => (await metrics(address))('habtwin_link_up') === 1, 'sim comes')
  await say('device/air/info', { ...info, points }, true)
  // just after a connect descriptions may still be under way; so it is said until it is held against it
  const unknown = async () => (await metrics(address))('habtwin_readings_refused_total{reason="unknown-device"}') ?? 0
  await until(async () => {
    await say('device/ghost/reading', reading(1, {}))
    return (await unknown()) > 0
  }, 'an unknown device is refused')
  await say('device/air/reading', reading(2, { t: Date.now() + 7 * 86_400_000 }))
  await say('device/air/reading', '{"journal":"a","seq":3,"n":3,"t":0,"values":{"co2":NaN}}')
  await say('device/air/reading', reading(4, { values: { co2: 'much' } }))
  await say('device/air/reading', reading(5, { values: { bogus: 1 } }))
  await say('device/air/reading', reading(6, {}))
  const reasons = ['future', 'not-json', 'malformed', 'undeclared-point']
  await until(async () => {
    const figures = await metrics(address)
    return reasons.every((why) => figures(`habtwin_readings_refused_total{reason="${why}"}`) === 1)
  }, 'each is refused')
  await until(async () => (await metrics(address))('habtwin_readings_stored_total') === 1, 'what is right is stored')
  await sim[Symbol.asyncDispose]()
  assert.deepEqual(stored(data.root).counts, { 'air/co2': 1 })
})

test('a store that was damaged is moved aside loudly, and the line goes on with a new one', {
  skip: slow,
}, async () => {
  using folder = temporaryFolder()
  await using dial = await Dial.start(800)
  {
    await using line = new Line(folder.path, oneDial(dial.port))
    const { panel } = await line.ready
    await until(async () => (await metrics(panel))('habtwin_readings_stored_total') > 10, 'readings')
  }
  const path = join(folder.path, 'data', 'sim', 'store.db')
  const bytes = readFileSync(path)
  bytes.fill(0x5a, 100, Math.min(bytes.length, 40_000))
  writeFileSync(path, bytes)
  await using line = new Line(folder.path, oneDial(dial.port))
  const { panel, gateway } = await line.ready
  await until(async () => (await metrics(panel))('habtwin_readings_stored_total') > 10, 'readings in the new store')
  assert.ok(readdirSync(join(line.data, 'sim')).some((name) => name.startsWith('store.db.damaged-')))
  assert.match(line.log, /damaged/)
  // the gateway believes the new one: it lets go of what that has
  await until(async () => (await metrics(gateway))('habtwin_journal_marks_refused_total') === 0, 'marks are believed')
  await until(
    async () => (await metrics(gateway))('habtwin_journal_bytes{where="memory"}') < 5_000,
    'the journal empties',
  )
})

test('an instrument that does not answer holds up none of the others', { skip: slow }, async () => {
  using folder = temporaryFolder()
  await using dial = await Dial.start(800)
  await using deaf = createServer((socket) => void socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1')
  await once(deaf, 'listening')
  const { port } = deaf.address() as { port: number }
  const config = `${oneDial(dial.port, `  dead: { driver: modbus-tcp, host: 127.0.0.1, port: ${port} }\n`)}  silent: { zone: crew, driver: modbus-tcp, bus: dead, every: 100 ms, timeout: 10 min, registers: { o2: { address: 0, type: u16, unit: '%' } } }
`
  await using line = new Line(folder.path, config)
  const { gateway } = await line.ready
  await until(
    async () => (await metrics(gateway))('habtwin_device_samples_total{device="air"}') > 20,
    'the other is read',
  )
  const figures = await metrics(gateway)
  // it is still waited for, and meanwhile the other was read again and again
  assert.equal(figures('habtwin_device_samples_total{device="silent"}'), 0)
  assert.equal(figures('habtwin_device_failures_total{device="silent"}'), 0)
})

/** sim alone, on a data folder whose sockets are somebody else's. */
async function startSim(folder: string, data: string): Promise<AsyncDisposable & { readonly address: string }> {
  const file = join(folder, 'habitat.yaml')
  writeFileSync(file, `${freePorts}store: { commit: 500 ms }\nzones: { crew: { volume: 272 m3 } }\n`)
  const child = spawn(process.execPath, [launcher, 'sim', '--config', file, '--data', data, '--json'])
  const ended = once(child, 'exit')
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      said += text
    })
  }
  const address = () => /"panel":"([^"]+)"/.exec(said)?.[1]
  await until(() => address() !== undefined || child.exitCode !== null, 'sim opens its panel')
  return {
    address: address() ?? '',
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill('SIGTERM')
      await ended
    },
  }
}
