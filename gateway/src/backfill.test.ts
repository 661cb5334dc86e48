import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestClock } from '@habtwin/runtime'
import { backfill } from './backfill.ts'
import type { Instrument } from './drivers/driver.ts'

const MINUTE = 60_000

/** Instruments that remember a value a minute. */
function remembering(...devices: string[]): Map<string, Instrument> {
  return new Map(
    devices.map((device) => [
      device,
      {
        points: {},
        *history(from: number, to: number) {
          for (let t = Math.ceil(from / MINUTE) * MINUTE; t < to; t += MINUTE) yield { t, values: { co2: t } }
        },
        async [Symbol.asyncDispose]() {},
      },
    ]),
  )
}

test('a filling in that is stopped on the way goes on from there, and takes nothing twice', async () => {
  const clock = new TestClock()
  const kept = new Map<string, string>()
  const state = { load: (name: string) => kept.get(name), save: (name: string, text: string) => kept.set(name, text) }
  const taken: string[] = []
  const instruments = remembering('a', 'b', 'c')
  for (const most of [1_000, 5_000, Number.POSITIVE_INFINITY]) {
    const stop = new AbortController()
    const take = async (device: string, { t }: { t: number }) => {
      taken.push(`${device} ${t}`)
      if (taken.length === most) stop.abort()
    }
    await backfill(
      instruments,
      { clock, state: { ...state, save: (...at) => void state.save(...at) }, take },
      stop.signal,
    )
  }
  assert.equal(new Set(taken).size, taken.length)
  assert.equal(taken.length, 3 * 48 * 60)
})

test('everything else gets its turn while the past is filled in', async () => {
  const clock = new TestClock()
  const stop = new AbortController()
  let count = 0
  setImmediate(() => stop.abort())
  const take = async () => void count++
  await backfill(
    remembering('a', 'b'),
    { clock, state: { load: () => undefined, save: () => undefined }, take },
    stop.signal,
  )
  assert.ok(count < 1_000, `${count} readings were taken before a signal came through`)
})
