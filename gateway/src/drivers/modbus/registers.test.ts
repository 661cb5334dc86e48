import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decode, encode, planBlocks, type Register, register, widthOf } from './registers.ts'

const at = (address: number, more: object = {}) => register.parse({ address, ...more })

describe('registers', () => {
  it('decode every order of the bytes of a known figure', () => {
    const orders = { ABCD: '41ac0000', CDAB: '000041ac', BADC: 'ac410000', DCBA: '0000ac41' }
    for (const [order, hex] of Object.entries(orders)) {
      assert.equal(decode('x', at(0, { type: 'f32', order }), Buffer.from(hex, 'hex')), 21.5)
    }
  })

  it('give back what was put into them, in every type and order', () => {
    const type = fc.constantFrom('u16', 'i16', 'u32', 'i32', 'u64', 'i64', 'f64')
    const order = fc.constantFrom('ABCD', 'CDAB', 'BADC', 'DCBA')
    fc.assert(
      fc.property(type, order, fc.nat(32_767), (type, order, value) => {
        const entry = at(0, { type, order })
        assert.equal(decode('x', entry, encode('x', entry, value)), value)
      }),
    )
  })

  it('refuse a value that does not fit', () => {
    assert.throws(() => encode('x', at(0), 70_000), RangeError)
  })

  it('are read in blocks that hold every one of them once and never more than allowed', () => {
    const entries = fc.dictionary(
      fc.stringMatching(/^[a-z]{1,4}$/),
      fc.record({
        address: fc.nat(300),
        type: fc.constantFrom('u16', 'f32', 'u64'),
        function: fc.constantFrom('holding', 'input', 'coil'),
      }),
    )
    fc.assert(
      fc.property(entries, fc.nat(10), fc.integer({ min: 1, max: 125 }), (raw, gap, most) => {
        const registers: Record<string, Register> = {}
        for (const [point, entry] of Object.entries(raw)) registers[point] = register.parse(entry)
        const blocks = planBlocks(registers, gap, most)
        assert.deepEqual(blocks.flatMap(({ points }) => points).sort(), Object.keys(registers).sort())
        for (const block of blocks) {
          // one that is wider than allowed is asked for all the same: there is no other way to have it
          const widest = Math.max(...block.points.map((point) => widthOf(registers[point] as Register)))
          assert.ok(block.count <= Math.max(most, widest))
          for (const point of block.points) {
            const entry = registers[point] as Register
            assert.equal(entry.function, block.function)
            assert.ok(entry.address >= block.address && entry.address + widthOf(entry) <= block.address + block.count)
          }
        }
      }),
    )
  })

  it('leave no gap to a device that refuses one, and join across it where it is allowed', () => {
    const registers = { a: at(0), b: at(1), c: at(4) }
    const spans = (gap: number, most: number) =>
      planBlocks(registers, gap, most).map(({ address, count }) => [address, count])
    assert.deepEqual(spans(0, 125), [
      [0, 2],
      [4, 1],
    ])
    assert.deepEqual(spans(2, 125), [[0, 5]])
    assert.deepEqual(spans(2, 1), [
      [0, 1],
      [1, 1],
      [4, 1],
    ])
  })
})
