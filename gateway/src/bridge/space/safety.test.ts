import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestClock } from '@habtwin/runtime/clock'
import { SafetyChannel } from './safety.ts'

function rig() {
  const clock = new TestClock()
  const journalled: { topic: string; body: Record<string, unknown>; live: boolean }[] = []
  const sent: string[] = []
  const refused: string[] = []
  const channel = new SafetyChannel({
    clock,
    journal: {
      append(topic, body, live = true) {
        journalled.push({ topic, body: body as Record<string, unknown>, live })
        return { topic, payload: JSON.stringify({ journal: 'j', seq: journalled.length, ...body }) }
      },
    },
    send: (_topic, payload) => sent.push(JSON.parse(payload).text),
    refused: (why) => refused.push(why),
  })
  const said = (id: string, more: object = {}) => ({ id, t: clock.now(), by: 'Cap', side: 'mission-control', text: 'Stop the test', ...more }) // biome-ignore format: one line
  return { clock, channel, journalled, sent, refused, said }
}

test('what mission control says is journalled and told here, once', () => {
  const { channel, journalled, sent, said } = rig()
  const payload = JSON.stringify(said('a'))
  channel.received('safety/a', payload)
  channel.received('safety/a', payload)
  assert.deepEqual([journalled.length, sent], [1, ['Stop the test']])
  assert.equal(journalled[0]?.topic, 'safety/a')
})

test('what comes back from where it went does not come in again', () => {
  const { channel, journalled, refused, said } = rig()
  channel.received('safety/a', JSON.stringify(said('a', { journal: 'f'.repeat(32), seq: 7 })))
  channel.received('safety/b', JSON.stringify(said('b', { side: 'crew' })))
  assert.deepEqual([journalled, refused], [[], []])
})

test('what the panel says is told and answered with its id', () => {
  const { channel, sent, said } = rig()
  const value = JSON.stringify(said('a', { side: 'crew', by: 'Ada' }))
  assert.equal(channel.obeys('say', { id: 'c', value, by: 'Ada', expires: 0 }), 'a')
  assert.deepEqual(sent, ['Stop the test'])
  assert.throws(() => channel.obeys('say', { id: 'c', value: '{', by: 'Ada', expires: 0 }), /no JSON/)
  assert.throws(() => channel.obeys('shout', { id: 'c', value, by: 'Ada', expires: 0 }), /only `say`/)
})

test('what a client said is journalled, not said twice, and its side is that of its role', () => {
  const { channel, journalled, sent, said } = rig()
  channel.heard('safety/a', Buffer.from(JSON.stringify(said('a'))), 'crew')
  channel.heard('safety/b', Buffer.from(JSON.stringify(said('b'))), 'mission-control')
  assert.deepEqual(
    journalled.map(({ body, live }) => [body.side, live]),
    [
      ['crew', false],
      ['mission-control', false],
    ],
  )
  assert.deepEqual(sent, [])
})

test('what is no message, is on another topic, or is one of too many is refused with a reason', async () => {
  const { channel, refused, journalled, clock, said } = rig()
  channel.received('safety/a', '{')
  channel.received('safety/a', JSON.stringify(said('a', { text: ' ' })))
  channel.received('safety/a', JSON.stringify(said('b')))
  assert.deepEqual(
    refused.map((why) => /no JSON|text|came on safety\/a/.exec(why)?.[0]),
    ['no JSON', 'text', 'came on safety/a'],
  )
  for (let i = 0; i < 100; i++) channel.received(`safety/m-${i}`, JSON.stringify(said(`m-${i}`)))
  assert.equal(journalled.length, 60)
  await clock.advance(60_001)
  channel.received('safety/late', JSON.stringify(said('late')))
  assert.equal(journalled.length, 61)
})
