import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../../test/support/runs.ts'
import { compile, ExpressionError } from './expression.ts'

const value = (text: string, given: Record<string, number> = {}) => {
  const { names, evaluate } = compile(text)
  return evaluate(names.map((name) => given[name] ?? Number.NaN))
}

test('arithmetic goes by the rules of arithmetic', () => {
  for (const [text, expected] of [
    ['1 + 2 * 3', 7],
    ['(1 + 2) × 3', 9],
    ['8 / 2 / 2', 2],
    ['8 ÷ 2 − 1', 3],
    ['10 - 4 - 3', 3],
    ['2 ^ 3 ^ 2', 512],
    ['-2 ^ 2', -4],
    ['2 ^ -1', 0.5],
    ['- -3 + +1', 4],
    ['.5 + 1.5e1', 15.5],
    ['min(4, 2, 3) + max(1, 5)', 7],
    ['clamp(120, 0, 100)', 100],
    ['sqrt(abs(-16)) + ln(exp(1)) + log10(1000)', 8],
  ] as const) {
    assert.ok(Math.abs(value(text) - expected) < 1e-12, `${text} is ${value(text)}`)
  }
})

test('points have names with hyphens, and those of other devices the device before them', () => {
  const { names } = compile('power + outlet-2:power * 0.5 - dew-point + power')
  assert.deepEqual(names, ['power', 'outlet-2:power', 'dew-point'])
  assert.equal(value('power + outlet-2:power * 0.5', { power: 100, 'outlet-2:power': 50 }), 125)
  assert.deepEqual(compile('a-b').names, ['a-b'])
  assert.deepEqual(compile('a - b').names, ['a', 'b'])
})

test('what cannot be understood is told with its place', () => {
  for (const [text, at, says] of [
    ['', 0, /missing/],
    ['1 +', 3, /missing/],
    ['1 2', 2, /"2"/],
    ['(1', 2, /not closed/],
    ['1)', 1, /"\)"/],
    ['power $ 2', 6, /"\$"/],
    ['sin(1)', 0, /there is no function sin/],
    ['clamp(1)', 0, /takes 3 values, not 1/],
    ['abs()', 4, /"\)"/],
    ['constructor(1)', 0, /there is no function/],
    ['Power', 0, /"P"/],
  ] as const) {
    assert.throws(
      () => compile(text),
      (error) => error instanceof ExpressionError && error.at === at && says.test(error.message),
      text,
    )
  }
})

test('whatever is written gives a figure or an error of its own, and never takes the stack', () => {
  const pieces = fc.constantFrom(
    '+',
    '-',
    '*',
    '^',
    '(',
    ')',
    ',',
    'min(',
    'sqrt(',
    'a',
    'b:c',
    '1',
    '2.5',
    ' ',
    'e',
    '.',
  )
  const text = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.array(pieces, { maxLength: 40 }).map((all) => all.join('')),
  )
  fc.assert(
    fc.property(text, (written) => {
      let expression: ReturnType<typeof compile>
      try {
        expression = compile(written)
      } catch (error) {
        assert.ok(error instanceof ExpressionError, `${written}: ${error}`)
        return
      }
      assert.equal(typeof expression.evaluate(expression.names.map(() => 1.5)), 'number')
    }),
    { numRuns: runs(5_000) },
  )
  for (const deep of ['('.repeat(900), '2^'.repeat(450), '-'.repeat(999), `${'abs('.repeat(200)}1`, '1+'.repeat(499)]) {
    assert.throws(() => compile(deep), ExpressionError)
  }
  assert.equal(value(`${'1+'.repeat(499)}1`), 500)
})
