import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { isHabtwinError } from '@habtwin/contract'
import { TestClock } from '../clock.ts'
import { silentLog } from '../log.ts'
import { AccessControl, type AttemptLimits, addToken, addUser, changeUsers, checkPassword, disable, FIRST, firstBoot, firstLoginPath, hashPassword, newToken, nobody, readUsers, removeUser, revoke, setPassword, usersPath, verifyPassword } from './index.ts' // biome-ignore format: one line

const PASSWORD = 'the lettuce is fine'
const START = Date.UTC(2026, 10, 20)
let hash: string
let root: string
before(async () => {
  root = mkdtempSync(join(tmpdir(), 'habtwin-users-'))
  hash = await hashPassword(PASSWORD)
})
after(() => rmSync(root, { recursive: true }))

const refusal = (code: string) => (error: unknown) => isHabtwinError(error) && error.code === code

/** A house with `kai` of the crew, and a control that follows its file. */
function house(limits?: AttemptLimits) {
  const folder = mkdtempSync(join(root, 'h-'))
  const clock = new TestClock(START)
  changeUsers(folder, (users) => addUser(users, { name: 'kai', role: 'crew', password: hash }, START))
  const control = AccessControl.open({ folder, clock, log: silentLog(), ...(limits ? { limits } : {}) })
  return {
    folder,
    clock,
    control,
    /** Changes the file, and lets the control see it. */
    async change(how: Parameters<typeof changeUsers>[1]) {
      changeUsers(folder, how)
      control.look()
      await clock.advance(1_000)
    },
    who: async (name: string, secret: string, from = '10.0.0.1') => {
      const login = await control.login(name, secret, from)
      return 'principal' in login ? login.principal.role : login.refused
    },
    [Symbol.dispose]: () => control[Symbol.dispose](),
  }
}

describe('users: passwords', () => {
  it('are kept so that they cannot be read, and no two alike', async () => {
    const again = await hashPassword(PASSWORD)
    assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    assert.notEqual(again, hash)
    assert.ok(await verifyPassword(PASSWORD, hash))
    assert.equal(await verifyPassword(`${PASSWORD} `, hash), false)
  })

  it('are the same however a keyboard composes their letters', async () => {
    assert.ok(await verifyPassword('gru\u0308n und fein', await hashPassword('gr\u00fcn und fein')))
  })

  it('what argon2 itself wrote is understood', async () => {
    // a vector of the reference implementation (phc-winner-argon2, src/test.c)
    const foreign = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'
    assert.ok(await verifyPassword('password', foreign))
    assert.equal(await verifyPassword('passwort', foreign), false)
  })

  it('a hash that would stop this machine is not worked on', async () => {
    for (const cost of ['m=9999999,t=2,p=1', 'm=19456,t=999,p=1', 'm=8,t=1,p=16', 'm=19456,t=0,p=1'])
      assert.equal(await verifyPassword('x', hash.replace('m=19456,t=2,p=1', cost)), false, cost)
  })

  it('that are guessed at once are refused', () => {
    for (const bad of ['short', 'aaaaaaaaaaaaaaa', 'crewcrewcrew', 'x'.repeat(2_000)])
      assert.throws(() => checkPassword(bad, 'crew'), refusal('access/refused'), bad)
    checkPassword(PASSWORD, 'crew')
  })
})

describe('users: the file', () => {
  it('is for this user alone, holds no secret, and is closed where it was open', () => {
    const folder = mkdtempSync(join(root, 'f-'))
    const { secret, hash: kept } = newToken()
    changeUsers(folder, (users) => {
      const added = addUser(users, { name: 'kai', role: 'crew', password: hash }, 1)
      return addToken(added, { id: 't1', user: 'kai', hash: kept, label: 'grafana' }, 1)
    })
    const text = readFileSync(usersPath(folder), 'utf8')
    assert.ok(!text.includes(secret) && !text.includes(PASSWORD))
    chmodSync(usersPath(folder), 0o644)
    readUsers(folder)
    assert.equal(statSync(usersPath(folder)).mode & 0o777, 0o600)
  })

  it('that cannot be understood, or was written by a newer habtwin, is not begun with', () => {
    const folder = mkdtempSync(join(root, 'f-'))
    const faulty = { version: 1, users: { kai: { role: 'captain', created: 1 } }, tokens: {} }
    for (const text of ['{', '[]', '{"version": 99}', JSON.stringify(faulty)]) {
      writeFileSync(usersPath(folder), text)
      assert.throws(() => readUsers(folder), refusal('access/invalid'), text)
    }
  })

  it('what cannot be done is refused with the reason', () => {
    const users = addUser(nobody, { name: 'kai', role: 'crew' }, 1)
    const add = (more: object) => () => addUser(users, { name: 'x', role: 'crew', ...more }, 1)
    for (const fault of [
      add({ name: 'kai' }),
      add({ name: 'Kai' }),
      add({ name: '__proto__' }),
      add({ role: 'gateway' }),
      add({ device: 'air' }),
      () => removeUser(users, 'constructor'),
      () => setPassword(users, 'pat', hash),
      () => revoke(users, 'kai'),
      () => addToken(users, { id: 't', user: 'pat', hash: '' }, 1),
      () => addToken(users, { id: 't', user: 'kai', hash: '', expires: 1 }, 1),
    ])
      assert.throws(fault, refusal('access/refused'))
  })

  it('a device is bound to itself and to one client id', () => {
    assert.deepEqual(addUser(nobody, { name: 'node-1', role: 'device' }, 1).users['node-1'], {
      role: 'device',
      device: 'node-1',
      client: 'node-1',
      created: 1,
    })
  })
})

describe('users: the first boot', () => {
  it('makes one user, and tells its password in a file of its own', async () => {
    const folder = mkdtempSync(join(root, 'b-'))
    assert.equal(await firstBoot(folder, 1), true)
    assert.equal(statSync(firstLoginPath(folder)).mode & 0o777, 0o600)
    const [, secret = ''] = /^password\s+(\S+)$/m.exec(readFileSync(firstLoginPath(folder), 'utf8')) ?? []
    using control = AccessControl.open({ folder, clock: new TestClock(), log: silentLog() })
    const login = await control.login(FIRST, secret, '')
    assert.ok('principal' in login && login.principal.role === 'crew')
    assert.equal(await firstBoot(folder, 2), false)
  })

  it('does not happen where somebody took all users away', async () => {
    const folder = mkdtempSync(join(root, 'b-'))
    changeUsers(folder, (users) => removeUser(addUser(users, { name: 'kai', role: 'crew' }, 1), 'kai'))
    assert.equal(await firstBoot(folder, 2), false)
    assert.equal(existsSync(firstLoginPath(folder)), false)
  })
})

describe('users: coming in', () => {
  it('the right password comes in, and any other does not', async () => {
    using h = house()
    assert.equal(await h.who('kai', PASSWORD), 'crew')
    assert.equal(await h.who('kai', PASSWORD), 'crew', 'and again, without the work')
    for (const [name, secret] of [['kai', 'x'], ['kai', ''], ['pat', PASSWORD], ['__proto__', PASSWORD], ['', '']]) // biome-ignore format: a list
      assert.equal(await h.who(String(name), String(secret), `10.1.${String(name).length}.1`), 'wrong', `${name}`)
  })

  it('a token comes in with its user’s name, and by itself where no name is asked for', async () => {
    using h = house()
    const { secret, hash: kept } = newToken()
    await h.change((users) => addToken(users, { id: 't1', user: 'kai', hash: kept }, START))
    assert.equal(await h.who('kai', secret), 'crew')
    assert.equal(await h.who('pat', secret), 'wrong')
    const login = h.control.bearer(secret, '10.0.0.1')
    assert.ok('principal' in login && login.principal.name === 'kai' && login.principal.via === 'token')
    assert.deepEqual(h.control.bearer(newToken().secret, '10.0.0.1'), { refused: 'wrong', known: false })
  })

  it('whoever is taken away, disabled or given another password is out, and is told of at once', async () => {
    using h = house()
    const login = await h.control.login('kai', PASSWORD, '')
    assert.ok('principal' in login)
    const { principal } = login
    const before = readUsers(h.folder)?.users ?? nobody
    const again = await hashPassword('another one entirely')
    for (const [what, how] of Object.entries({
      removed: () => removeUser(before, 'kai'),
      disabled: () => disable(before, 'kai', true),
      changed: () => setPassword(before, 'kai', again),
    })) {
      await h.change(() => before)
      assert.ok(h.control.current(principal), what)
      let told = 0
      using _told = h.control.onChange(() => told++)
      await h.change(how)
      assert.equal(told, 1, what)
      assert.equal(h.control.current(principal), undefined, what)
      assert.equal(await h.who('kai', PASSWORD, `10.2.0.${what.length}`), 'wrong', what)
    }
  })

  it('a token whose time is over, or that is revoked, is out', async () => {
    using h = house()
    const one = newToken()
    const two = newToken()
    await h.change((users) =>
      addToken(
        addToken(users, { id: 't1', user: 'kai', hash: one.hash, expires: START + 600_000 }, START),
        { id: 't2', user: 'kai', hash: two.hash },
        START,
      ),
    )
    const [first, second] = [h.control.bearer(one.secret, ''), h.control.bearer(two.secret, '')]
    assert.ok('principal' in first && 'principal' in second)
    let told = 0
    using _told = h.control.onChange(() => told++)
    await h.clock.advance(600_000)
    assert.ok(told > 0)
    assert.equal(h.control.current(first.principal), undefined)
    assert.ok(h.control.current(second.principal))
    await h.change((users) => revoke(users, 't2').users)
    assert.equal(h.control.current(second.principal), undefined)
    assert.equal(await h.who('kai', two.secret), 'wrong')
  })

  it('a file that is spoilt while the house runs keeps nobody out who could come in before', async () => {
    using h = house()
    writeFileSync(usersPath(h.folder), '{ "version": 1, "us')
    h.control.look()
    await h.clock.advance(1_000)
    assert.equal(await h.who('kai', PASSWORD), 'crew')
    rmSync(usersPath(h.folder))
    h.control.look()
    await h.clock.advance(1_000)
    assert.equal(await h.who('kai', PASSWORD), 'wrong')
    assert.equal(h.control.size, 0)
  })

  it('whoever sits where no login is needed is not asked again', () => {
    using h = house()
    const viewer = { role: 'viewer', name: 'viewer', via: 'loopback' } as const
    assert.equal(h.control.current(viewer), viewer)
  })
})

describe('users: guessing', () => {
  const limits = { tries: 3, tries_per_address: 6, wait: 30_000, longest_wait: 120_000 }
  const wrong = async (h: ReturnType<typeof house>, times: number, from: string, name = 'kai') => {
    for (let i = 0; i < times; i++) await h.who(name, 'wrong', from)
  }

  it('has to wait after some mistakes, longer each time, and even the right password waits', async () => {
    using h = house(limits)
    await wrong(h, 3, '10.0.0.9')
    assert.equal(await h.who('kai', PASSWORD, '10.0.0.9'), 'locked')
    await h.clock.advance(30_000)
    assert.equal(await h.who('kai', 'wrong', '10.0.0.9'), 'wrong')
    await h.clock.advance(30_000)
    const login = await h.control.login('kai', PASSWORD, '10.0.0.9')
    assert.deepEqual(login, { refused: 'locked', retryAfter: 30_000, known: true })
    await h.clock.advance(30_000)
    assert.equal(await h.who('kai', PASSWORD, '10.0.0.9'), 'crew')
    assert.equal(await h.who('kai', 'wrong', '10.0.0.9'), 'wrong', 'what was right makes good what was wrong')
  })

  it('a name that does not exist is locked like one that does', async () => {
    using h = house(limits)
    await wrong(h, 3, '10.0.0.9', 'nobody')
    assert.equal(await h.who('nobody', PASSWORD, '10.0.0.8'), 'locked')
  })

  it('many names from one address lock the address', async () => {
    using h = house(limits)
    for (let i = 0; i < 6; i++) await wrong(h, 1, '10.0.0.9', `name-${i}`)
    assert.equal(await h.who('kai', PASSWORD, '10.0.0.9'), 'locked')
    assert.equal(await h.who('kai', PASSWORD, '10.0.0.1'), 'crew', 'and no other')
  })

  it('somebody who may come in does not make good by that what their address does in other names', async () => {
    using h = house(limits)
    for (let i = 0; i < 6; i++) {
      assert.equal(await h.who('kai', PASSWORD, '10.0.0.9'), 'crew')
      await wrong(h, 1, '10.0.0.9', `name-${i}`)
    }
    assert.equal(await h.who('kai', PASSWORD, '10.0.0.9'), 'locked')
  })

  it('a stranger who guesses does not lock out whoever has been here, nor a token', async () => {
    using h = house(limits)
    const { secret, hash: kept } = newToken()
    await h.change((users) => addToken(users, { id: 't1', user: 'kai', hash: kept }, START))
    assert.equal(await h.who('kai', PASSWORD, '10.0.0.1'), 'crew')
    await wrong(h, 3, '10.66.0.1')
    assert.equal(await h.who('kai', PASSWORD, '10.0.0.2'), 'locked', 'from anywhere else the name waits')
    assert.equal(await h.who('kai', PASSWORD, '10.0.0.1'), 'crew')
    assert.equal(await h.who('kai', secret, '10.66.0.1'), 'crew')
  })

  it('a house that comes back, all of it at once and by one name, is let in', async () => {
    using h = house(limits)
    const back = () => Promise.all(Array.from({ length: 200 }, () => h.who('kai', PASSWORD)))
    for (const round of ['after a restart', 'and once more'])
      assert.deepEqual(new Set(await back()), new Set(['crew']), round)
    await wrong(h, 5, '10.0.0.1', 'pat')
    assert.equal(await h.who('kai', PASSWORD, '10.0.0.1'), 'crew', 'and its address has made no mistake by it')
  })

  it('many guesses at once are counted before they are looked at, and more than can wait are turned away', async () => {
    using h = house({ ...limits, tries: 3 })
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => h.who('kai', `guess ${i}`)))
    assert.equal(answers.filter((answer) => answer === 'wrong').length, 3)
    assert.equal(answers.filter((answer) => answer === 'locked').length, 37)
    const crowd = await Promise.all(Array.from({ length: 40 }, (_, i) => h.who(`n-${i}`, 'wrong', `10.3.0.${i}`)))
    assert.ok(crowd.filter((answer) => answer === 'busy').length >= 7)
  })

  it('mistakes are forgotten after a while without one', async () => {
    using h = house(limits)
    await wrong(h, 2, '10.0.0.9')
    await h.clock.advance(120_001)
    await wrong(h, 2, '10.0.0.9')
    assert.equal(await h.who('kai', PASSWORD, '10.0.0.9'), 'crew')
  })

  it('a clock on the wall that is put back or forward changes no wait', async () => {
    using h = house(limits)
    await wrong(h, 3, '10.0.0.9')
    h.clock.step(86_400_000)
    assert.equal(await h.who('kai', PASSWORD, '10.0.0.9'), 'locked')
  })
})
