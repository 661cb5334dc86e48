/**
 * Mission control as real processes, with gateways that are played by the real journal, each with a user of its own at
 * the receiver's own broker.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { pack } from '@habtwin/contract'
import type { Change, HabitatRow } from '@habtwin/contract/habitats'
import { systemClock } from '@habtwin/runtime'
import { addToken, addUser, changeUsers, newToken, nobody } from '@habtwin/runtime/users/index'
import { OneNode } from '@habtwin/sim-core/receive/node'
import { PlayedGateway } from './support/gateways.ts'
import { ask, pointCounts } from './support/influx.ts'
import { habtwin, temporaryFolder } from './support/line.ts'
import { type DeskAddresses, Receiver, rowsOf } from './support/receiver.ts'
import { freePort, missing, slow, startInfluxd } from './support/servers.ts'
import { storedIn } from './support/stored.ts'
import { until } from './support/until.ts'

/** On ports that stay when another process takes over. */
async function config(more = ''): Promise<string> {
  const [mqtt, websocket, panel] = [await freePort(), await freePort(), await freePort()]
  return `broker: { mqtt: ${mqtt}, websocket: ${websocket} }\nhttp: { panel: ${panel} }\nstore: { commit: 1 s }\n${more}`
}

/** A token for each name; roles other than gateway by `name:role`. */
function users(data: string, names: readonly string[]): Map<string, string> {
  const tokens = new Map<string, string>()
  changeUsers(join(data, 'access'), (before) => {
    let after = before ?? nobody
    for (const one of names) {
      const [name = '', role = 'gateway'] = one.split(':')
      const bound = role === 'gateway' ? { habitat: name } : {}
      const { secret, hash } = newToken()
      tokens.set(name, secret)
      after = addUser(after, { name, role: role as 'gateway', ...bound }, Date.now())
      after = addToken(after, { id: `t-${name}`, user: name, hash }, Date.now())
    }
    return after
  })
  return tokens
}

const folderOf = (data: string, habitat: string) => join(data, 'habitats', habitat)

async function get<T>({ panel }: DeskAddresses, path: string, token?: string): Promise<T> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const answer = await fetch(`http://${panel}${path}`, { headers })
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`)
  return (await answer.json()) as T
}

test('two habitats are received side by side, each in a store, a row and a panel of its own', async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  const tokens = users(data, ['sam', 'mars-160', 'houston:mission-control'])
  await using receiver = new Receiver(folder.path, await config())
  const desk = await receiver.ready
  const gateway = (habitat: string) =>
    new PlayedGateway({
      habitat,
      url: `mqtt://${desk.mqtt}`,
      username: habitat,
      password: tokens.get(habitat) ?? '',
      clock: systemClock,
    })
  await using sam = gateway('sam')
  await using mars = gateway('mars-160')
  for (const one of [sam, mars]) one.start()
  await until(() => sam.link.up && mars.link.up, 'both gateways are connected')
  const t = Date.now()
  for (let i = 0; i < 500; i++) sam.read('air', t - 5_000 + i * 10, { co2: 800 + i, temperature: 21 })
  for (let i = 0; i < 300; i++) mars.read('air', t - 3_000 + i * 10, { co2: 1_200, temperature: 21 })
  const alert = { id: 'co2-crew', level: 'caution', zone: 'crew', quantity: 'co2', value: 1_200, limit: 1_000 }
  mars.say(
    'alert/co2-crew',
    { ...alert, since: t, t, text: 'CO2 in crew is high', source: 'guard', active: true },
    true,
  )
  mars.say('event/e1', { kind: 'note', t, by: 'Ada', text: 'Fan cleaned' })
  await until(() => sam.isDone && mars.isDone, 'all is stored')
  let rows: HabitatRow[] = []
  await until(async () => {
    rows = await rowsOf(desk)
    return rows.length === 2 && rows.every(({ completeness }) => completeness.stored > 0)
  }, 'both have a row')
  const [first, second] = rows as [HabitatRow, HabitatRow]
  assert.equal(first.habitat, 'mars-160')
  assert.deepEqual(first.completeness, { taken: 300, stored: 300, gaps: 0 })
  assert.deepEqual(first.alerts, { worst: 'caution', count: 1, text: 'CO2 in crew is high' })
  assert.equal(first.link.state, 'up')
  assert.equal(second.co2?.value, 1_299)
  assert.equal(second.node, 'sam-pi')
  const history = await get<{ value: number[] }>(desk, '/habitats/sam/api/history?device=air&point=co2')
  assert.equal(history.value.length, 500)
  const about = await get<{ habitat: { id: string } }>(desk, '/habitats/mars-160/api/about')
  assert.equal(about.habitat.id, 'mars-160')
  const changes = await get<Change[]>(desk, `/api/changes?since=${t}`)
  const news = changes.filter(({ kind }) => kind !== 'link').map(({ text }) => text)
  assert.deepEqual(news.sort(), ['CO2 in crew is high', 'Fan cleaned'])
  assert.equal((await fetch(`http://${desk.panel}/habitats/nowhere/api/about`)).status, 404)
  assert.equal((await fetch(`http://${desk.panel}/api/about`)).status, 404)
  assert.match(await (await fetch(`http://${desk.panel}/habitats/sam/`)).text(), /panel\.js/)

  // a command: nobody without a login, mission control with one; it is under way at once
  const body = JSON.stringify({ device: 'fan', point: 'state', value: 1, by: 'Kai', id: 'c-1' })
  const send = (token?: string) =>
    fetch(`http://${desk.panel}/habitats/sam/api/commands`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body,
    })
  assert.equal((await send()).status, 401)
  sam.say('link/earth', {}) // what is no state of a bridge is no state of a bridge
  const answer = send(tokens.get('houston'))
  await until(() => sam.commands.length > 0, 'the command is there')
  const [command] = sam.commands
  assert.equal(command?.path, 'fan/state')
  assert.ok((command?.body.expires ?? 0) > Date.now() + 60_000)
  sam.say('result/fan/c-1', { id: 'c-1', device: 'fan', point: 'state', value: 1, by: 'houston', t, state: 'done' })
  assert.equal(((await (await answer).json()) as { state: string }).state, 'done')
  assert.equal(mars.commands.length, 0)
})

test('what is killed is started again, and nothing is lost or stored twice; another process takes over meanwhile', {
  skip: slow,
}, async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  const habitats = Array.from({ length: 8 }, (_, i) => `hab-${i}`)
  const tokens = users(data, habitats)
  const text = await config()
  const first = new Receiver(folder.path, text)
  const desk = await first.ready
  await using second = new Receiver(folder.path, text)
  await using gateways = new AsyncDisposableStack()
  const played = habitats.map((habitat) =>
    gateways.use(
      new PlayedGateway({
        habitat,
        url: `mqtt://${desk.mqtt}`,
        username: habitat,
        password: tokens.get(habitat) ?? '',
        clock: systemClock,
      }),
    ),
  )
  for (const one of played) one.start()
  await until(() => played.every(({ link }) => link.up), 'all gateways are connected')
  let t = Date.now() - 3_600_000
  const take = (n: number) => {
    for (let i = 0; i < n; i++, t += 10) for (const one of played) one.read('air', t, { co2: i, temperature: 20 })
  }
  take(200)
  await until(() => played.every((one) => one.isDone), 'all of the beginning is stored')
  await until(async () => {
    const who = await get<{ processes: number }>(desk, '/api/receiver')
    return who.processes === 2 && (await rowsOf(desk)).length === 8
  }, 'two processes share the habitats')
  take(200)
  await first.kill()
  take(200)
  await second.ready
  take(200)
  await until(() => played.every((one) => one.isDone), 'all is stored by the other process')
  const rows = await rowsOf(desk)
  assert.equal(rows.length, 8)
  for (const row of rows) assert.deepEqual(row.completeness, { taken: 800, stored: 800, gaps: 0 }, row.habitat)
  await using third = new Receiver(folder.path, text)
  await until(async () => (await get<{ processes: number }>(desk, '/api/receiver')).processes === 2, 'another comes')
  take(200)
  await until(() => played.every((one) => one.isDone), 'all is stored by both')
  await second[Symbol.asyncDispose]()
  await third.ready
  take(1)
  await until(() => played.every((one) => one.isDone), 'all is stored by the last')
  await third[Symbol.asyncDispose]()
  for (const habitat of habitats) {
    const { counts, twice } = storedIn(folderOf(data, habitat))
    assert.deepEqual(counts, { 'air/co2': 1_001, 'air/temperature': 1_001 }, habitat)
    assert.deepEqual(twice, {}, habitat)
  }
})

test('a second gateway of the same name is refused, with both named; its user may not speak for another habitat', {
  skip: slow,
}, async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  const tokens = users(data, ['sam', 'mars-160'])
  await using receiver = new Receiver(folder.path, await config())
  const desk = await receiver.ready
  const gateway = (habitat: string, node: string, user = habitat) =>
    new PlayedGateway({
      ...{ habitat, node, url: `mqtt://${desk.mqtt}`, clock: systemClock },
      ...{ username: user, password: tokens.get(user) ?? '' },
    })
  await using sam = gateway('sam', 'pi-a')
  sam.start()
  await until(() => sam.link.up, 'it is connected')
  sam.read('air', Date.now(), { co2: 800, temperature: 21 })
  await until(() => sam.isDone, 'its reading is stored')
  await using copy = gateway('sam', 'pi-b')
  copy.start()
  for (let i = 0; i < 20; i++) copy.read('air', Date.now() - 60_000 + i, { co2: 9_999, temperature: 21 })
  await until(async () => (await rowsOf(desk))[0]?.refused !== undefined, 'the row says so')
  const [row] = await rowsOf(desk)
  assert.match(row?.refused ?? '', /pi-b.*sam.*pi-a/)
  assert.match(receiver.log, /pi-b says to be the habitat sam, which is pi-a/)
  // another habitat's user says nothing of this one
  await using forger = gateway('sam', 'pi-a', 'mars-160')
  forger.start()
  for (let i = 0; i < 20; i++) forger.read('air', Date.now() - 30_000 + i, { co2: 9_999, temperature: 21 })
  sam.read('air', Date.now(), { co2: 801, temperature: 21 })
  await until(() => sam.isDone, 'the habitat’s own goes on')
  assert.equal(copy.isDone, false)
  await receiver[Symbol.asyncDispose]()
  assert.deepEqual(storedIn(folderOf(data, 'sam')).counts, { 'air/co2': 2, 'air/temperature': 2 })
})

test('a bundle is taken apart into the broker, and what its gateway may not say is not', { skip: slow }, async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  const tokens = users(data, ['sam', 'houston:mission-control'])
  await using receiver = new Receiver(folder.path, await config())
  const desk = await receiver.ready
  await using sam = new PlayedGateway({
    ...{ habitat: 'sam', url: `mqtt://${desk.mqtt}`, clock: systemClock, username: 'sam' },
    password: tokens.get('sam') ?? '',
  })
  sam.start()
  await until(() => sam.link.up, 'it is connected')
  const t = Date.now()
  const { id } = sam.journal
  // numbered, but never sent by itself: it comes in a bundle
  const { seq } = sam.journal.append('device/air/reading', { n: 1, t, values: { co2: 700, temperature: 20 } })
  const payload = JSON.stringify({ journal: id, seq, n: 1, t, values: { co2: 700, temperature: 20 } })
  const bundle = pack([
    { topic: 'device/air/reading', retain: true, payload },
    { topic: 'command/fan/state', retain: false, payload: '{"id":"x"}' },
    { topic: 'twin/outlook', retain: true, payload: '{"t":1}' },
  ])
  await sam.link.publish('hab/sam/bundle/earth', Buffer.from(bundle), { qos: 1 })
  await sam.link.publish('hab/sam/bundle/earth', Buffer.from([1, 0, 91]), { qos: 1 })
  await until(() => sam.isDone, 'what it holds is stored')
  assert.deepEqual(await get(desk, '/habitats/sam/api/twin/outlook'), { t: 1 })
  assert.equal(sam.commands.length, 0)
  assert.match(receiver.log, /a bundle holds what its gateway may not say/)
  assert.match(receiver.log, /a bundle was refused/)
})

test('every habitat is copied to one InfluxDB, under its name', { skip: slow || missing('influxd') }, async () => {
  using folder = temporaryFolder()
  const names = ['sam', 'mars-160']
  const tokens = users(join(folder.path, 'data'), names)
  await using influxd = await startInfluxd()
  await ask(influxd.url, '', 'CREATE DATABASE "hab"')
  const influx = `influx: { url: '${influxd.url}', database: hab }\n`
  await using receiver = new Receiver(folder.path, await config(influx))
  const desk = await receiver.ready
  await using cleanup = new AsyncDisposableStack()
  for (const [i, habitat] of names.entries()) {
    const one = cleanup.use(
      new PlayedGateway({
        ...{ habitat, url: `mqtt://${desk.mqtt}`, clock: systemClock, username: habitat },
        password: tokens.get(habitat) ?? '',
      }),
    )
    one.start()
    for (let k = 0; k < 100 + i; k++) one.read('air', Date.now() - 60_000 + k, { co2: 800, temperature: 21 })
  }
  const counts = () => pointCounts(influxd.url, 'hab', 'reading', 'habitat')
  const all = { 'mars-160/co2': 101, 'mars-160/temperature': 101, 'sam/co2': 100, 'sam/temperature': 100 }
  await until(async () => isDeepStrictEqual(await counts(), all), 'both are there')
})

test('the file of a receiver is checked as one, and a new machine is put in the place of an old one by a word', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'mc.yaml')
  writeFileSync(file, 'receive: { label: Support, most: 0 }\n')
  const wrong = await habtwin('check', file)
  assert.equal(wrong.status, 1)
  assert.match(wrong.out, /mc\.yaml:1:\d+ receive\.most/)
  writeFileSync(file, 'receive: { label: Support }\n')
  assert.match((await habtwin('check', file)).out, /is right: Support, for habtwin receive/)
  const data = join(folder.path, 'data')
  assert.equal((await habtwin('receive', '--node', 'sam=new-pi', '--data', data)).status, 0)
  assert.equal(new OneNode(folderOf(data, 'sam'), () => undefined).own, 'new-pi')
  assert.equal((await habtwin('receive', '--node', 'sam', '--data', data)).status, 2)
})
