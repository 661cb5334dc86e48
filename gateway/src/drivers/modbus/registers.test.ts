import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { planBlocks, split } from './blocks.ts'
import { declare, type Register, register, widthOf } from './registers.ts'
import { decode, decodings, encode, text } from './values.ts'

const at = (address: number, more: object = {}) => register.parse({ address, ...more })
const read = (entry: Register, hex: string) => decode('x', entry, Buffer.from(hex, 'hex'))

describe('registers', () => {
  it('decode every order of the bytes of a known figure', () => {
    const orders = { ABCD: '41ac0000', CDAB: '000041ac', BADC: 'ac410000', DCBA: '0000ac41' }
    for (const [order, hex] of Object.entries(orders)) assert.equal(read(at(0, { type: 'f32', order }), hex), 21.5)
  })

  it('decode 64 bits in the four orders, and in any other that is written out', () => {
    // 0x0102030405060708, its words and bytes as meters send them
    const orders = {
      ABCD: '0102030405060708',
      CDAB: '0708050603040102',
      BADC: '0201040306050807',
      DCBA: '0807060504030201',
      EFGHABCD: '0506070801020304',
      CDABGHEF: '0304010207080506',
    }
    for (const [order, hex] of Object.entries(orders))
      assert.equal(read(at(0, { type: 'u64', order }), hex), Number(0x0102030405060708n))
  })

  it('decode three words, as energy meters count in', () => {
    assert.equal(read(at(0, { type: 'u48' }), '0001000203e8'), 0x1_0002_03e8)
    assert.equal(read(at(0, { type: 'u48', order: 'CDAB' }), '03e800020001'), 0x1_0002_03e8)
    assert.equal(read(at(0, { type: 'i48' }), 'fffffffffffe'), -2)
  })

  it('give one bit of a word', () => {
    assert.equal(read(at(0, { bit: 0 }), '0001'), 1)
    assert.equal(read(at(0, { bit: 9 }), '0200'), 1)
    assert.equal(read(at(0, { bit: 9 }), '0001'), 0)
    assert.equal(read(at(0, { type: 'u32', order: 'CDAB', bit: 16 }), '00000001'), 1)
  })

  it('give nothing where the device says that it has nothing', () => {
    assert.equal(read(at(0, { type: 'i16', none: [-32_768] }), '8000'), null)
    assert.equal(read(at(0, { type: 'f32' }), '7fc00000'), null)
  })

  it('keep the number of a state, with its words in the label, and can be set by word', () => {
    const mode = at(0, { enum: { 0: 'off', 1: 'auto' }, writable: [0, 'auto'], label: 'Mode' })
    assert.equal(declare({ mode }).mode?.label, 'Mode (0 off, 1 auto)')
    assert.equal(encode('mode', mode, 'auto').readUInt16BE(), 1)
  })

  it('are refused where they contradict themselves', () => {
    const wrong = [
      { type: 'u16', order: 'ABCDEFGH' },
      { type: 'u64', order: 'AB' },
      { order: 'ABCC' },
      { type: 'f32', bit: 3 },
      { bit: 16 },
      { bit: 1, writable: [0, 1] },
      { function: 'coil', bit: 1 },
      { function: 'input', writable: [1] },
      { writable: ['on'] },
      { scale: 0 },
    ]
    for (const entry of wrong)
      assert.equal(register.safeParse({ address: 0, ...entry }).success, false, JSON.stringify(entry))
  })

  it('give back what was put into them, in every type and order', () => {
    const type = fc.constantFrom('u16', 'i16', 'u32', 'i32', 'u48', 'i48', 'u64', 'i64', 'f64')
    const order = fc.constantFrom('ABCD', 'CDAB', 'BADC', 'DCBA')
    fc.assert(
      fc.property(type, order, fc.nat(32_767), (type, order, value) => {
        const entry = at(0, { type, order })
        assert.equal(decode('x', entry, encode('x', entry, value)), value)
      }),
    )
  })

  it('give back what was put into them in any order of eight bytes', () => {
    const order = fc
      .shuffledSubarray([...'ABCDEFGH'], { minLength: 8, maxLength: 8 })
      .map((letters) => letters.join(''))
    fc.assert(
      fc.property(order, fc.double({ noNaN: true, noDefaultInfinity: true }), (order, value) => {
        const entry = at(0, { type: 'f64', order })
        assert.equal(decode('x', entry, encode('x', entry, value)), value)
      }),
    )
  })

  it('refuse a value that does not fit', () => {
    assert.throws(() => encode('x', at(0), 70_000), RangeError)
    assert.throws(() => encode('x', at(0), Number.NaN), RangeError)
  })

  it('can be looked at in every type and order where the manual is lost', () => {
    const all = decodings(Buffer.from('7ae141f4', 'hex'))
    const of = (type: string, order: string) => all.find((one) => one.type === type && one.order === order)?.value
    assert.equal(of('f32', 'CDAB'), 30.56)
    assert.equal(of('u16', 'AB'), 0x7ae1)
    assert.equal(of('u16', 'BA'), 0xe17a)
    assert.equal(of('i32', 'ABCD'), 0x7ae141f4)
    // two registers are no 48 bits, and no text is a number
    assert.deepEqual([...new Set(all.map(({ type }) => type))], ['u16', 'i16', 'u32', 'i32', 'f32'])
  })

  it('hold text, without what fills it up', () => {
    assert.equal(text(Buffer.from('SDM120\0\0')), 'SDM120')
  })
})

describe('blocks', () => {
  const entries = fc.dictionary(
    fc.stringMatching(/^[a-z]{1,4}$/),
    fc.record({
      address: fc.nat(300),
      type: fc.constantFrom('u16', 'f32', 'u48', 'u64'),
      function: fc.constantFrom('holding', 'input', 'coil'),
    }),
  )

  it('hold every register once and never more than allowed', () => {
    fc.assert(
      fc.property(entries, fc.nat(10), fc.integer({ min: 1, max: 125 }), (raw, gap, most) => {
        const registers: Record<string, Register> = {}
        for (const [point, entry] of Object.entries(raw)) registers[point] = register.parse(entry)
        const blocks = planBlocks(registers, { gap, block: most })
        assert.deepEqual(blocks.flatMap(({ points }) => points).sort(), Object.keys(registers).sort())
        for (const block of blocks) {
          // one that is wider than allowed is asked for all the same: there is no other way to have it
          const widest = Math.max(...block.points.map((point) => widthOf(registers[point] as Register)))
          const room = block.function === 'coil' && most > 1 ? most * 16 : most
          assert.ok(block.count <= Math.max(room, widest))
          for (const point of block.points) {
            const entry = registers[point] as Register
            assert.equal(entry.function, block.function)
            assert.ok(entry.address >= block.address && entry.address + widthOf(entry) <= block.address + block.count)
          }
        }
      }),
    )
  })

  it('come apart until each value stands alone, and lose none', () => {
    fc.assert(
      fc.property(entries, fc.nat(10), (raw, gap) => {
        const registers: Record<string, Register> = {}
        for (const [point, entry] of Object.entries(raw)) registers[point] = register.parse(entry)
        let blocks = planBlocks(registers, { gap, block: 125 })
        for (let i = 0; i < 3; i++) blocks = blocks.flatMap((block) => split(block, registers) ?? [block])
        assert.deepEqual(blocks.flatMap(({ points }) => points).sort(), Object.keys(registers).sort())
        for (const block of blocks) assert.equal(split(block, registers), undefined)
      }),
    )
  })

  it('leave no gap to a device that refuses one, and join across it where it is allowed', () => {
    const registers = { a: at(0), b: at(1), c: at(4) }
    const spans = (gap: number, block: number) =>
      planBlocks(registers, { gap, block }).map(({ address, count }) => [address, count])
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

  it('ask once for a register of which several bits are wanted', () => {
    const registers = { a: at(7, { bit: 0 }), b: at(7, { bit: 3 }), c: at(8) }
    assert.deepEqual(
      planBlocks(registers, { gap: 0, block: 1 }).map(({ address, count, points }) => [address, count, points]),
      [
        [7, 1, ['a', 'b']],
        [8, 1, ['c']],
      ],
    )
  })
})
