import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../../../test/support/runs.ts'
import { AnswerSearch, answerLength, crc16, intact, sealed } from './frames.ts'

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
/** The example of SenseAir's TDE2067: IR4 of any S8, and its answer of 904 ppm. */
const question = bytes('FE 04 00 03 00 01 D5 C5')
const answer = sealed(bytes('FE 04 02 03 88'))

const requests = fc
  .record({
    unit: fc.integer({ min: 1, max: 255 }),
    code: fc.constantFrom(1, 2, 3, 4),
    address: fc.nat(65_535),
    count: fc.integer({ min: 1, max: 125 }),
  })
  .map(({ unit, code, address, count }) =>
    sealed(Buffer.of(unit, code, address >> 8, address & 0xff, count >> 8, count & 0xff)),
  )

/** The right answer to a request, with this data. */
function answerTo(request: Buffer, data: Uint8Array): Buffer {
  const size = (answerLength(request) as number) - 5
  const filled = Buffer.alloc(size)
  filled.set(data.subarray(0, size))
  return sealed(Buffer.concat([request.subarray(0, 2), Buffer.of(size), filled]))
}

describe('frames of Modbus RTU', () => {
  it('have the check that the makers of instruments print', () => {
    assert.equal(sealed(question.subarray(0, 6)).toString('hex'), question.toString('hex'))
    assert.ok(intact(question))
    // "123456789", as every table of CRCs has it for CRC-16/MODBUS
    assert.equal(crc16(Buffer.from('123456789')), 0x4b37)
  })

  it('are found in whatever pieces they come, behind noise', () => {
    fc.assert(
      fc.property(
        requests,
        fc.uint8Array({ maxLength: 250 }),
        fc.uint8Array({ maxLength: 6 }),
        fc.nat(20),
        (request, data, noise, piece) => {
          const search = new AnswerSearch(request)
          const frame = answerTo(request, data)
          if (noise.includes(request[0] as number)) return // a beginning of its own
          const stream = Buffer.concat([noise, frame])
          let found: Buffer | undefined
          for (let i = 0; i < stream.length; i += piece + 1) found ??= search.push(stream.subarray(i, i + piece + 1))
          assert.equal(found?.toString('hex'), frame.toString('hex'))
        },
      ),
    )
  })

  it('are the exception of the unit that was asked, where it refuses', () => {
    assert.ok(new AnswerSearch(question).push(sealed(bytes('FE 84 02'))))
    assert.equal(new AnswerSearch(question).push(sealed(bytes('FD 84 02'))), undefined)
    assert.equal(new AnswerSearch(question).push(sealed(bytes('FE 83 02'))), undefined)
  })

  it('of a write repeat what was written, or are none', () => {
    const write = sealed(bytes('01 06 00 10 00 07'))
    assert.ok(new AnswerSearch(write).push(write))
    assert.equal(new AnswerSearch(write).push(sealed(bytes('01 06 00 10 00 08'))), undefined)
    assert.equal(new AnswerSearch(write).push(sealed(bytes('01 06 00 11 00 07'))), undefined)
  })

  it('say what came in their place', () => {
    const said = (hex: string) => {
      const search = new AnswerSearch(question)
      assert.equal(search.push(bytes(hex)), undefined)
      return search.instead
    }
    assert.equal(said(''), undefined)
    assert.match(String(said(sealed(bytes('07 04 02 03 88')).toString('hex'))), /unit 7 answered where unit 254/)
    assert.match(String(said(sealed(bytes('FE 03 02 03 88')).toString('hex'))), /to function 3 where 4/)
    assert.match(String(said(sealed(bytes('FE 04 04 03 88 00 00')).toString('hex'))), /9 bytes where 7/)
    assert.match(String(said(Buffer.from(answer.with(4, 0x89)).toString('hex'))), /wrong check/)
    assert.match(String(said('FE 04')), /2 bytes came/)
  })

  it('of another unit are passed over while the right one is waited for', () => {
    const search = new AnswerSearch(question)
    assert.equal(search.push(sealed(bytes('07 04 02 03 88'))), undefined)
    assert.ok(search.passOver())
    assert.match(String(search.instead), /unit 7/)
    assert.equal(search.push(answer)?.toString('hex'), answer.toString('hex'))
  })

  it('are never made up from random bytes', () => {
    let fed = 0
    fc.assert(
      fc.property(requests, fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 }), (request, pieces) => {
        const search = new AnswerSearch(request)
        for (const piece of pieces) {
          fed += piece.length
          const found = search.push(piece)
          if (found !== undefined) assert.equal(found[1], (request[1] as number) | 0x80) // an exception has no value
          search.passOver()
        }
      }),
      { numRuns: runs(300) },
    )
    assert.ok(fed > 0)
  })

  it('with any bit turned over are none', () => {
    fc.assert(
      fc.property(requests, fc.uint8Array({ maxLength: 20 }), fc.nat(), (request, data, at) => {
        const frame = answerTo(request, data)
        const bit = at % (frame.length * 8)
        const bent = frame.with(bit >> 3, (frame[bit >> 3] as number) ^ (1 << (bit & 7)))
        assert.equal(new AnswerSearch(request).push(bent), undefined)
      }),
    )
  })
})
