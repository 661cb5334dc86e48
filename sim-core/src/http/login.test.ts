import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { readAnnouncement } from '@habtwin/runtime/announcement'
import { TestClock } from '@habtwin/runtime/clock'
import { silentLog } from '@habtwin/runtime/log'
import { AccessControl, addToken, addUser, changeUsers, hashPassword, newToken, removeUser } from '@habtwin/runtime/users/index' // biome-ignore format: one line
import { WebSocket } from 'ws'
import { Door, type DoorOptions } from './door.ts'
import { HttpServer } from './server.ts'
import { LoginSessions } from './sessions.ts'
import { habitat } from './support.ts'

const PASSWORD = 'the lettuce is fine'
const HOUR = 3_600_000
let hash: string
let root: string
before(async () => {
  root = mkdtempSync(join(tmpdir(), 'habtwin-login-'))
  hash = await hashPassword(PASSWORD)
})
after(() => rmSync(root, { recursive: true }))

/** A panel with a crew member, mission control and a visitor. What is asked comes from elsewhere, but where it says so. */
async function panel(options: Partial<DoorOptions> = {}) {
  await using stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(root, 'p-'))
  const clock = new TestClock(Date.UTC(2026, 10, 20))
  const { secret, hash: kept } = newToken()
  changeUsers(folder, (users) => {
    let all = addUser(users, { name: 'kai', role: 'crew', password: hash }, 1)
    all = addUser(all, { name: 'houston', role: 'mission-control', password: hash }, 1)
    all = addUser(all, { name: 'guest', role: 'public', password: hash }, 1)
    all = addUser(all, { name: 'martian', role: 'crew', habitat: 'mars-1', password: hash }, 1)
    return addToken(all, { id: 't1', user: 'kai', hash: kept }, 1)
  })
  const access = stack.use(AccessControl.open({ folder, clock, log: silentLog() }))
  const told: string[] = []
  const doors = () =>
    new Door(
      { habitat: 'demo', open: false, publicly: false, ...options },
      {
        access,
        sessions: new LoginSessions({ folder, clock, log: silentLog(), idle: 12 * HOUR }),
        told: (kind, what, by) => told.push(`${kind} ${by} ${what}`),
      },
    )
  const made = stack.use(habitat({ door: doors(), published: () => [{ zone: 'crew', point: 'co2', t: 1, value: 800, unit: '[ppm]' }] })) // biome-ignore format: one thought
  const server = stack.use(await HttpServer.start(made.options))
  const held = stack.move()
  const elsewhere = { 'x-forwarded-for': '192.0.2.7' }
  async function ask(method: string, path: string, body?: object, headers: Record<string, string> = elsewhere) {
    const init = body === undefined ? {} : { body: JSON.stringify(body) }
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
    const answer = await fetch(`http://${server.address}${path}`, { method, ...init, headers: { ...type, ...headers } })
    const text = await answer.text()
    const cookie = answer.headers.get('set-cookie') ?? ''
    return { status: answer.status, body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : {}, cookie }
  }
  return {
    ...{ server, clock, folder, told, access, token: secret, ask, asked: made.asked, options: made.options, doors },
    elsewhere,
    /** Logs in; gives the headers of whoever is logged in then. */
    async login(user: string, password = PASSWORD) {
      const { status, cookie, body } = await ask('POST', '/api/login', { user, password })
      assert.equal(status, 200, JSON.stringify(body))
      return { ...elsewhere, cookie: cookie.split(';')[0] ?? '' }
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

const command = { device: 'virtual', point: 'door', value: 1, by: 'the commander' }

describe('whoever has not logged in', () => {
  it('from another machine is given the panel’s files and how to log in, and nothing that is measured', async () => {
    await using p = await panel()
    for (const path of [
      '/api/devices',
      '/api/about',
      '/api/history?device=air&point=co2',
      '/metrics',
      '/api/public',
      '/api/openapi.json',
    ]) {
      // biome-ignore format: a list
      const { status, body } = await p.ask('GET', path)
      assert.deepEqual([status, body.code], [401, 'request/login'], path)
    }
    for (const path of ['/healthz', '/readyz', '/api/me']) assert.equal((await p.ask('GET', path)).status, 200, path)
    const { body } = await p.ask('GET', '/api/me')
    assert.deepEqual(body, { role: null, name: null, may: [], users: true })
    assert.notEqual((await p.ask('GET', '/index.html')).status, 401)
    assert.equal((await p.ask('POST', '/api/commands', command)).status, 401)
  })

  it('on this machine looks, and commands only what is virtual', async () => {
    await using p = await panel()
    assert.equal((await p.ask('GET', '/api/devices', undefined, {})).status, 200)
    assert.equal((await p.ask('POST', '/api/commands', command, {})).status, 200)
    assert.equal(p.asked.commands[0]?.command.by, 'the commander')
    const real = await p.ask('POST', '/api/commands', { ...command, device: 'relay' }, {})
    assert.deepEqual([real.status, real.body.code], [401, 'request/login'])
    const nobody = await p.ask('POST', '/api/commands', { ...command, by: undefined }, {})
    assert.equal(nobody.status, 400)
  })

  it('sees what is public, where it is configured so', async () => {
    await using p = await panel({ publicly: true })
    assert.deepEqual((await p.ask('GET', '/api/public')).body, [{ zone: 'crew', point: 'co2', t: 1, value: 800, unit: '[ppm]' }]) // biome-ignore format: one thought
    assert.deepEqual((await p.ask('GET', '/api/devices')).body.code, 'request/forbidden')
    assert.deepEqual((await p.ask('GET', '/api/me')).body.role, 'public')
  })

  it('at a listener that is meant to be open looks, and does nothing', async () => {
    await using p = await panel({ open: true })
    assert.equal((await p.ask('GET', '/api/devices')).status, 200)
    for (const [
      path,
      body,
    ] of [['/api/commands', command], ['/api/events', { kind: 'note', by: 'x', text: 'x' }]] as const) // biome-ignore format: one thought
      assert.equal((await p.ask('POST', path, body)).status, 401, path)
  })
})

describe('logging in', () => {
  it('gives a cookie that no script can read and no other page can send', async () => {
    await using p = await panel()
    const { cookie, body } = await p.ask('POST', '/api/login', { user: 'kai', password: PASSWORD })
    assert.match(cookie, /^habtwin-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
    assert.deepEqual(body, { role: 'crew', name: 'kai', may: ['read', 'log', 'run', 'command', 'public'], users: true })
    const secure = await p.ask('POST', '/api/login', { username: 'kai', password: PASSWORD }, { ...p.elsewhere, 'x-forwarded-proto': 'https' }) // biome-ignore format: one thought
    assert.match(secure.cookie, /; Secure$/)
    assert.deepEqual(p.told, ['login kai from by proxy 127.0.0.1', 'login kai from by proxy 127.0.0.1'])
  })

  it('what is done then goes by the name that is logged in, whatever the request says', async () => {
    await using p = await panel()
    const kai = await p.login('kai')
    assert.equal((await p.ask('GET', '/api/devices', undefined, kai)).status, 200)
    assert.equal((await p.ask('POST', '/api/commands', { ...command, device: 'relay' }, kai)).status, 200)
    const { by, role } = p.asked.commands[0]?.command ?? {}
    assert.deepEqual([by, role], ['kai', 'crew'])
    await p.ask('POST', '/api/events', { kind: 'note', by: 'the commander', text: 'hello' }, kai)
    assert.equal(p.asked.events[0]?.by, 'kai')
    const houston = await p.login('houston')
    assert.equal((await p.ask('POST', '/api/commands', { ...command, device: 'relay' }, houston)).status, 200)
    assert.equal(p.asked.commands[1]?.command.role, 'mission-control')
    const own = await p.ask('POST', '/api/commands', { ...command, device: 'command', point: 'confirm' }, houston)
    assert.deepEqual([own.status, own.body.code], [403, 'request/forbidden'])
  })

  it('the public sees what is public, and is told that the rest is not for it', async () => {
    await using p = await panel()
    const guest = await p.login('guest')
    assert.equal((await p.ask('GET', '/api/public', undefined, guest)).status, 200)
    for (const path of ['/api/devices', '/api/alerts', '/api/docs', '/metrics'])
      assert.equal((await p.ask('GET', path, undefined, guest)).status, 403, path)
    assert.equal((await p.ask('POST', '/api/commands', command, guest)).status, 403)
    assert.equal(p.told.at(-1), 'refused guest POST /api/commands from by proxy 127.0.0.1', 'it is written down')
    const metrics = await fetch(`http://${p.server.address}/metrics`).then((answer) => answer.text())
    assert.match(metrics, /habtwin_panel_refused_total 5/)
  })

  it('a wrong password, an unknown name and another habitat’s user are refused, and too many have to wait', async () => {
    await using p = await panel()
    const wrong = async (user: string, password = 'wrong') => {
      const { status, body, cookie } = await p.ask('POST', '/api/login', { user, password })
      assert.equal(cookie, '')
      return [status, body.code]
    }
    assert.deepEqual(await wrong('pat'), [401, 'login/refused'])
    assert.deepEqual(await wrong('martian', PASSWORD), [403, 'request/forbidden'])
    for (let i = 0; i < 5; i++) assert.deepEqual(await wrong('kai'), [401, 'login/refused'])
    assert.deepEqual(await wrong('kai', PASSWORD), [429, 'login/wait'])
    assert.ok(p.told.includes('login-refused kai from by proxy 127.0.0.1'))
    assert.ok(!p.told.some((line) => line.includes('pat')), 'it may be a password in the wrong field')
    const { status } = await p.ask('GET', '/api/devices', undefined, {})
    assert.equal(status, 200, 'everybody else goes on')
    p.clock.skip(30_000)
    await p.login('kai')
    const metrics = await fetch(`http://${p.server.address}/metrics`).then((answer) => answer.text())
    assert.match(metrics, /habtwin_panel_logins_total\{result="wrong"\} 6/)
    assert.match(metrics, /habtwin_panel_logins_total\{result="locked"\} 1/)
  })

  it('another page cannot use the cookie: it is turned away by its Origin', async () => {
    await using p = await panel()
    const kai = await p.login('kai')
    for (const origin of ['https://elsewhere.example', 'http://127.0.0.1:1', 'null']) {
      const { status, body } = await p.ask('POST', '/api/commands', command, { ...kai, origin })
      assert.deepEqual([status, body.code], [403, 'request/origin'], origin)
    }
    assert.equal((await p.ask('POST', '/api/commands', command, { ...kai, origin: `http://${p.server.address}` })).status, 200) // biome-ignore format: one thought
  })

  it('a token is sent with each request; one that is none is refused, and does not fall back to who sits here', async () => {
    await using p = await panel()
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
    assert.equal((await p.ask('GET', '/api/devices', undefined, { ...p.elsewhere, ...bearer(p.token) })).status, 200)
    const { body } = await p.ask('GET', '/api/me', undefined, bearer(p.token))
    assert.deepEqual([body.role, body.name], ['crew', 'kai'])
    const { status, body: said } = await p.ask('GET', '/api/devices', undefined, bearer(newToken().secret))
    assert.deepEqual([status, said.code], [401, 'login/refused'])
  })
})

describe('another password', () => {
  const FRESH = 'tomatoes grow on Mars'
  const change = (old: string, password: string) => ['POST', '/api/password', { old, password }] as const

  it('takes the old one, ends every other login, and is told; here one stays logged in', async () => {
    await using p = await panel()
    const who = async (headers: Record<string, string>) => (await p.ask('GET', '/api/me', undefined, headers)).body.name
    const [here, tablet, houston] = [await p.login('kai'), await p.login('kai'), await p.login('houston')]
    const { status, cookie, body } = await p.ask(...change(PASSWORD, FRESH), here)
    assert.deepEqual([status, body.name, body.role], [200, 'kai', 'crew'])
    const fresh = { ...p.elsewhere, cookie: cookie.split(';')[0] ?? '' }
    assert.deepEqual(await Promise.all([fresh, here, tablet, houston].map(who)), ['kai', null, null, 'houston'])
    assert.equal((await p.ask('POST', '/api/login', { user: 'kai', password: PASSWORD })).status, 401)
    await p.login('kai', FRESH)
    assert.ok(p.told.includes('password kai from by proxy 127.0.0.1'))
    assert.ok(!readFileSync(join(p.folder, 'users.json'), 'utf8').includes(FRESH))
    const token = { authorization: `Bearer ${p.token}` }
    assert.equal((await p.ask('GET', '/api/me', undefined, token)).body.name, 'kai', 'a token is another matter')
  })

  it('is changed by nobody who does not know the old one, and guessing has to wait as at a login', async () => {
    await using p = await panel()
    const kai = await p.login('kai')
    const tried = async (old: string, headers = kai) => {
      const { status, body } = await p.ask(...change(old, FRESH), headers)
      return [status, body.code]
    }
    assert.deepEqual(await tried(PASSWORD, p.elsewhere as typeof kai), [401, 'request/login'])
    assert.deepEqual(await tried(p.token), [401, 'login/refused'], 'a token is no password')
    for (let i = 0; i < 5; i++) assert.deepEqual(await tried('wrong'), [401, 'login/refused'])
    assert.deepEqual(await tried(PASSWORD), [429, 'login/wait'])
    assert.ok(p.told.includes('password-refused kai from by proxy 127.0.0.1'))
    p.clock.skip(30_000)
    assert.deepEqual(await tried(PASSWORD), [200, undefined])
  })

  it('obeys the rules of `habtwin user`', async () => {
    await using p = await panel()
    const guest = await p.login('guest')
    for (const bad of ['short', 'aaaaaaaaaaaa', PASSWORD]) {
      const { status, body } = await p.ask(...change(PASSWORD, bad), guest)
      assert.deepEqual([status, body.code], [409, 'access/refused'], bad)
    }
    assert.equal((await p.ask(...change(PASSWORD, FRESH), guest)).status, 200, 'the public may as well')
  })
})

describe('a login', () => {
  it('ends by logging out, without use, and with its user; a restart does not end it', async () => {
    await using p = await panel()
    const who = async (headers: Record<string, string>) => (await p.ask('GET', '/api/me', undefined, headers)).body.name
    const [one, two, three] = [await p.login('kai'), await p.login('kai'), await p.login('houston')]
    const { status, cookie } = await p.ask('POST', '/api/logout', {}, one)
    assert.equal(status, 204)
    assert.match(cookie, /^habtwin-\d+=; .*Max-Age=0/)
    assert.deepEqual([await who(one), await who(two), await who(three)], [null, 'kai', 'houston'])

    const kept = join(p.folder, 'sessions.json')
    assert.equal(statSync(kept).mode & 0o777, 0o600)
    assert.ok(!readFileSync(kept, 'utf8').includes(two.cookie.split('=')[1] ?? 'x'))
    const { port } = p.server
    const again = { headers: two, socket: { localPort: port, remoteAddress: '192.0.2.7' } }
    assert.equal(p.doors().who(again as never)?.name, 'kai', 'a process that begins anew knows it')

    changeUsers(p.folder, (users) => removeUser(users, 'houston'))
    p.access.look()
    await p.clock.advance(1_000)
    assert.equal(await who(three), null)
    await p.clock.advance(11 * HOUR)
    assert.equal(await who(two), 'kai')
    await p.clock.advance(12 * HOUR)
    assert.equal(await who(two), 'kai', 'it was used meanwhile')
    await p.clock.advance(12 * HOUR + 1)
    assert.equal(await who(two), null)
  })
})

describe('the panel’s way to the broker', () => {
  it('says who it is, and ends with the login', async () => {
    await using p = await panel()
    const lines: string[] = []
    await using _broker = await listening(p.options.panelSocket, (line) => lines.push(line))
    const open = (headers: Record<string, string>) =>
      new WebSocket(`ws://${p.server.address}/mqtt`, ['mqtt'], { headers })
    const refused = async (headers: Record<string, string>) => {
      const ws = open(headers)
      ws.on('error', () => undefined)
      const [, answer] = await once(ws, 'unexpected-response')
      ws.terminate()
      return answer.statusCode
    }
    assert.equal(await refused(p.elsewhere), 401)
    assert.equal(await refused({ authorization: 'Bearer hab_no' }), 401)
    const kai = await p.login('kai')
    assert.equal(await refused({ ...kai, origin: 'https://elsewhere.example' }), 403)
    const local = open({})
    await once(local, 'open')
    const guest = open(await p.login('guest'))
    await once(guest, 'open')
    const crew = open(kai)
    await once(crew, 'open')
    // the last line may be on its way
    crew.send('x')
    while (lines.length < 3) await new Promise((resolve) => setImmediate(resolve))
    const roles = lines.map((line) => readAnnouncement(line)?.who).map((who) => [who?.role, who?.name])
    assert.deepEqual(roles.sort(), [['crew', 'kai'], ['public', 'guest'], ['viewer', 'viewer']]) // biome-ignore format: a list
    const closed = once(crew, 'close')
    await p.ask('POST', '/api/logout', {}, kai)
    const [code] = await closed
    assert.equal(code, 1008)
    assert.equal(guest.readyState, WebSocket.OPEN)
    assert.equal(local.readyState, WebSocket.OPEN)
  })
})

/** A socket where the broker would listen, which reads the first line of each connection. */
async function listening(path: string, told: (line: string) => void): Promise<AsyncDisposable> {
  const server = createServer((socket) => {
    let text = ''
    socket.on('error', () => undefined)
    socket.on('data', (data: Buffer) => {
      const had = text.includes('\n')
      text += data
      if (!had && text.includes('\n')) told(text.slice(0, text.indexOf('\n')))
    })
  })
  server.listen(path)
  await once(server, 'listening')
  return {
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}
