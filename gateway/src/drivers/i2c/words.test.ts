import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { crc8, frame, withCrc, wordsOf } from './words.ts'

describe('words of Sensirion', () => {
  it('have the CRC of the datasheets: 0xBEEF gives 0x92', () => {
    assert.equal(crc8(Uint8Array.of(0xbe, 0xef)), 0x92)
    // the examples of the SCD30 Interface Description 1.0, 1.4.1 and 1.4.5
    assert.equal(Buffer.from(frame(0x0010, [0x0000])).toString('hex'), '0010000081')
    assert.equal(Buffer.from(frame(0x4600, [2])).toString('hex'), '46000002e3')
    // 98 700 Pa of the SCD4x datasheet 1.3, 3.6.5
    assert.equal(Buffer.from(frame(0xe000, [987])).toString('hex'), 'e00003db42')
  })

  it('come back as they went', () => {
    const words = fc.array(fc.nat(0xffff), { maxLength: 9 })
    fc.assert(
      fc.property(words, (words) => assert.deepEqual(wordsOf(Uint8Array.from(words.flatMap(withCrc)), 'x'), words)),
    )
  })

  it('that lost a single bit are always found out', () => {
    fc.assert(
      fc.property(fc.nat(0xffff), fc.nat(23), (word, bit) => {
        const bytes = Uint8Array.from(withCrc(word))
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7))
        assert.throws(() => wordsOf(bytes, 'x'), { code: 'device/garbled' })
      }),
    )
  })

  it('that end in the middle are garbled', () => {
    for (const length of [1, 2, 4, 5]) {
      assert.throws(() => wordsOf(Uint8Array.from([...withCrc(1), ...withCrc(2)]).subarray(0, length), 'x'), {
        code: 'device/garbled',
      })
    }
  })

  it('that are all the same, as from a line that is held, are garbled', () => {
    assert.throws(() => wordsOf(new Uint8Array(3), 'x'), { code: 'device/garbled' })
    assert.throws(() => wordsOf(new Uint8Array(3).fill(0xff), 'x'), { code: 'device/garbled' })
  })
})
