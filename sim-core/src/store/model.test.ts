import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../../test/support/runs.ts'
import { readAll } from './export.ts'
import { Store } from './store.ts'
import { all, co2, folder, JOURNAL, one } from './support.ts'

/** What is done to a store, one after the other. */
type Step =
  | { do: 'commit'; rows: { device: string; t: number; value: number | null }[] }
  | { do: 'pack' }
  | { do: 'pack behind' }
  | { do: 'close' }
  | { do: 'crash' }

const rows = fc.array(
  fc.record({
    device: fc.constantFrom('air', 'meter', 'scale'),
    t: fc.integer({ min: 0, max: 1000 }),
    value: fc.option(fc.oneof(fc.integer(), fc.double({ noNaN: true }))),
  }),
  { maxLength: 20 },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('commit' as const), rows }) },
  { weight: 2, arbitrary: fc.constantFrom<Step>({ do: 'pack' }, { do: 'pack behind' }) },
  { weight: 2, arbitrary: fc.constantFrom<Step>({ do: 'close' }, { do: 'crash' }) },
)

test('whatever is committed, packed, closed and crashed in whatever order, every row is there once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.integer({ min: 1, max: 40 }), async (steps, packValues) => {
      using dir = folder()
      const model: { device: string; t: number; value: number | null; seq: number }[] = []
      let generation = 0
      const open = () => Store.open({ folder: join(dir.path, String(generation)), packValues })
      let store = open()
      for (const one_ of steps) {
        if (one_.do === 'commit') {
          const added = one_.rows.map((row, i) => ({ ...row, seq: model.length + i + 1 }))
          model.push(...added)
          const marks = [{ journal: JOURNAL, seq: model.length, have: [] }]
          store.commit({ readings: added.map((row) => one(row.seq, row.t, row.value, row.device)), marks })
        } else if (one_.do === 'pack') await store.pack()
        else if (one_.do === 'pack behind') void store.pack()
        else {
          // a crash leaves what was on the disk at that moment
          const crashed = generation
          if (one_.do === 'crash') {
            generation++
            cpSync(join(dir.path, String(crashed)), join(dir.path, String(generation)), { recursive: true })
          }
          await store[Symbol.asyncDispose]()
          store = open()
        }
      }
      await using last = store
      if (model.length > 0) assert.equal(last.marks()[0]?.seq, model.length)
      for (const device of ['air', 'meter', 'scale']) {
        const expected = model.filter((row) => row.device === device).sort((a, b) => a.t - b.t || a.seq - b.seq)
        const found = await all(last, co2(device))
        assert.deepEqual(
          found.t,
          expected.map((row) => row.t),
        )
        assert.deepEqual(
          found.value,
          expected.map((row) => row.value),
        )
        const exported = [...readAll(join(dir.path, String(generation)), { devices: [device] })]
        assert.deepEqual(
          exported.flatMap((chunk) => chunk.rows.map((row) => row.value)),
          found.value,
        )
        const n = model.findLast((row) => row.device === device)?.seq ?? 0
        const complete = last.completeness().find((one_) => one_.device === device)
        assert.equal(complete?.stored ?? 0, expected.length)
        assert.equal(complete?.taken ?? 0, n)
      }
    }),
    { numRuns: runs(25) },
  )
})
