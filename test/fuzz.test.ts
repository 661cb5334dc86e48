import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { chances, fuzz, targets } from './support/fuzz.ts'
import { runs } from './support/runs.ts'

const BYTES = 100_000

describe('what comes over a bad cable', () => {
  for (const [i, target] of targets.entries()) {
    it(`makes no reading of noise, beyond what the odds of its check say: ${target.name}`, () => {
      const fuzzed = fuzz(target, BYTES, 7 + i, 'noise')
      assert.equal(fuzzed.invented, 0)
      assert.ok(fuzzed.by_chance <= chances(target, fuzzed), JSON.stringify(fuzzed))
    })

    it(`costs no frame that came whole, and makes none of those that did not: ${target.name}`, () => {
      const fuzzed = fuzz(target, BYTES, 7 + i, 'damage')
      assert.equal(fuzzed.invented, 0)
      assert.ok(fuzzed.real > fuzzed.sent * 0.5, JSON.stringify(fuzzed))
    })

    it(`is cut anywhere without a difference: ${target.name}`, () => {
      const piece = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(...target.corpus))
      fc.assert(
        fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(30), { maxLength: 40 }), (pieces, cuts) => {
          const all = Uint8Array.from(Buffer.concat(pieces))
          // a question has one answer, so what follows in the same piece depends on where it was cut
          if (target.name.startsWith('modbus')) return
          const whole = target.open().push(all)
          const parser = target.open()
          const parts: Uint8Array[] = []
          let at = 0
          for (const cut of cuts) {
            parts.push(...parser.push(all.subarray(at, at + cut)))
            at += cut
          }
          parts.push(...parser.push(all.subarray(at)))
          assert.deepEqual(parts, whole)
          for (const taken of whole) assert.ok(target.whole(taken))
        }),
        { numRuns: runs(200) },
      )
    })
  }
})
