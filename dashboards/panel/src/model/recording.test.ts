import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceHealth, DeviceInfo } from '@habtwin/contract/device'
import { emptyHabitat, type Habitat, type Received } from './habitat.ts'
import { allFinished, everyOf, silence } from './recording.ts'

const info = (more: Partial<DeviceInfo> = {}): DeviceInfo => ({
  device: 'air',
  zone: 'crew',
  node: 'pi',
  driver: 'virtual',
  label: 'Air',
  simulated: true,
  every: 10_000,
  points: { co2: { unit: '[ppm]' } },
  ...more,
})

const received = (at: number, after?: number): Received => ({
  reading: { journal: 'a', seq: 1, n: 1, t: 0, values: { co2: 800 } },
  at,
  ...(after === undefined ? {} : { after }),
})

const one = (device: DeviceInfo, health: Partial<DeviceHealth> = {}): Habitat => ({
  ...emptyHabitat,
  infos: new Map([['air', device]]),
  health: new Map([['air', { state: 'ok', t: 0, ...health }]]),
  readings: new Map([['air', received(1_000)]]),
})

test('a recording is over when its driver says so, and only then', () => {
  const replay = info({ driver: 'replay' })
  assert.equal(allFinished(one(replay)), false)
  assert.equal(allFinished(one(replay, { reason: 'recording finished, 2 rows skipped' })), true)
  assert.equal(allFinished(one(info())), false)
})

test('a recording, and a clock that is run faster, speak as often as they were seen to', () => {
  assert.equal(everyOf(info(), received(0, 60_000)), 10_000)
  assert.equal(everyOf(info({ driver: 'replay' }), received(0, 300_000)), 300_000)
  assert.equal(everyOf(info({ pace: 60 }), received(0)), 600_000)
})

test('it is silent when nothing came for three intervals and a while, unless nothing is to come', () => {
  assert.equal(silence(one(info()), 30_000), 0)
  assert.equal(silence(one(info()), 41_000), 40_000)
  assert.equal(silence(one(info({ driver: 'replay' }), { reason: 'recording finished' }), 1e9), 0)
  assert.equal(silence(emptyHabitat, 1e9), 0)
})
