/** Commands through the whole line, as real processes: done once, written down, and never twice, whatever is killed. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type AuditHead, type CommandResult, type NodeStatus, topic, wire } from '@habtwin/contract'
import { dataFolder } from '@habtwin/runtime'
import { Link } from '@habtwin/runtime/mqtt'
import modbus from 'modbus-serial'
import { habtwin, Line, steadyPorts, temporaryFolder } from './support/line.ts'
import { freePort } from './support/servers.ts'
import { until } from './support/until.ts'

/** A real Modbus server with one coil that counts how often it was set. */
class Coil implements AsyncDisposable {
  state = false
  readonly sets: boolean[] = []
  readonly port: number
  /** While it is there, nobody is answered. */
  gate: Promise<void> | undefined
  readonly #server: InstanceType<typeof modbus.ServerTCP>

  private constructor(port: number) {
    this.port = port
    const coils = {
      getCoil: () => this.state,
      setCoil: async (_address: number, value: boolean) => {
        this.sets.push(value)
        await this.gate
        this.state = value
      },
    }
    this.#server = new modbus.ServerTCP(coils, { host: '127.0.0.1', port, unitID: 1 })
  }

  static async start(): Promise<Coil> {
    const coil = new Coil(await freePort())
    await once(coil.#server, 'initialized')
    return coil
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}

/** A connection of the house's own, as a logged-in crew member's will be. */
async function connect(data: string, habitat: string) {
  const link = new Link({ socketPath: dataFolder(data).sockets.service, clientId: `test-${randomUUID().slice(0, 8)}` })
  const results: CommandResult[] = []
  const retained = new Map<string, string>()
  link.subscribe(wire(habitat, 'result/+/+'), (_topic, payload) => results.push(JSON.parse(payload.toString())))
  for (const filter of ['status/+', 'audit/+', 'control/+/+', 'device/+/info', 'device/+/reading'])
    link.subscribe(wire(habitat, filter), (full, payload) => {
      if (payload.length === 0) retained.delete(full)
      else retained.set(full, payload.toString())
    })
  link.start()
  await until(() => link.up, 'the connection to the broker')
  return {
    ...{ link, results, retained },
    send: (device: string, point: string, command: object) =>
      link.publish(wire(habitat, topic.command(device, point)), JSON.stringify(command)),
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  }
}

const command = (value: number, id: string = randomUUID()) => ({ id, value, by: 'ada', expires: Date.now() + 600_000 })

const simulated = `habitat: { id: sam }
store: { commit: 1 s }
zones: { crew: { volume: 272 m3 } }
buses:
  relays: { driver: modbus-tcp, host: simulated }
  world: { driver: virtual }
devices:
  air: { zone: crew, driver: virtual, bus: world, instrument: air, every: 1 s }
  heater:
    zone: crew
    driver: relay-module
    bus: relays
    every: 1 s
    commands:
      state:
        safe: 0
        for: 30 min
        at_most: 100 per minute
        refuse_when: [{ device: air, point: temperature, above: 45 °C, because: too hot }]
`

test('a relay is switched over REST, what came of it is told, and the audit log has it as it was', async () => {
  using folder = temporaryFolder()
  await using line = new Line(folder.path, `${await steadyPorts()}${simulated}`)
  const { panel } = await line.ready
  const ask = async (path: string, body?: object) => {
    const init = body && { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    return (await fetch(`http://${panel}${path}`, init)).json()
  }
  const post = (value: unknown, id: string = randomUUID()) =>
    ask('/api/commands', { device: 'heater', point: 'state', value, by: 'ada', id })
  await until(async () => {
    const devices: { last: unknown }[] = await ask('/api/devices')
    return devices.length === 2 && devices.every(({ last }) => last !== null)
  }, 'readings of both')
  assert.deepEqual(await post(1, 'on'), { id: 'on', state: 'done', readback: 1 })
  assert.deepEqual(await post(1, 'on'), { id: 'on', state: 'done', readback: 1 })
  const refused = await post(7)
  assert.deepEqual([refused.state, refused.reason], ['refused', '7 is not what it can be set to: 0 or 1'])
  const { commands } = await ask('/api/commands?device=heater')
  assert.deepEqual(
    commands.map(({ value, state, by }: CommandResult) => [value, state, by]),
    [
      [7, 'refused', 'ada'],
      [1, 'done', 'ada'],
    ],
  )
  await using near = await connect(line.data, 'sam')
  await until(() => near.retained.has('hab/sam/control/heater/state'), 'how the heater stands')
  const stands = JSON.parse(near.retained.get('hab/sam/control/heater/state') ?? '{}')
  assert.deepEqual([stands.value, stands.by, stands.until - stands.since], [1, 'ada', 1_800_000])

  // a limit of the interlock is changed in the file: what is in force now is said, and obeyed
  writeFileSync(line.file, readFileSync(line.file, 'utf8').replace('above: 45 °C', 'above: 1 °C'))
  const status = () => JSON.parse([...near.retained].find(([name]) => name.includes('/status/'))?.[1] ?? '{}') as NodeStatus // biome-ignore format: one line
  await until(() => status().config?.changes !== undefined, 'the change')
  assert.deepEqual(status().config?.changes?.[0]?.slice(0, 45), 'devices.heater.commands.state.refuse_when: [{')
  const hot = await post(1)
  assert.equal(hot.state, 'refused')
  assert.match(hot.reason, /^Temperature of Air is [\d.]+ °C, above 1 °C \(too hot\)$/)
  assert.equal((await post(0)).state, 'done')
  // a broken file changes nothing, and is shown with its place
  writeFileSync(line.file, readFileSync(line.file, 'utf8').replace('for: 30 min', 'for: a while'))
  await until(() => status().config?.state === 'faulty', 'the fault')
  const [fault] = status().config?.faults ?? []
  assert.equal(fault?.path, 'devices.heater.commands.state.for')
  assert.ok((fault?.line ?? 0) > 10 && fault?.column === 14)
  assert.equal((await post(0)).state, 'done')

  const head = [...near.retained].find(([name]) => name.includes('/audit/'))?.[1]
  const { seq, hash } = JSON.parse(head ?? '{}') as AuditHead
  await line.stop()
  const good = await habtwin('audit', 'verify', '--data', line.data, '--anchor', `${seq}:${hash}`)
  assert.equal(good.status, 0, good.out + good.err)
  const file = join(line.data, 'gateway', 'audit', '0000000001.jsonl')
  const text = readFileSync(file, 'utf8')
  const kinds = text.trimEnd().split('\n').map((entry) => JSON.parse(entry).kind) // biome-ignore format: one line
  assert.deepEqual(kinds, ['genesis', 'start', 'command', 'result', 'refused', 'config', 'refused', 'command', 'result', 'config-refused', 'command', 'result']) // biome-ignore format: one line
  writeFileSync(file, text.replace('"value":7', '"value":1'))
  const bad = await habtwin('audit', 'verify', '--data', line.data)
  assert.equal(bad.status, 1)
  assert.match(bad.out, /0000000001\.jsonl:5 entry 5 was changed or damaged/)
})

test('a gateway that is killed while a relay is set never sets it again for the same command', async () => {
  using folder = temporaryFolder()
  await using coil = await Coil.start()
  const config = `habitat: { id: sam }
store: { commit: 1 s }
zones: { crew: { volume: 272 m3 } }
buses: { relays: { driver: modbus-tcp, host: 127.0.0.1, port: ${coil.port} } }
devices: { fan: { zone: crew, driver: relay-module, bus: relays, every: 1 s, timeout: 20 s } }
`
  await using line = new Line(folder.path, `${await steadyPorts()}${config}`)
  const { panel } = await line.ready
  await using near = await connect(line.data, 'sam')
  await until(() => near.retained.has('hab/sam/device/fan/reading'), 'a reading')
  const done = command(1)
  await near.send('fan', 'state', done)
  await until(() => near.results.some(({ id }) => id === done.id), 'the result')
  assert.deepEqual(coil.sets, [true])

  // killed while the coil has been told and has not answered
  const gate = Promise.withResolvers<void>()
  coil.gate = gate.promise
  const cut = command(0)
  await near.send('fan', 'state', cut)
  await until(() => coil.sets.length === 2, 'the coil being told')
  assert.ok(line.kill('gateway'))
  gate.resolve()
  coil.gate = undefined
  await until(() => !near.link.up, 'the end of the gateway')
  await until(() => near.link.up, 'its return')
  // both are sent again, as whoever got no answer does
  await until(async () => {
    const { commands } = await (await fetch(`http://${panel}/api/commands?device=fan`)).json()
    const told: CommandResult | undefined = commands.find(({ id }: CommandResult) => id === cut.id)
    return told?.state === 'failed' && told.value === 0 && told.by === 'ada'
  }, 'what is told of the one that was cut off')
  near.results.length = 0
  for (const again of [done, cut]) await near.send('fan', 'state', again)
  await until(() => near.results.length >= 2, 'both answers')
  const told = new Map(near.results.map(({ id, state, reason }) => [id, [state, reason]]))
  assert.deepEqual(told.get(done.id), ['done', undefined])
  assert.deepEqual(told.get(cut.id), ['failed', 'unknown: the gateway ended while it acted'])
  assert.deepEqual(coil.sets, [true, false])
  await line.stop()
  const { status, out } = await habtwin('audit', 'verify', '--data', line.data)
  assert.equal(status, 0, out)
})
