import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Command, isHabtwinError } from '@habtwin/contract'
import { eventsInto } from './events.ts'

function made() {
  const out: { what: 'journalled' | 'sent'; topic: string; payload: string }[] = []
  const note = (what: 'journalled' | 'sent', topic: string, payload: string) => out.push({ what, topic, payload })
  const obey = eventsInto({
    journal: {
      append(topic, body) {
        const entry = { topic, payload: JSON.stringify({ journal: 'j', seq: 7, ...body }) }
        note('journalled', entry.topic, entry.payload)
        return entry
      },
    },
    send: (topic, payload) => note('sent', topic, payload),
  })
  const command = (value: Command['value']): Command => ({ id: 'c', value, by: 'Ada', expires: 1 })
  return { out, say: (value: Command['value'], point = 'event') => obey(point, command(value)) }
}

const open = { id: 'e-1', kind: 'hatch', t: 5, by: 'Ada', zone: 'crew', value: 1 }

test('an event has its number before anybody hears of it', () => {
  const { out, say } = made()
  assert.equal(say(JSON.stringify(open)), 'e-1')
  assert.deepEqual(
    out.map(({ what, topic }) => [what, topic]),
    [
      ['journalled', 'event/e-1'],
      ['sent', 'event/e-1'],
    ],
  )
  const { id: _id, ...body } = open
  assert.deepEqual(JSON.parse(out[1]?.payload ?? ''), { journal: 'j', seq: 7, ...body })
})

test('what is no event is refused with the reason, and nothing is journalled', () => {
  const { out, say } = made()
  const refused = (words: RegExp) => (error: unknown) =>
    isHabtwinError(error, 'command/refused') && words.test((error as Error).message)
  assert.throws(() => say('{'), refused(/no JSON/))
  assert.throws(() => say(JSON.stringify({ ...open, kind: 'party' })), refused(/kind/))
  assert.throws(() => say(JSON.stringify({ ...open, id: 'a/b' })), refused(/id/))
  assert.throws(() => say(JSON.stringify(open), 'adopt'), refused(/events only/))
  assert.deepEqual(out, [])
})
