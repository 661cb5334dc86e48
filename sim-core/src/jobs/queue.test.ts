import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FairQueue } from './queue.ts'

function all(queue: FairQueue): string[] {
  const order: string[] = []
  for (let id = queue.next(); id !== undefined; id = queue.next()) order.push(id)
  return order
}

test('somebody with one job does not wait for the many jobs of somebody else', () => {
  const queue = new FairQueue()
  for (let i = 0; i < 100; i++) queue.add({ id: `many-${i}`, by: 'a', project: undefined })
  queue.add({ id: 'one', by: 'b', project: undefined })
  assert.deepEqual(all(queue).slice(0, 3), ['many-0', 'one', 'many-1'])
})

test('the projects of one owner take turns, but no more turns than other owners', () => {
  const queue = new FairQueue()
  for (const id of ['x1', 'x2']) queue.add({ id, by: 'a', project: 'x' })
  queue.add({ id: 'y1', by: 'a', project: 'y' })
  for (const id of ['b1', 'b2', 'b3']) queue.add({ id, by: 'b', project: undefined })
  assert.deepEqual(all(queue), ['x1', 'b1', 'y1', 'b2', 'x2', 'b3'])
})

test('what is added comes out once, in the order of its project, unless it was removed', () => {
  const jobs = fc.array(
    fc.record({
      by: fc.constantFrom('a', 'b', 'c'),
      project: fc.constantFrom(undefined, 'p', 'q'),
      gone: fc.boolean(),
    }),
  )
  fc.assert(
    fc.property(jobs, (made) => {
      const queue = new FairQueue()
      const named = made.map((one, i) => ({ ...one, id: String(i) }))
      for (const one of named) queue.add(one)
      for (const { id, gone } of named) if (gone) assert.ok(queue.remove(id) && !queue.remove(id))
      const left = named.filter(({ gone }) => !gone)
      assert.equal(queue.size, left.length)
      const order = all(queue)
      assert.deepEqual([...order].sort(), left.map(({ id }) => id).sort())
      for (const a of left) {
        for (const b of left) {
          if (a.by !== b.by || a.project !== b.project || Number(a.id) >= Number(b.id)) continue
          assert.ok(order.indexOf(a.id) < order.indexOf(b.id))
        }
      }
      assert.equal(queue.size, 0)
    }),
  )
})
