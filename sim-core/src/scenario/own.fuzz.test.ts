import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHabtwinError } from '@habtwin/contract/errors'
import fc from 'fast-check'
import { runs } from '../../../test/support/runs.ts'
import { compile, Run } from '../engine/index.ts'
import { preset, presets } from './library/index.ts'
import { ownToModel } from './own.ts'

/** Every place of a value: the keys on the way to it. */
function placesIn(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]]
  return [[...path], ...Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...path, key]))]
}

/** The same with another value at a place. */
function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by
  if (Array.isArray(value)) return value.map((inner, i) => (String(i) === key ? replaced(inner, rest, by) : inner))
  return { ...(value as object), [key]: replaced((value as Record<string, unknown>)[key], rest, by) }
}

const garbage = fc.oneof(
  fc.constantFrom<unknown>(
    undefined, null, '', ' ', 0, -1, 1e308, Number.NaN, Number.POSITIVE_INFINITY, true, [], {}, [[]], '0 kg', '-1 kg', '1e999 kg',
    '1e14 kg', '1e-300 kg/h from self', 'balance', 'balance from air', 'balance to outside', 'all from self', '5 %', '100 %', '0 h', '1e-9 h',
    '1e300 h', '0 m3', '-300 °C', '90 °C', 'constructor', '__proto__', 'self', 'crew', 'habitat', 'co2', 'food', 'person', 'sun', '7 h', 'x'.repeat(10_000),
  ),
  fc.jsonValue(),
  fc.string(),
) // biome-ignore format: a list

const forms = presets().map(({ id }) => preset(id))
const broken = fc
  .constantFrom(...forms)
  .chain((form) =>
    fc
      .array(fc.tuple(fc.constantFrom(...placesIn(form)), garbage), { minLength: 1, maxLength: 3 })
      .map((changes) =>
        changes.reduce<unknown>((all, [place, by]) => (isStill(all, place) ? replaced(all, place, by) : all), form),
      ),
  )

/** True where the way to a place is still there. */
function isStill(value: unknown, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined) return true
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key))
    return rest.length === 0 && typeof value === 'object' && value !== null
  return isStill((value as Record<string, unknown>)[key], rest)
}

test('a broken scenario is refused by its faults, or it runs and every figure is a number that is not below zero', () => {
  fc.assert(
    fc.property(broken, (input) => {
      let model: ReturnType<typeof ownToModel>
      try {
        model = ownToModel(input, { steps: 4 })
      } catch (error) {
        assert.ok(isHabtwinError(error, 'scenario/invalid'), String((error as Error).stack))
        assert.ok(error.message.length > 3)
        return
      }
      const run = new Run(compile(model))
      run.advance(4)
      for (const [name, value] of Object.entries(run.state().figures)) assert.ok(value >= 0, `${name} is ${value}`)
    }),
    { numRuns: runs(1_500) },
  )
})
