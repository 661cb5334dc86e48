import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHabtwinError, type Reading } from '@habtwin/contract'
import type { TwinOutput } from '../index.ts'
import { diurnal, MINUTE, START } from '../testing.ts'
import { Gatherer } from './gather.ts'
import { TwinThread } from './thread.ts'

function reading(minute: number, values: Record<string, number | null>, quality?: Reading['quality']): Reading {
  const t = START + minute * MINUTE
  return { journal: '0'.repeat(32), seq: 1, n: 1, t, values, ...(quality ? { quality } : {}) }
}

/** A thread, and who waits for something that it says. */
function started() {
  const waiting = new Set<(output: TwinOutput) => void>()
  const failed: unknown[] = []
  const thread = new TwinThread({
    config: {
      habitat: { id: 'room', timezone: 'UTC', pressure: 1013 } as never,
      zones: { room: { label: 'Room', limits: {} } },
      plan: { wake: 7, sleep: 23, switches: [] },
      devices: {},
    },
    version: '1',
    said: (output) => {
      for (const told of waiting) told(output)
    },
    failed: (error) => failed.push(error),
  })
  const heard = (wanted: (output: TwinOutput) => boolean) =>
    new Promise<TwinOutput>((resolve) => {
      const told = (output: TwinOutput) => {
        if (!wanted(output)) return
        waiting.delete(told)
        resolve(output)
      }
      waiting.add(told)
    })
  return { thread, heard, failed }
}

const kept = ({ estimates }: TwinOutput) => estimates.some(({ provisional }) => !provisional)

test('readings of before its start are not lost; it says what is so, and goes on from its snapshot', async () => {
  const first = started()
  await using thread = first.thread
  for (let minute = 0; minute < 20; minute++) thread.reading('air', 'room', reading(minute, { co2: diurnal(minute) }))
  const said = first.heard(kept)
  thread.start()
  for (let i = 0; i < 8; i++) thread.tick(START + 20 * MINUTE, [])
  const { estimates, scores } = await said
  assert.equal(estimates.filter(({ provisional }) => !provisional).length, 20)
  assert.ok(scores?.scores.some(({ lead }) => lead === 5))
  const snapshot = (await thread.snapshot()) ?? assert.fail()

  const second = started()
  await using again = second.thread
  again.start()
  assert.deepEqual(await again.restore(snapshot), { minute: START / MINUTE + 20 })
  assert.ok('why' in (await again.restore(new Uint8Array(10))))
  assert.deepEqual([...first.failed, ...second.failed], [])
})

test('a reading is heard of before the next tick', async () => {
  const { thread, heard } = started()
  await using _ = thread
  thread.start()
  const begun = heard(kept)
  for (let minute = 0; minute < 20; minute++) thread.reading('air', 'room', reading(minute, { co2: 700 }))
  for (let i = 0; i < 8; i++) thread.tick(START + 20 * MINUTE, [])
  await begun
  const seen = heard(({ estimates }) => estimates.some(({ t }) => t === START + 20 * MINUTE))
  thread.reading('air', 'room', reading(20, { co2: 705 }))
  const { estimates } = await seen
  assert.ok((estimates[0]?.mean as number) > 700)
})

test('of a room of which nothing is told no what-if is answered, and no more than a few wait', async () => {
  const { thread } = started()
  await using _ = thread
  await assert.rejects(thread.whatif({ changes: [], hours: 1 }), (error) => isHabtwinError(error, 'link/unavailable'))
  thread.start()
  const asked = await Promise.allSettled(Array.from({ length: 6 }, () => thread.whatif({ changes: [], hours: 1 })))
  const codes = asked.map((one) => one.status === 'rejected' && isHabtwinError(one.reason) && one.reason.code)
  assert.deepEqual(codes.sort(), ['twin/busy', 'twin/busy', ...Array(4).fill('twin/no-model')])
})

test('readings of a minute are handed over as one sum; what is not believed stays apart', () => {
  const gatherer = new Gatherer()
  for (const value of [800, 810, 820]) gatherer.add('air', 'room', reading(1, { co2: value, smoke: null }))
  gatherer.add('air', 'room', reading(2, { co2: 900 }))
  gatherer.add('air', 'room', reading(2, { co2: 950 }, { co2: 'uncertain:warmup' }))
  gatherer.add('air', 'room', reading(2, { co2: null }, { co2: 'bad:range' }))
  gatherer.refuse('air', 'room', reading(9_000, { co2: 1 }), 'future')
  assert.deepEqual(
    gatherer.take().map(({ point, sum, n, trust }) => [point, sum, n, trust]),
    [
      ['co2', 2430, 3, 'good'],
      ['co2', 900, 1, 'good'],
      ['co2', 950, 1, 'uncertain'],
      ['co2', null, 1, 'bad:range'],
      ['co2', 1, 1, 'future'],
    ],
  )
  assert.ok(gatherer.empty)
})
