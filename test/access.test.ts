/** Users through the whole line, as real processes: the first boot, the command line, MQTT and the panel of one house. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { type EventEmitter, once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import mqtt, { type MqttClient } from 'mqtt'
import { Line, launcher, steadyPorts, temporaryFolder } from './support/line.ts'
import { slow } from './support/servers.ts'
import { until } from './support/until.ts'

/** A habitat that is not simulated, though nobody answers at its one instrument. */
const real = `
habitat: { id: sam }
zones: { crew: { volume: 272 m3 } }
buses: { plant: { driver: modbus-tcp, host: 127.0.0.1, port: 9 } }
devices: { relay: { zone: crew, driver: relay-module, bus: plant } }
`

/** Runs `habtwin user …` on the data of a line. */
async function user(data: string, args: readonly string[], input = '') {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HABTWIN_')))
  const child = spawn(process.execPath, [launcher, 'user', ...args, '--data', data], { env })
  child.stdin.end(input)
  const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { status: status as number, out, err }
}

async function ask(at: string, method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const answer = await fetch(`http://${at}${path}`, {
    method,
    headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const said = await answer.text()
  return {
    status: answer.status,
    body: said.startsWith('{') ? (JSON.parse(said) as Record<string, unknown>) : {},
    cookie: (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '',
  }
}

/** Every entry of the audit log. */
function audited(data: string): Record<string, unknown>[] {
  const folder = join(data, 'gateway', 'audit')
  const files = readdirSync(folder).sort()
  const lines = files.flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
}

test('the first boot of a real habitat makes one user, who comes in everywhere and is out when the password changes', async () => {
  using folder = temporaryFolder()
  await using line = new Line(folder.path, (await steadyPorts()) + real)
  const { panel, mqtt: broker, gateway } = await line.ready
  const { data } = line
  const first = join(data, 'access', 'first-login.txt')
  await until(() => existsSync(first))
  assert.equal(statSync(first).mode & 0o777, 0o600)
  const [, password = ''] = /^password\s+(\S+)$/m.exec(readFileSync(first, 'utf8')) ?? []
  assert.ok(password.length > 12)
  const set = { device: 'relay', point: 'state', value: 1, by: 'the commander' }

  // who has not logged in looks, and commands nothing
  await until(async () => (await ask(panel, 'GET', '/api/me')).body.users === true)
  assert.equal((await ask(panel, 'GET', '/api/about')).status, 200)
  assert.equal((await ask(panel, 'POST', '/api/commands', set)).status, 401)
  const proxied = await ask(panel, 'GET', '/api/about', undefined, { 'x-forwarded-for': '192.0.2.1' })
  assert.equal(proxied.status, 401)

  // who has, does so under that name
  const { cookie } = await ask(panel, 'POST', '/api/login', { user: 'crew', password })
  const done = await ask(panel, 'POST', '/api/commands', set, { cookie })
  assert.deepEqual([done.status, done.body.state], [200, 'failed'], 'nobody is there who could switch')
  const command = audited(data).find(({ kind, device }) => kind === 'command' && device === 'relay')
  assert.deepEqual([command?.by, command?.via], ['crew', 'crew'])

  // by MQTT as well, and a restart of sim logs nobody out
  const client: MqttClient = mqtt.connect(`mqtt://${broker}`, { username: 'crew', password, reconnectPeriod: 0 })
  const events = client as unknown as EventEmitter
  await once(events, 'connect')
  const stranger = mqtt.connect(`mqtt://${broker}`, { username: 'crew', password: 'wrong', reconnectPeriod: 0 })
  const [refused] = await once(stranger as unknown as EventEmitter, 'error')
  assert.equal(refused.code, 5)
  line.kill('sim')
  const me = async () => (await ask(panel, 'GET', '/api/me', undefined, { cookie }).catch(() => undefined))?.body.role
  await until(async () => (await me()) === 'crew', 'the login after a restart')

  const closed = once(events, 'close')
  const changed = await user(data, ['passwd', 'crew', '--json'], 'another fine password\n')
  assert.deepEqual([changed.status, JSON.parse(changed.out)], [0, { user: 'crew' }])
  await closed
  assert.equal(existsSync(first), false)
  await until(async () => (await me()) === 'viewer', 'the end of the login')

  const kinds = audited(data).map(({ kind, reason, what }) => String(reason ?? what ?? kind))
  for (const one of ['login', 'revoked', 'changed: crew (crew)']) assert.ok(kinds.includes(one), one)
  const metrics = await fetch(`http://${gateway}/metrics`).then((answer) => answer.text())
  assert.match(metrics, /habtwin_broker_refused_total\{reason="login"\} 1/)
  for (const secret of [password, 'another fine password', cookie.split('=')[1] ?? 'x'])
    assert.ok(!line.log.includes(secret) && !JSON.stringify(audited(data)).includes(secret), 'no secret in any log')
})

test('users are made, listed and taken away on the command line; a password is never an argument', {
  skip: slow,
}, async () => {
  using folder = temporaryFolder()
  const run = (...args: string[]) => user(folder.path, args, 'the lettuce is fine\n')
  const good = async (...args: string[]) => {
    const { status, out, err } = await run(...args)
    assert.equal(status, 0, err)
    return out
  }
  assert.match(await good('list'), /no users yet/)
  assert.match(await good('add', 'kai', '--role', 'crew'), /kai \(crew\)/)
  const { token } = JSON.parse(await good('add', 'node-1', '--role', 'device', '--client', 'ESP_1', '--json'))
  assert.match(token, /^hab_/)
  await good('add', 'mars-1', '--role', 'gateway', '--habitat', 'mars-1')
  const { id } = JSON.parse(await good('token', 'kai', '--label', 'grafana', '--expires', '90d', '--json'))
  await good('disable', 'mars-1')
  const rows = (await good('list', '--json'))
    .trim()
    .split('\n')
    .map((row) => JSON.parse(row))
  assert.deepEqual(
    rows.map(({ name, role, password, disabled, tokens }) => [name, role, password, disabled, tokens.length]),
    [['kai', 'crew', true, false, 1], ['node-1', 'device', false, false, 1], ['mars-1', 'gateway', false, true, 1]],
  ) // biome-ignore format: a table
  assert.equal(rows[1].client, 'ESP_1')
  const text = await good('list')
  assert.ok(!text.includes(token) && text.includes('(grafana)'))
  await good('revoke', id)
  await good('enable', 'mars-1')
  await good('remove', 'node-1')
  assert.deepEqual((await good('list', '--json')).trim().split('\n').map((row) => JSON.parse(row).name), ['kai', 'mars-1']) // biome-ignore format: one thought

  for (const [args, status, said] of [
    [['add', 'kai', '--role', 'crew'], 1, /already/],
    [['add', 'pat', '--role', 'captain'], 2, /one of crew/],
    [['passwd', 'pat'], 1, /no user pat/],
  ] as const) {
    const { status: got, err } = await run(...args)
    assert.equal(got, status, args.join(' '))
    assert.match(err, said)
  }
  const { status, err } = await user(folder.path, ['add', 'pat', '--role', 'crew'], 'short\n')
  assert.equal(status, 1)
  assert.match(err, /10 letters/)
})
