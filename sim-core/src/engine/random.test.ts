import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../../test/support/runs.ts'
import { Random } from './random.ts'

const seeds = fc.integer({ min: 0, max: 0xffff_ffff })

const permuted = (random: Random, length: number) => {
  const list = Int32Array.from({ length }, (_, i) => i)
  random.shuffle(list)
  return [...list]
}

describe('random figures', () => {
  it('are those of mt19937 as ISO C++ has it: the 10,000th after seed 5489 is 4123659995 ([rand.predef])', () => {
    const random = new Random(5489)
    for (let i = 1; i < 10_000; i++) random.next()
    assert.equal(random.next() >>> 0, 4_123_659_995)
  })

  it('permute as numpy.random.RandomState(seed).permutation does (NumPy 2.4.6)', () => {
    const known = {
      0: [[2, 8, 4, 9, 1, 6, 7, 3, 0, 5], [2, 1, 0], [0], [6, 1, 5, 3, 4, 2, 0]],
      7: [[8, 5, 0, 2, 1, 9, 7, 3, 6, 4], [1, 0, 2], [0], [3, 1, 2, 0, 6, 4, 5]],
      1000: [[2, 6, 5, 1, 4, 9, 0, 8, 7, 3], [0, 2, 1], [0], [4, 6, 2, 0, 5, 3, 1]],
      4294967295: [[6, 9, 5, 1, 8, 0, 7, 4, 2, 3], [0, 1, 2], [0], [3, 6, 4, 0, 1, 2, 5]],
    }
    for (const [seed, [ten, three, one, seven]] of Object.entries(known)) {
      const random = new Random(Number(seed))
      assert.deepEqual(permuted(random, 10), ten)
      assert.deepEqual(permuted(random, 3), three)
      assert.deepEqual(permuted(random, 1), one)
      permuted(random, 33)
      assert.deepEqual(permuted(random, 7), seven)
    }
  })

  it('go on as in NumPy over many refills, and for long lists', () => {
    const random = new Random(1000)
    let last: number[] = []
    for (let i = 0; i < 1000; i++) last = permuted(random, 17)
    assert.deepEqual(last, [16, 4, 3, 14, 6, 9, 15, 1, 11, 7, 8, 10, 0, 13, 5, 2, 12])
    assert.deepEqual(permuted(new Random(42), 300).slice(0, 8), [203, 266, 152, 9, 233, 226, 196, 109])
  })

  it('draw nothing for a list of one or none', () => {
    const [drawn, fresh] = [new Random(3), new Random(3)]
    permuted(drawn, 0)
    permuted(drawn, 1)
    assert.equal(drawn.next(), fresh.next())
  })

  it('go on from a saved state as if nothing had been, wherever it was saved', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 1300 }), fc.integer({ min: 2, max: 40 }), (seed, before, length) => {
        const [one, other] = [new Random(seed), new Random(seed + 1)]
        for (let i = 0; i < before; i++) one.next()
        other.state = structuredClone(one.state)
        for (let i = 0; i < 60; i++) assert.deepEqual(permuted(other, length), permuted(one, length))
      }),
      { numRuns: runs(30) },
    )
  })

  it('begin anew when they are seeded again', () => {
    const random = new Random(1)
    permuted(random, 100)
    random.seed(1000)
    assert.deepEqual(permuted(random, 10), [2, 6, 5, 1, 4, 9, 0, 8, 7, 3])
  })
})
