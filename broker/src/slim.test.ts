/** What many connections have taken is given back once they have come or gone, and nothing is done for a few. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { TestClock } from '@habtwin/runtime/clock'
import { Slim } from './slim.ts'

function slim() {
  const clock = new TestClock()
  const seen = { collected: 0 }
  return { clock, seen, slim: new Slim(clock, () => seen.collected++) }
}

it('memory is given back 5 s after many have come or gone, whoever comes and goes meanwhile', async () => {
  const { clock, seen, slim: one } = slim()
  for (let n = 1; n <= 2_000; n++) one.note(n)
  await clock.advance(4_999)
  assert.equal(seen.collected, 0)
  await clock.advance(1)
  assert.equal(seen.collected, 1)
  for (let n = 1_999; n >= 0; n--) one.note(n)
  await clock.advance(2_000)
  for (const n of [1, 2, 1]) one.note(n)
  await clock.advance(3_000)
  assert.equal(seen.collected, 2)
  one.note(3)
  await clock.advance(60_000)
  assert.equal(seen.collected, 2)
})

it('for a few nothing is done, and nothing after its end', async () => {
  const { clock, seen, slim: one } = slim()
  for (let n = 400; n >= 0; n--) one.note(n)
  await clock.advance(60_000)
  one.note(1_000)
  one.note(0)
  one.end()
  await clock.advance(60_000)
  assert.equal(seen.collected, 0)
})

it('collecting gives back what the heap has taken', async () => {
  const clock = new TestClock()
  const one = new Slim(clock)
  const full = takeMuch()
  one.note(1_000)
  one.note(0)
  await clock.advance(5_000)
  assert.ok(process.memoryUsage().heapTotal < full - 5_000_000)
})

/** Takes some 30 MB, which nobody holds on to. @returns bytes of the whole heap then */
function takeMuch(): number {
  const taken = Array.from({ length: 200_000 }, (_, i) => ({ text: `number ${i}`, list: [i] }))
  assert.equal(taken.length, 200_000)
  return process.memoryUsage().heapTotal
}
