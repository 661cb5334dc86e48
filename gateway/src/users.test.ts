import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { silentLog } from '@habtwin/runtime'
import type { AuditNote } from '@habtwin/runtime/audit/log'
import { TestClock } from '@habtwin/runtime/clock'
import { addToken, addUser, attemptLimits, changeUsers, disable, firstLoginPath, newToken, removeUser, usersPath } from '@habtwin/runtime/users/index' // biome-ignore format: one line
import { openUsers } from './users.ts'

let root: string
before(() => {
  root = mkdtempSync(join(tmpdir(), 'habtwin-gateway-users-'))
})
after(() => rmSync(root, { recursive: true }))

async function house(simulated: boolean) {
  const folder = mkdtempSync(join(root, 'h-'))
  const clock = new TestClock()
  const notes: AuditNote[] = []
  const users = await openUsers({
    ...{ folder, clock, log: silentLog(), limits: attemptLimits, simulated },
    audit: (note) => notes.push(note) > 0,
  })
  return { folder, clock, notes, users, [Symbol.dispose]: () => users[Symbol.dispose]() }
}

describe('the users of a gateway', () => {
  it('begin with one where somebody could come to harm, and with none in the demo', async () => {
    using real = await house(false)
    assert.equal(real.users.access.size, 1)
    assert.ok(existsSync(firstLoginPath(real.folder)))
    using demo = await house(true)
    assert.equal(demo.users.access.size, 0)
    assert.equal(existsSync(usersPath(demo.folder)), false)
  })

  it('each change of them is written down, without a secret', async () => {
    using h = await house(true)
    const change = async (how: Parameters<typeof changeUsers>[1]) => {
      changeUsers(h.folder, how)
      h.users.access.look()
      await h.clock.advance(1_000)
    }
    await change((users) => addUser(users, { name: 'kai', role: 'crew' }, 1))
    await change((users) => disable(users, 'kai', true))
    await change((users) => removeUser(users, 'kai'))
    assert.deepEqual(h.notes.map(({ kind, what }) => `${kind} ${what}`), ['users new: kai (crew)', 'users changed: kai (crew)', 'users gone: kai']) // biome-ignore format: a list
  })

  it('the figures of the gateway are for this machine, and for whoever has a token that may read', async () => {
    using h = await house(true)
    const [crew, device] = [newToken(), newToken()]
    changeUsers(h.folder, (users) => {
      const all = addUser(addUser(users, { name: 'kai', role: 'crew' }, 1), { name: 'node-1', role: 'device' }, 1)
      return addToken(addToken(all, { id: 'a', user: 'kai', hash: crew.hash }, 1), { id: 'b', user: 'node-1', hash: device.hash }, 1) // biome-ignore format: one thought
    })
    h.users.access.look()
    await h.clock.advance(1_000)
    const reads = (from: string, headers: Record<string, string> = {}, open = false) =>
      h.users.mayRead({ headers, socket: { remoteAddress: from } as Socket }, open)
    assert.ok(reads('127.0.0.1'))
    assert.equal(reads('127.0.0.1', { 'x-forwarded-for': '192.0.2.7' }), false)
    assert.equal(reads('192.0.2.7'), false)
    assert.ok(reads('192.0.2.7', {}, true))
    assert.ok(reads('192.0.2.7', { authorization: `Bearer ${crew.secret}` }))
    assert.equal(reads('192.0.2.7', { authorization: `Bearer ${device.secret}` }), false)
    assert.equal(reads('127.0.0.1', { authorization: 'Bearer hab_no' }), false)
  })

  it('what strangers try is written down thirty times a minute, then summed up; a full house is not', async () => {
    using h = await house(true)
    for (let i = 0; i < 100; i++) h.users.refused('login', { user: 'kai' })
    for (let i = 0; i < 100; i++) h.users.refused('connections', {})
    assert.equal(h.notes.length, 30)
    assert.deepEqual(h.notes[0], { kind: 'refused-client', reason: 'login', user: 'kai' })
    h.clock.skip(60_000)
    h.users.refused('login', { user: 'kai' })
    assert.deepEqual(h.notes[30], { kind: 'refused-also', count: 70 })
  })
})
