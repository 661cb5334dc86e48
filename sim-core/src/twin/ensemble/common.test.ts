import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Row } from '../models/piece.ts'
import { CommonFaults } from './common.ts'

const row = (id: string, ...values: number[]): Row => ({
  id,
  kind: 'bias',
  mean: 1,
  sd: 0.05,
  values: Float64Array.from(values),
})

it('what instruments are off by in common stays what it was drawn as; what they differ by is found out', () => {
  const [a, b] = [row('a', 1, 1.02, 0.98), row('b', 1.04, 0.98, 1)]
  const common = new CommonFaults()
  common.join('crew/co2/gain', a)
  common.join('crew/co2/gain', b)
  common.remember()
  // a reading is taken for: both are 5 % too high, and a is 2 % above b
  for (let m = 0; m < 3; m++) {
    a.values[m] = (a.values[m] as number) + 0.06
    b.values[m] = (b.values[m] as number) + 0.04
  }
  common.hold()
  const close = (values: Float64Array, expected: number[]) =>
    assert.deepEqual(
      [...values].map((value) => Math.round(value * 1e9) / 1e9),
      expected,
    )
  close(a.values, [1.01, 1.03, 0.99])
  close(b.values, [1.03, 0.97, 0.99])
})

it('an instrument by itself keeps what is wrong with it', () => {
  const alone = row('alone', 0.3, -0.2)
  const common = new CommonFaults()
  common.join('crew/o2/offset', alone)
  common.join('crew/o2/offset', alone)
  common.remember()
  alone.values.set([0.5, 0.1])
  common.hold()
  assert.deepEqual(
    [...alone.values].map((value) => Math.round(value * 1e9) / 1e9),
    [0.3, -0.2],
  )
})
