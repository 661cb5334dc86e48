import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Entry } from '../journal/index.ts'
import { Lanes } from './lanes.ts'
import type { Ledger } from './ledger.ts'
import { Live } from './live.ts'
import { Refused } from './refused.ts'
import { States } from './states.ts'
import { Window } from './window.ts'

const reading = (seq: number, device = 'air'): Entry => ({ seq, topic: `device/${device}/reading`, payload: `${seq}` })

test('live readings go in order while there is room, each once', () => {
  const live = new Live()
  for (let seq = 1; seq <= 3_000; seq++) live.offer(reading(seq), 0, true)
  assert.ok(live.numbers.has(1) && live.numbers.has(3_000))
  for (let seq = 1; seq <= 3_000; seq++) assert.equal(live.next(100)?.seq, seq)
  assert.equal(live.next(100), undefined)
  assert.equal(live.numbers.count, 0)
})

test('where the link is too narrow the newest of each device goes, and the others are left to the backlog', () => {
  const live = new Live()
  for (let seq = 1; seq <= 10; seq++) live.offer(reading(seq, seq % 2 ? 'air' : 'water'), 0, true)
  assert.equal(live.next(10_000)?.seq, 9)
  assert.equal(live.next(10_000)?.seq, 10)
  assert.equal(live.next(10_000), undefined)
  assert.equal(live.skipped, 8)
})

test('after a connect the newest of each device comes first, unless the other side has it', () => {
  const live = new Live()
  live.offer(reading(1, 'air'), 0, false)
  live.offer(reading(2, 'air'), 0, false)
  live.offer(reading(3, 'water'), 0, false)
  live.begin(0, (seq) => seq !== 3)
  assert.equal(live.next(0)?.seq, 2)
  assert.equal(live.next(0), undefined)
})

test('of a topic only the latest is sent, in the order in which they changed, and all again after a connect', () => {
  const states = new States()
  states.hear('a', '1')
  states.hear('b', '1')
  states.hear('a', '2')
  assert.deepEqual(states.next(), { topic: 'a', payload: '2' })
  assert.deepEqual(states.next(), { topic: 'b', payload: '1' })
  assert.equal(states.next(), undefined)
  states.hear('a', '2')
  assert.equal(states.next(), undefined, 'nothing has changed')
  states.allAgain()
  assert.equal(states.waiting, 2)
})

test('that something is gone is remembered until the other side has heard it', () => {
  const states = new States()
  states.hear('a', '1')
  states.next()
  states.hear('a', '')
  states.allAgain()
  assert.deepEqual(states.next(), { topic: 'a', payload: '' })
  states.allAgain()
  assert.equal(states.waiting, 1, 'it may not have arrived')
  states.next()
  states.arrived('a', '')
  states.allAgain()
  assert.equal(states.waiting, 0)
})

test('what readings are of goes before them, and alerts before both', () => {
  const journal = { id: 'a'.repeat(32), read: () => [] }
  const ledger = { nextUrgent: () => undefined, nextBacklog: () => undefined, lacks: () => true, send() {} }
  const lanes = new Lanes({
    ...{ journal, name: 'earth', ledger: ledger as unknown as Ledger, live: new Live(), marks: true },
    ...{ crosses: () => true, refused: () => false, sent: { urgent: 0, live: 0, state: 0, backlog: 0 }, mono: () => 0 },
  })
  lanes.offer(reading(1), true, true)
  lanes.hear('twin/score', '{}')
  lanes.hear('device/air/info', '{}')
  lanes.hear('alert/x', '{"active":true}')
  const order = Array.from({ length: 4 }, () => lanes.next(1_000)?.topic)
  assert.deepEqual(order.slice(0, 2), ['alert/x', 'device/air/info'])
  assert.deepEqual(order.slice(2).sort(), ['device/air/reading', 'twin/score'])
})

test('a topic at which the connection ends again and again is set aside, and the rest goes on', () => {
  const refused = new Refused()
  let now = 0
  let setAside: string | undefined
  let connections = 0
  for (; setAside === undefined && connections < 20; connections++) {
    now += 1_000
    refused.begin(now)
    while (!refused.maySend(now, 0)) now += 100
    refused.sending('good', now)
    refused.taken('good', now)
    if (!refused.maySend(now, 0)) continue
    refused.sending('bad', now)
    now += 50
    setAside = refused.lost(now)
  }
  assert.equal(setAside, 'bad')
  assert.ok(connections < 8)
  assert.ok(refused.has('bad') && !refused.has('good'))
  assert.equal(refused.tick(now + 60_000), false)
  assert.equal(refused.tick(now + 700_000), true, 'rights change')
  assert.ok(!refused.has('bad'))
})

test('a link that is cut all the time has no topic set aside that was taken before', () => {
  const refused = new Refused()
  let now = 0
  refused.begin(now)
  refused.sending('a', now)
  refused.taken('a', now)
  for (let i = 0; i < 50; i++) {
    now += 100
    refused.lost(now)
    now += 100
    refused.begin(now)
    while (!refused.maySend(now, 0)) now += 100
    refused.sending('a', now)
  }
  assert.ok(!refused.has('a'))
})

test('the window grows while nothing waits on the way, and shrinks before much does', () => {
  const window = new Window()
  let now = 0
  const pass = (took: number, count: number) => {
    for (let i = 0; i < count; i++) {
      while (window.hasRoom()) window.sent(200)
      now += 1
      window.answered(200, took, now)
    }
  }
  pass(5, 10_000)
  assert.ok(window.limit > 900_000, `${window.limit}`)
  pass(400, 9_000)
  assert.ok(window.limit < 50_000, `${window.limit}`)
})

test('a link whose way has become longer is filled again: the window asks anew how quick an answer can be', () => {
  const window = new Window()
  const flying: { readonly at: number; readonly bytes: number }[] = []
  // a way of so many ms there and back, on which nothing waits
  const pass = (trip: number, from: number, to: number) => {
    for (let now = from; now < to; now += 10) {
      while (window.hasRoom()) {
        window.sent(200)
        flying.push({ at: now, bytes: 200 })
      }
      while ((flying[0]?.at ?? now) + trip <= now) {
        const one = flying.shift()
        window.answered(200, now - (one?.at ?? now), now)
      }
    }
  }
  pass(50, 0, 5_000)
  assert.ok(window.limit > 900_000, `${window.limit}`)
  pass(2_000, 5_000, 15_000)
  assert.ok(window.limit < 20_000, `${window.limit}`)
  pass(2_000, 15_000, 120_000)
  assert.ok(window.limit > 500_000, `${window.limit}`)
  assert.ok(window.roundTrip >= 2_000)
})

test('a new connection over a long way is filled within a few of its round trips', () => {
  const window = new Window()
  window.sent(200)
  window.answered(200, 1, 0)
  window.reset()
  let now = 0
  for (let round = 1; round <= 5; round++) {
    let count = 0
    while (window.hasRoom()) {
      window.sent(200)
      count++
    }
    now += 3_000
    for (let i = 0; i < count; i++) window.answered(200, 3_000, now)
  }
  assert.ok(window.limit > 400_000, `${window.limit}`)
})

test('a link that breaks again and again does not make what it takes wait', () => {
  const refused = new Refused()
  let now = 0
  for (let i = 0; i < 50; i++) {
    refused.begin(now)
    assert.ok(refused.maySend(now, 5), `${i}`)
    refused.sending('good', now)
    now += 200
    if (i === 0) refused.taken('good', now)
    refused.lost(now)
  }
})

test('answers that are late now and then, as on a machine with too much to do, do not shrink the window', () => {
  const window = new Window()
  let now = 0
  for (let i = 0; i < 20_000; i++) {
    while (window.hasRoom()) window.sent(200)
    now += 1
    // a hundred milliseconds out of three hundred all that is answered is very late
    window.answered(200, now % 300 < 100 ? 350 : 5, now)
  }
  assert.ok(window.limit > 900_000, `${window.limit}`)
})
