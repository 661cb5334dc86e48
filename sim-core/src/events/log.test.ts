import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Event, HabtwinError, isHabtwinError, type LoggedEvent } from '@habtwin/contract'
import type { StoredRecord } from '../store/types.ts'
import { EventLog } from './log.ts'

/** A line without sockets: what is sent is heard, what is heard is pending, what is flushed is stored. */
function line({ stored = [] as StoredRecord[], away = false, full = false } = {}) {
  const pending: StoredRecord[] = []
  const heard = { events: new Set<(id: string, event: Event) => void>() }
  const is = { away, full, sent: 0 }
  const hear = (id: string, event: Event) => {
    pending.push({ topic: `event/${id}`, body: { journal: 'j', seq: 1, ...event }, t: event.t })
    for (const told of heard.events) told(id, event)
  }
  const log = new EventLog({
    store: {
      records: (_kind, { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = {}) =>
        stored.filter(({ t }) => t >= from && t <= to).sort((a, b) => b.t - a.t),
    },
    heard,
    send: async ({ id, ...event }) => {
      if (is.away) throw new HabtwinError('link/unavailable', 'away')
      is.sent++
      hear(id, event)
    },
    flush: () => {
      if (is.full) return false
      stored.push(...pending.splice(0))
      return true
    },
  })
  log.start()
  return { log, is, stored, hear }
}

const open: LoggedEvent = { id: 'a', kind: 'hatch', t: 100, by: 'Ada', zone: 'crew', value: 1 }

test('an event is durable when it is answered, and told once to whoever listens', async () => {
  const { log, hear } = line()
  const told: LoggedEvent[] = []
  log.told.add((event) => told.push(event))
  assert.deepEqual(await log.log(open), { event: open, stored: true })
  hear('a', { ...open })
  assert.deepEqual(told, [open])
  assert.deepEqual(log.list({}), [open])
})

test('the same entry sent again is answered and not logged again, also after a restart', async () => {
  const first = line()
  await first.log.log(open)
  assert.equal((await first.log.log({ ...open, by: 'Bob' })).event.by, 'Ada')
  assert.equal(first.is.sent, 1)
  const second = line({ stored: first.stored })
  assert.equal((await second.log.log(open)).stored, true)
  assert.equal(second.is.sent, 0)
})

test('an entry that the gateway journalled twice is listed once', async () => {
  const { log, hear } = line()
  hear('a', open)
  hear('a', open)
  await log.log({ ...open, id: 'b' })
  assert.deepEqual(
    log.list({}).map(({ id }) => id),
    ['a', 'b'],
  )
})

test('without a gateway nothing is kept, and the same id may be sent again', async () => {
  const { log, is } = line({ away: true })
  await assert.rejects(log.log(open), (error) => isHabtwinError(error, 'link/unavailable'))
  assert.deepEqual(log.list({}), [])
  is.away = false
  assert.equal((await log.log(open)).stored, true)
})

test('what the disk does not take is told as not stored', async () => {
  const { log } = line({ full: true })
  assert.equal((await log.log(open)).stored, false)
})

test('a wrong entry is withdrawn by another, once, and stays in the log', async () => {
  const { log, stored } = line()
  await log.log(open)
  const back: LoggedEvent = { id: 'b', kind: 'note', t: 200, by: 'Bob', withdraws: 'a' }
  await log.log(back)
  const withdrawn = { by: 'Bob', t: 200, id: 'b' }
  assert.deepEqual(log.list({}), [back, { ...open, withdrawn }])
  await assert.rejects(log.log({ ...back, id: 'c' }), (error) => isHabtwinError(error, 'request/invalid'))
  await assert.rejects(log.log({ ...back, id: 'c', withdraws: 'b' }), (error) =>
    isHabtwinError(error, 'request/invalid'),
  )
  await assert.rejects(log.log({ ...back, id: 'c', withdraws: 'z' }), (error) =>
    isHabtwinError(error, 'request/not-found'),
  )
  // also after a restart, and where the withdrawal lies outside of what is asked for
  assert.deepEqual(line({ stored }).log.list({ to: 150 }), [{ ...open, withdrawn }])
})

test('a correction stands in the place of what it withdraws', async () => {
  const { log } = line()
  await log.log(open)
  await log.log({ ...open, id: 'b', t: 90, withdraws: 'a' })
  const standing = log.list({}).filter((event) => event.withdrawn === undefined)
  assert.deepEqual(
    standing.map(({ id, t }) => [id, t]),
    [['b', 90]],
  )
})

test('the log is asked by kind and by zone, a hatch by either side', async () => {
  const { log } = line()
  await log.log({ ...open, to: 'greenhouse' })
  await log.log({ id: 'n', kind: 'note', t: 300, by: 'Ada', text: 'x' })
  const ids = (query: Parameters<EventLog['list']>[0]) => log.list(query).map(({ id }) => id)
  assert.deepEqual(ids({ kind: 'note' }), ['n'])
  assert.deepEqual(ids({ zone: 'greenhouse' }), ['a'])
  assert.deepEqual(ids({ zone: 'attic' }), [])
  assert.deepEqual(ids({ from: 150 }), ['n'])
})
