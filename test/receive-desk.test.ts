/** The desk of a receiver, as a real process: it follows its file, keeps an audit log, and bears clocks that differ. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type ConfigStatus, topic } from '@habtwin/contract'
import type { HabitatRow } from '@habtwin/contract/habitats'
import { type Clock, systemClock } from '@habtwin/runtime'
import { addToken, addUser, changeUsers, hashPassword, newToken } from '@habtwin/runtime/users/index'
import { PlayedGateway } from './support/gateways.ts'
import { habtwin, temporaryFolder } from './support/line.ts'
import { Receiver, rowsOf } from './support/receiver.ts'
import { storedIn } from './support/stored.ts'
import { until } from './support/until.ts'

const MIN = 60_000
const PASSWORD = 'we have had a main B bus undervolt'
const config = (label: string, more = '') =>
  `receive: { label: ${label} }\nbroker: { mqtt: 0, websocket: 0 }\nhttp: { panel: 0 }\nstore: { commit: 1 s }\n${more}`

/** A machine whose clock is wrong by so much. */
function off(by: number): Clock {
  return {
    now: () => systemClock.now() + by,
    mono: () => systemClock.mono(),
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
    after: (ms, call) => systemClock.after(ms, call),
  }
}

/** What an audit log holds, without its chain. */
function entriesOf(folder: string): Record<string, unknown>[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line))
}

test('a desk follows its file, writes down who did what, and takes the data of a clock that is minutes ahead', async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  const { secret, hash } = newToken()
  const password = await hashPassword(PASSWORD)
  changeUsers(join(data, 'access'), (none) => {
    const users = addUser(none, { name: 'sam', role: 'gateway', habitat: 'sam' }, Date.now())
    const all = addUser(users, { name: 'houston', role: 'mission-control', password }, Date.now())
    return addToken(all, { id: 't-sam', user: 'sam', hash }, Date.now())
  })
  await using receiver = new Receiver(folder.path, config('Houston'))
  const desk = await receiver.ready
  const at = `http://${desk.panel}`
  const get = async <T>(path: string) => (await (await fetch(at + path)).json()) as T

  // a gateway five minutes ahead of us
  const clock = off(5 * MIN)
  await using sam = new PlayedGateway({
    ...{ habitat: 'sam', url: `mqtt://${desk.mqtt}`, username: 'sam', password: secret, clock },
  })
  sam.start()
  await until(() => sam.link.up, 'the gateway is connected')
  const lane = { waiting: 0, sent: 0 }
  const lanes = { urgent: lane, live: lane, backlog: lane }
  const tell = (taken: number) => {
    const t = clock.now()
    const state = { t, bridge: 'earth', to: 'habtwin', state: 'up', since: t, remote: 'x', simulated: false, delay: 0 }
    sam.state('link/earth', JSON.stringify({ ...state, lanes, taken, confirmed: 0, gaps: 0, inFlight: 0 }))
  }
  const about = { id: 'sam', label: 'SAM', timezone: 'America/Phoenix', pressure: 879 }
  sam.state('about', JSON.stringify({ habitat: about, zones: {} }))
  for (let i = 0; i < 40; i++) sam.read('air', clock.now() - (40 - i) * 100, { co2: 800 + i, temperature: 21 })
  let row: HabitatRow | undefined
  await until(async () => {
    tell(sam.taken)
    row = (await rowsOf(desk)).find(({ habitat }) => habitat === 'sam')
    return sam.isDone && row?.link.skew !== undefined && row.devices.ok === 1
  }, 'all is stored, and its clock is known')
  assert.ok(Math.abs((row?.link.skew ?? 0) - 5 * MIN) < 20_000, `${row?.link.skew}`)
  assert.deepEqual([row?.link.state, row?.devices, row?.pressure], ['up', { ok: 1, stale: 0, down: 0 }, 879])
  assert.deepEqual(row?.completeness, { taken: 40, stored: 40, gaps: 0 })
  const metrics = async () => (await fetch(`${at}/habitats/sam/metrics`)).text()
  assert.match(await metrics(), /habtwin_habitat_clock_ahead_seconds (29\d|30\d)/)

  // who logs in, and what is commanded
  const post = (path: string, body: object, cookie = '') =>
    fetch(at + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.7', cookie },
      body: JSON.stringify(body),
    })
  assert.equal((await post('/api/login', { user: 'houston', password: 'wrong' })).status, 401)
  const login = await post('/api/login', { user: 'houston', password: PASSWORD })
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
  const command = { id: 'heat', device: 'heater', point: 'state', value: 1 }
  const sent = post('/habitats/sam/api/commands', command, cookie)
  await until(() => sam.commands.length > 0, 'the command is there')
  sam.say(topic.result('heater', 'heat'), { ...command, state: 'refused', reason: 'the crew declined', t: clock.now() })
  assert.equal(((await (await sent).json()) as { state: string }).state, 'refused')

  // another label, and a limit that takes a restart; then nonsense, which changes nothing
  const file = join(folder.path, 'receive.yaml')
  const told = async () => get<{ label: string; config: ConfigStatus }>('/api/receiver')
  writeFileSync(file, config('Darmstadt', 'access: { tries: 3 }\n'))
  await until(async () => (await told()).label === 'Darmstadt', 'the file is followed')
  assert.deepEqual((await told()).config.restart, ['access: not given → {"tries":3}'])
  writeFileSync(file, config('Darmstadt', 'stor: { keep: 1 d }\n'))
  await until(async () => (await told()).config.state === 'faulty', 'the file is faulty')
  assert.match((await told()).config.faults?.[0]?.message ?? '', /unknown key/)
  assert.equal((await told()).label, 'Darmstadt')
  // only the habitats begin anew with another store, and lose nothing by it
  writeFileSync(file, config('Darmstadt', 'influx: { url: "http://127.0.0.1:9", database: hab }\n'))
  await until(async () => (await told()).config.state === 'ok', 'the file is right again')
  sam.read('air', clock.now(), { co2: 999, temperature: 21 })
  await until(() => sam.isDone, 'the habitat goes on')
  assert.equal((await fetch(`${at}/healthz`)).status, 200)
  assert.equal(sam.link.up, true, 'the broker was not touched')

  const kinds = entriesOf(join(data, 'desk', 'audit')).map(({ kind, by = '' }) => `${kind} ${by}`.trim())
  for (const one of ['genesis', 'start', 'login-refused houston', 'login houston', 'config', 'config-refused'])
    assert.ok(kinds.includes(one), `${one} in ${kinds.join(', ')}`)
  const commands = entriesOf(join(data, 'habitats', 'sam', 'audit')).slice(1)
  assert.deepEqual(
    commands.map(({ kind, id, by, role, state, reason }) => [kind, id, by ?? state, role ?? reason]),
    [
      ['command', 'heat', 'houston', 'mission-control'],
      ['result', 'heat', 'refused', 'the crew declined'],
    ],
  )
  const { status, out } = await habtwin('audit', 'verify', '--data', data)
  assert.equal(status, 0, out)
  assert.match(out, /^desk: \d+ entries, each as it was written.*\nsam: 3 entries, each as it was written/)
  assert.deepEqual(storedIn(join(data, 'habitats', 'sam')).counts, { 'air/co2': 41, 'air/temperature': 41 })
})
