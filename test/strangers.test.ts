/**
 * What a stranger tries, and what comes of it: a real broker and a real HTTP server over one file of users. Whoever
 * belongs there goes on as if nothing had been.
 */
import assert from 'node:assert/strict'
import { type EventEmitter, once as happened } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectSocket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Broker } from '@habtwin/broker'
import { openUsers } from '@habtwin/gateway/users'
import { dataFolder, silentLog } from '@habtwin/runtime'
import type { AuditNote } from '@habtwin/runtime/audit/log'
import { TestClock } from '@habtwin/runtime/clock'
import { addToken, addUser, changeUsers, disable, hashPassword, newToken, revoke } from '@habtwin/runtime/users/index'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { until } from './support/until.ts'

/** A client is an emitter, though its types do not say so. */
const once = (client: MqttClient, event: string) => happened(client as unknown as EventEmitter, event)

const PASSWORD = 'the lettuce is fine'
const START = Date.UTC(2026, 10, 20)
let hash: string
before(async () => {
  hash = await hashPassword(PASSWORD)
})

/** A habitat with a crew member, a visitor, two devices, and mission control. */
async function house() {
  await using stack = new AsyncDisposableStack()
  const root = mkdtempSync(join(tmpdir(), 'habtwin-strangers-'))
  stack.defer(() => rmSync(root, { recursive: true }))
  const folder = dataFolder(root)
  const clock = new TestClock(START)
  const tokens = Object.fromEntries(['node-1', 'node-2', 'houston', 'late'].map((name) => [name, newToken()]))
  changeUsers(folder.access, (users) => {
    let all = addUser(users, { name: 'kai', role: 'crew', password: hash }, START)
    all = addUser(all, { name: 'guest', role: 'public', password: hash }, START)
    all = addUser(all, { name: 'gone', role: 'crew', password: hash }, START)
    all = disable(all, 'gone', true)
    all = addUser(all, { name: 'node-1', role: 'device' }, START)
    all = addUser(all, { name: 'node-2', role: 'device' }, START)
    all = addUser(all, { name: 'houston', role: 'mission-control' }, START)
    for (const [id, { hash: kept }] of Object.entries(tokens))
      all = addToken(all, { id, user: id === 'late' ? 'kai' : id, hash: kept, ...(id === 'late' ? { expires: START + 60_000 } : {}) }, START) // biome-ignore format: one thought
    return all
  })
  const audit: AuditNote[] = []
  const users = stack.use(
    await openUsers({
      ...{ folder: folder.access, clock, log: silentLog(), simulated: false },
      limits: { tries: 5, tries_per_address: 100, wait: 30_000, longest_wait: 900_000 },
      audit: (note) => audit.push(note) > 0,
    }),
  )
  const listener = { host: '127.0.0.1', port: 0 }
  const broker = stack.use(
    new Broker(
      { habitat: 'sam', tcp: listener, sockets: folder.sockets },
      { clock, access: users.access, refused: users.refused },
    ),
  )
  await broker.start()
  const port = Number(broker.address('tcp')?.split(':')[1])
  const clients: MqttClient[] = []
  stack.defer(() => {
    for (const client of clients) client.end(true)
  })
  const held = stack.move()
  return {
    broker,
    audit,
    folder,
    clock,
    access: users.access,
    secret: (name: string) => tokens[name]?.secret ?? '',
    /** Connects; gives the client, or the return code that it was refused with. */
    async come(options: IClientOptions, at?: string): Promise<MqttClient | number> {
      const quiet = { reconnectPeriod: 0, clean: true, ...options }
      const client = at
        ? new mqtt.MqttClient(() => connectSocket(at), quiet)
        : mqtt.connect(`mqtt://127.0.0.1:${port}`, quiet)
      clients.push(client)
      client.on('error', () => undefined)
      return Promise.race([
        once(client, 'connect').then(() => client),
        new Promise<number>((resolve) => client.once('error', (error) => resolve(Number((error as { code?: number }).code)))), // biome-ignore format: one thought
        once(client, 'close').then(() => -1),
      ])
    },
    refused: (reason: string) => broker.counts.refused.get(reason as never) ?? 0,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

type House = Awaited<ReturnType<typeof house>>

async function inside(h: House, options: IClientOptions, at?: string): Promise<MqttClient> {
  const client = await h.come(options, at)
  assert.ok(typeof client !== 'number', `it was refused: ${client}`)
  return client
}

const asKai = { username: 'kai', password: PASSWORD }
const asGuest = { username: 'guest', password: PASSWORD }

describe('a stranger who wants in', () => {
  let h: House
  before(async () => {
    h = await house()
  })
  after(() => h[Symbol.asyncDispose]())

  const NOT_AUTHORIZED = 5
  const IDENTIFIER_REJECTED = 2
  const attempts: [what: string, options: (h: House) => IClientOptions, code: number, counted: string][] = [
    ['a wrong password', () => ({ username: 'kai', password: 'wrong' }), NOT_AUTHORIZED, 'login'],
    ['a name that nobody has', () => ({ username: 'pat', password: PASSWORD }), NOT_AUTHORIZED, 'login'],
    ['an empty name and password', () => ({ username: '', password: '' }), NOT_AUTHORIZED, 'login'],
    ['a name of the language', () => ({ username: '__proto__', password: PASSWORD }), NOT_AUTHORIZED, 'login'],
    ['somebody who is disabled', () => ({ username: 'gone', password: PASSWORD }), NOT_AUTHORIZED, 'login'],
    ['a password of 10 kB', () => ({ username: 'kai', password: 'x'.repeat(10_000) }), NOT_AUTHORIZED, 'login'],
    ['a token that never was', () => ({ username: 'kai', password: newToken().secret }), NOT_AUTHORIZED, 'login'],
    ['the token of another', (h) => ({ username: 'node-2', password: h.secret('node-1') }), NOT_AUTHORIZED, 'login'],
    ['a device by a client id that is not its own', (h) => ({ username: 'node-1', password: h.secret('node-1'), clientId: 'node-2' }), IDENTIFIER_REJECTED, 'client-id'], // biome-ignore format: a table
    ['the client id of a device that is away', () => ({ clientId: 'node-1' }), IDENTIFIER_REJECTED, 'client-id'],
    ['the same, by somebody who is logged in', () => ({ ...asKai, clientId: 'node-1' }), IDENTIFIER_REJECTED, 'client-id'], // biome-ignore format: a table
    ['a client id as the house’s own', () => ({ clientId: 'sim-1234' }), IDENTIFIER_REJECTED, 'client-id'],
  ]
  for (const [what, options, code, counted] of attempts)
    it(`${what}: is refused, counted and written down`, async () => {
      const [before, noted] = [h.refused(counted), h.audit.length]
      assert.equal(await h.come(options(h)), code)
      assert.equal(h.refused(counted), before + 1)
      assert.equal(h.audit[noted]?.kind, 'refused-client')
      assert.equal(h.audit[noted]?.reason, counted)
      assert.ok(!JSON.stringify(h.audit[noted]).includes(PASSWORD))
      h.clock.skip(60_000) // the next is another day: neither names nor addresses have to wait
    })

  it('what is no user’s name is not written down: it may be a password in the wrong field', async () => {
    const noted = h.audit.length
    await h.come({ username: 'my secret password', password: 'x' })
    assert.ok(!JSON.stringify(h.audit.slice(noted)).includes('my secret'))
  })

  it('guessing makes wait, and then the right password waits as well', async () => {
    for (let i = 0; i < 5; i++)
      assert.equal(await h.come({ username: 'guest', password: `guess ${i}` }), NOT_AUTHORIZED)
    const before = h.refused('login-locked')
    assert.equal(await h.come(asGuest), NOT_AUTHORIZED)
    assert.equal(h.refused('login-locked'), before + 1)
    h.clock.skip(30_001)
    await inside(h, asGuest)
  })

  it('whoever belongs here comes in all the while', async () => {
    await inside(h, asKai)
    await inside(h, { username: 'node-1', password: h.secret('node-1'), clientId: 'node-1' })
    await inside(h, { username: 'houston', password: h.secret('houston') })
  })
})

describe('somebody who is in and wants more than is theirs', () => {
  let h: House
  before(async () => {
    h = await house()
  })
  after(() => h[Symbol.asyncDispose]())

  const who: Record<string, (h: House) => IClientOptions> = {
    viewer: () => ({}),
    public: () => asGuest,
    device: (h) => ({ username: 'node-1', password: h.secret('node-1'), clientId: 'node-1' }),
    'mission-control': (h) => ({ username: 'houston', password: h.secret('houston') }),
    crew: () => asKai,
  }

  const listening: [role: string, filter: string][] = [
    ['device', '#'],
    ['device', 'hab/sam/#'],
    ['device', 'hab/+/device/+/reading'],
    ['device', 'hab/sam/device/node-2/reading'],
    ['public', '#'],
    ['public', 'hab/sam/device/+/reading'],
    ['public', 'hab/+/public/#/x'],
    ['crew', '$SYS/#'],
    ['viewer', '$habtwin/refused'],
  ]
  for (const [role, filter] of listening)
    it(`${role} subscribes to ${filter}: refused, counted and written down, and goes on`, async () => {
      const client = await inside(h, who[role]?.(h) ?? {})
      const [before, noted] = [h.refused('subscribe'), h.audit.length]
      const granted = await client.subscribeAsync(filter, { qos: 1 }).catch((error: Error) => error)
      if (filter.endsWith('/#/x')) return assert.ok(granted instanceof Error, 'it is no filter')
      assert.ok(granted instanceof Error || granted[0]?.qos === 128)
      assert.equal(h.refused('subscribe'), before + 1)
      assert.equal(h.audit[noted]?.role, role)
      assert.ok(client.connected)
    })

  const saying: [role: string, topic: string][] = [
    ['viewer', 'hab/sam/command/fan/on'],
    ['viewer', 'hab/sam/in/node-1'],
    ['public', 'hab/sam/command/fan/on'],
    ['public', 'hab/sam/public/crew/co2'],
    ['device', 'hab/sam/in/node-2'],
    ['device', 'hab/sam/device/node-1/reading'],
    ['device', 'hab/sam/command/fan/on'],
    ['device', 'hab/mars/in/node-1'],
    ['mission-control', 'hab/sam/command/command/confirm'],
    ['mission-control', 'hab/sam/mark/recorder/j'],
    ['crew', 'hab/sam/device/air/reading'],
    ['crew', 'hab/sam/command/journal/event'],
    ['crew', 'hab/sam/status/node'],
  ]
  for (const [role, topic] of saying)
    it(`${role} publishes on ${topic}: swallowed or disconnected, counted and written down`, async () => {
      const heard: string[] = []
      using _all = h.broker.subscribe('#', (at) => heard.push(at))
      const client = await inside(h, who[role]?.(h) ?? {})
      const [before, noted] = [h.refused('publish'), h.audit.length]
      client.publish(topic, '{}', { qos: 0 })
      await until(() => h.refused('publish') === before + 1, 'the refusal')
      assert.ok(client.connected, 'at QoS 0 nobody waits for an answer')
      const closed = once(client, 'close')
      // an acknowledgement would be a lie (MQTT 3.1.1, 3.3.5)
      client.publish(topic, '{}', { qos: 1 }, () => undefined)
      await closed
      assert.equal(h.refused('publish'), before + 2)
      assert.deepEqual([h.audit[noted]?.role, h.audit[noted]?.topic], [role, topic])
      assert.deepEqual(heard, [])
      h.clock.skip(60_000)
    })

  it('a retained message of a client is only said, never kept', async () => {
    const client = await inside(h, asKai)
    await client.publishAsync('hab/sam/safety/s1', '{}', { qos: 1, retain: true })
    const later = await inside(h, asKai)
    const kept: string[] = []
    later.on('message', (topic) => kept.push(topic))
    await later.subscribeAsync('hab/sam/safety/+', { qos: 1 })
    await h.broker.publish('hab/sam/safety/s2', '{}')
    await until(() => kept.length > 0)
    assert.deepEqual(kept, ['hab/sam/safety/s2'])
  })

  it('the public hears what is public and nothing else, whatever is said', async () => {
    const client = await inside(h, asGuest)
    const heard: string[] = []
    client.on('message', (topic) => heard.push(topic))
    await client.subscribeAsync('hab/sam/public/#')
    for (const topic of ['device/air/reading', 'alert/a', 'public/crew/co2', 'audit/n'])
      await h.broker.publish(`hab/sam/${topic}`, '1')
    await until(() => heard.length > 0)
    assert.deepEqual(heard, ['hab/sam/public/crew/co2'])
  })

  it('a command says who gave it, not what its sender writes there', async () => {
    const commands: unknown[] = []
    using _heard = h.broker.subscribe('hab/sam/command/+/+', (_topic, payload, sender) =>
      commands.push({ ...JSON.parse(payload.toString()), sender: [sender?.role, sender?.user] }),
    )
    const forged = JSON.stringify({ id: 'c1', value: 1, by: 'the commander', role: 'crew', expires: START + 1_000 })
    for (const role of ['crew', 'mission-control']) {
      const client = await inside(h, who[role]?.(h) ?? {})
      await client.publishAsync('hab/sam/command/fan/on', forged, { qos: 1 })
    }
    await until(() => commands.length === 2)
    const common = { id: 'c1', value: 1, expires: START + 1_000 }
    assert.deepEqual(commands, [
      { ...common, by: 'kai', role: 'crew', sender: ['crew', 'kai'] },
      { ...common, by: 'houston', role: 'mission-control', sender: ['mission-control', 'houston'] },
    ])
  })

  it('a client id is taken over by its own user alone, and from whoever has not logged in', async () => {
    const squatter = await inside(h, { clientId: 'tablet' })
    const put = once(squatter, 'close')
    const kai = await inside(h, { ...asKai, clientId: 'tablet' })
    await put
    assert.equal(await h.come({ clientId: 'tablet' }), 2)
    assert.equal(await h.come({ ...asGuest, clientId: 'tablet' }), 2)
    assert.ok(kai.connected)
    const again = once(kai, 'close')
    await inside(h, { ...asKai, clientId: 'tablet' })
    await again
  })
})

describe('somebody who may not be in any more', () => {
  it('is out at once: a revoked token, a disabled user, a token whose time is over; others stay', async () => {
    await using h = await house()
    const device = await inside(h, { username: 'node-1', password: h.secret('node-1'), clientId: 'node-1' })
    const kai = await inside(h, asKai)
    const late = await inside(h, { username: 'kai', password: h.secret('late') })
    const viewer = await inside(h, {})
    const see = async () => {
      h.access.look()
      await h.clock.advance(1_000)
    }
    let gone = once(device, 'close')
    changeUsers(h.folder.access, (users) => revoke(users, 'node-1').users)
    await see()
    await gone
    assert.ok(kai.connected && late.connected && viewer.connected)
    gone = once(late, 'close')
    await h.clock.advance(60_000)
    await gone
    assert.ok(kai.connected)
    gone = once(kai, 'close')
    changeUsers(h.folder.access, (users) => disable(users, 'kai', true))
    await see()
    await gone
    assert.ok(viewer.connected)
    assert.equal(h.refused('revoked'), 3)
    assert.deepEqual(
      h.audit.filter(({ kind }) => kind === 'users').map(({ what }) => what),
      ['gone: token node-1', 'changed: kai (crew)'],
    )
    assert.equal(await h.come({ username: 'node-1', password: h.secret('node-1'), clientId: 'node-1' }), 5)
  })

  it('the file of users holds no secret', async () => {
    await using h = await house()
    const text = readFileSync(join(h.folder.access, 'users.json'), 'utf8')
    for (const secret of [PASSWORD, h.secret('node-1'), h.secret('houston')]) assert.ok(!text.includes(secret))
  })
})
