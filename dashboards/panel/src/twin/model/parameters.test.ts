import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Parameter } from '@habtwin/contract/twin'
import { grouped, knowledge, spreadOf } from './parameters.ts'

const parameter = (to: Partial<Parameter>): Parameter => ({
  id: 'leak',
  kind: 'leak',
  label: 'Leak',
  unit: 'm3/h',
  mean: 0.2,
  sd: 0.1,
  p05: 0.1,
  p95: 0.4,
  prior: { mean: 0.5, sd: 0.6 },
  ...to,
})

test('a parameter and its prior lie on one scale, which begins at 0 where the figure cannot be below', () => {
  const { prior, band, mean, zero } = spreadOf(parameter({}))
  assert.equal(prior[0], 0)
  assert.equal(zero, 0)
  assert.ok(band[0] < mean && mean < band[1] && band[1] < prior[1] && prior[1] < 100)
  const bias = spreadOf(parameter({ kind: 'bias', mean: 3, p05: -9, p95: 15, prior: { mean: 0, sd: 40 } }))
  assert.ok(bias.prior[0] > 0 && bias.zero !== undefined && Math.abs(bias.zero - 50) < 1)
})

test('a scale is one even of a figure that is known for sure', () => {
  const { mean, band } = spreadOf(parameter({ mean: 0, sd: 0, p05: 0, p95: 0, prior: { mean: 0, sd: 0 } }))
  assert.ok([mean, ...band].every(Number.isFinite))
})

test('what the readings cannot tell is said', () => {
  assert.equal(knowledge(parameter({})), 'well known')
  assert.equal(knowledge(parameter({ sd: 0.58 })), 'as assumed: the readings do not tell')
})

test('parameters are by zone, the deviations of instruments last', () => {
  const [leak, load, bias] = [
    parameter({}),
    parameter({ id: 'crew-load/crew', kind: 'crew-load', zone: 'crew' }),
    parameter({ id: 'bias/a/co2', kind: 'bias', zone: 'crew' }),
  ]
  assert.deepEqual(
    grouped([bias, load, leak], ['crew', 'garden']).map(({ of, parameters }) => [
      of,
      ...parameters.map(({ id }) => id),
    ]),
    [
      [undefined, 'leak'],
      ['crew', 'crew-load/crew'],
      ['instruments', 'bias/a/co2'],
    ],
  )
})
