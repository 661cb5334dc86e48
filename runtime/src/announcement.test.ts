import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { announce, readAnnouncement } from './announcement.ts'

describe('whoever speaks for somebody', () => {
  it('says for whom, in one line', () => {
    const said = { who: { role: 'crew', name: 'kai', credential: 'abc', via: 'session' }, from: '192.0.2.7' } as const
    const line = announce(said)
    assert.equal(line.indexOf('\n'), line.length - 1)
    assert.deepEqual(readAnnouncement(line), said)
  })

  it('does not speak for the house itself, and nonsense is nobody', () => {
    const as = (role: string) => JSON.stringify({ who: { role, name: 'x', via: 'session' }, from: '' })
    assert.ok(readAnnouncement(as('viewer')))
    for (const line of ['', '{', '[]', 'null', as('service'), as('captain'), '{"who":{}}'])
      assert.equal(readAnnouncement(line), undefined, line)
  })
})
