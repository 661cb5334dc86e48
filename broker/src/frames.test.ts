import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { FrameGate } from './frames.ts'

/** A frame of this type with a body of so many bytes. */
function frame(type: number, length: number): number[] {
  const header = [type]
  let rest = length
  do {
    header.push((rest & 127) | (rest > 127 ? 128 : 0))
    rest >>= 7
  } while (rest > 0)
  return [...header, ...new Array<number>(length).fill(0xff)]
}

describe('the gate before the parser', () => {
  it('lets frames within the limits pass, however they are cut', () => {
    const lengths = fc.array(fc.nat(400), { maxLength: 20 })
    fc.assert(
      fc.property(lengths, fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1 }), (bodies, cuts) => {
        const bytes = Uint8Array.from([frame(0x10, 20), ...bodies.map((body) => frame(0x30, body))].flat())
        const gate = new FrameGate(20, 400)
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = cuts[i % cuts.length] as number
          assert.equal(gate.pass(bytes.subarray(at, at + size)), undefined)
          at += size
        }
      }),
    )
  })

  it('stops at the header of the first frame that is too large, whatever follows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 401, max: 100_000 }), fc.nat(5), (length, before) => {
        const gate = new FrameGate(20, 400)
        const good = Array.from({ length: before }, () => frame(0x30, 400)).flat()
        assert.equal(gate.pass(Uint8Array.from([...frame(0x10, 20), ...good])), undefined)
        assert.equal(gate.pass(Uint8Array.from(frame(0x30, length).slice(0, 4))), 'packet-too-large')
      }),
    )
  })

  it('asks for a CONNECT first, and one that is no novel', () => {
    assert.equal(new FrameGate(20, 400).pass(Uint8Array.of(0x30)), 'not-mqtt')
    assert.equal(new FrameGate(20, 400).pass(Uint8Array.of(0x10, 21)), 'packet-too-large')
    assert.equal(new FrameGate(20, 400).pass(Uint8Array.of(0x10, 128, 128, 128, 128)), 'malformed-length')
  })
})
