import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Deframer } from './frames.ts'
import { novaFrame } from './nova.ts'
import { plantowerFrame } from './plantower.ts'
import { winsen, winsenFrame } from './winsen.ts'

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

/** Frames as the makers' papers and users' logs have them. */
const real = {
  winsen: [winsenFrame, hex('FF 86 02 60 47 00 00 00 D1')],
  plantower: [
    plantowerFrame,
    hex('42 4D 00 1C 00 05 00 08 00 0B 00 05 00 08 00 0B 03 84 01 04 00 28 00 04 00 01 00 00 97 00 02 2B'),
  ],
  nova: [novaFrame, hex('AA C0 D4 04 3A 0A A1 60 1D AB')],
} as const

describe('frames', () => {
  it('are requested as the papers of the makers have it', () => {
    assert.deepEqual(winsen(0xff, 1, 0x86), hex('FF 01 86 00 00 00 00 00 79'))
    assert.deepEqual(winsen(0xff, 1, 0x79, 0xa0), hex('FF 01 79 A0 00 00 00 00 E6'))
    assert.deepEqual(winsen(0xff, 1, 0x79, 0), hex('FF 01 79 00 00 00 00 00 86'))
    assert.deepEqual(winsen(0xff, 1, 0x87), hex('FF 01 87 00 00 00 00 00 78'))
  })

  for (const [name, [shape, frame]] of Object.entries(real)) {
    it(`of ${name} are found however they are cut, between noise, and one after the other`, () => {
      for (let cut = 1; cut < frame.length; cut++) {
        const deframer = new Deframer(shape)
        const noisy = Uint8Array.from([0, 0x42, 0xaa, 0xff, ...frame, ...frame, 0xaa])
        const found = [...deframer.push(noisy.subarray(0, cut)), ...deframer.push(noisy.subarray(cut))]
        assert.deepEqual(found, [frame, frame])
      }
    })

    it(`of ${name} do not count where any one bit is turned over`, () => {
      for (let bit = 0; bit < frame.length * 8; bit++) {
        const bent = frame.with(bit >> 3, (frame[bit >> 3] ?? 0) ^ (1 << (bit & 7)))
        assert.deepEqual(new Deframer(shape).push(Uint8Array.from(bent)), [])
      }
    })

    it(`of ${name} that are lost halfway cost only themselves`, () => {
      const deframer = new Deframer(shape)
      assert.deepEqual(deframer.push(frame.subarray(0, frame.length - 2)), [])
      // the beginning of the next is taken for the end of this one, until that shows
      assert.deepEqual([...deframer.push(frame), ...deframer.push(frame)], [frame, frame])
      assert.equal(deframer.pending, 0)
    })
  }

  it('never keep more than the longest of them', () => {
    const deframer = new Deframer(winsenFrame)
    for (let i = 0; i < 10_000; i++) deframer.push(Uint8Array.of(0xff, 0xff, 0x86, i & 0xff))
    assert.ok(deframer.pending < winsenFrame.longest)
  })
})
