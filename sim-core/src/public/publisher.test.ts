import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DeviceInfo } from '@habtwin/contract'
import { Publisher } from './publisher.ts'

const MINUTE = 60_000
const NOW = Date.UTC(2026, 10, 20, 12)
const air = (device: string, zone = 'crew'): DeviceInfo => ({
  ...{ device, zone, node: 'n', driver: 'scd30', label: device, simulated: false, every: 10_000 },
  points: { co2: { unit: '[ppm]' }, temperature: { unit: 'Cel' } },
})

/** Readings of devices, and what a publisher of `crew/co2`, ten minutes late, tells of them. */
function house(points: Record<string, string[]> = { crew: ['co2'] }) {
  const infos = new Map([['a', air('a')]])
  const readings = new Map<string, [t: number, value: number | null][]>()
  const retained = new Map<string, unknown>()
  const said: string[] = []
  let now = NOW
  const publisher = new Publisher({
    options: { points, delay: 10 * MINUTE },
    devices: () => infos.values(),
    infoAt: (device) => infos.get(device),
    history: async ({ series, from, to }) => {
      const rows = series.kind === 'reading' ? (readings.get(`${series.device}/${series.point}`) ?? []) : []
      const within = rows.filter(([t]) => t >= from && t <= to)
      return { t: within.map(([t]) => t), value: within.map(([, value]) => value) }
    },
    publish: (topic, payload) => {
      said.push(topic)
      if (payload === '') retained.delete(topic)
      else retained.set(topic, JSON.parse(payload))
    },
    now: () => now,
  })
  const wait = (ms: number) => {
    now += ms
  }
  return { infos, readings, retained, said, publisher, wait }
}

describe('what is published for everyone', () => {
  it('is the newest that is as old as it has to be, and never newer', async () => {
    const h = house()
    h.readings.set('a/co2', [[NOW - 11 * MINUTE, 700], [NOW - 10 * MINUTE, 710], [NOW - 9 * MINUTE, 720]]) // biome-ignore format: a table
    await h.publisher.tell()
    assert.deepEqual(h.retained.get('public/crew/co2'), { t: NOW - 10 * MINUTE, value: 710, unit: '[ppm]' })
    h.wait(MINUTE)
    await h.publisher.tell()
    assert.deepEqual(h.retained.get('public/crew/co2'), { t: NOW - 9 * MINUTE, value: 720, unit: '[ppm]' })
  })

  it('is what is listed, of the zones that are named, and no other', async () => {
    const h = house({ crew: ['temperature'] })
    h.infos.set('b', air('b', 'greenhouse'))
    for (const key of ['a/co2', 'a/temperature', 'b/temperature']) h.readings.set(key, [[NOW - 10 * MINUTE, 21]])
    await h.publisher.tell()
    assert.deepEqual([...h.retained.keys()], ['public/crew/temperature'])
  })

  it('of two devices the newer is told, and a bad value by none', async () => {
    const h = house()
    h.infos.set('b', air('b'))
    h.readings.set('a/co2', [[NOW - 12 * MINUTE, 700]])
    h.readings.set('b/co2', [[NOW - 11 * MINUTE, 800], [NOW - 10 * MINUTE, null]]) // biome-ignore format: a table
    await h.publisher.tell()
    assert.deepEqual(h.publisher.values, [{ zone: 'crew', point: 'co2', t: NOW - 11 * MINUTE, value: 800, unit: '[ppm]' }]) // biome-ignore format: one thought
  })

  it('is taken away when nothing fresh comes any more, and told again to a broker that forgot', async () => {
    const h = house()
    h.readings.set('a/co2', [[NOW - 10 * MINUTE, 700]])
    await h.publisher.tell()
    await h.publisher.tell()
    assert.equal(h.said.length, 1, 'what is so already is not told again')
    h.retained.clear()
    h.publisher.again()
    assert.equal(h.retained.size, 1)
    h.wait(6 * MINUTE)
    await h.publisher.tell()
    assert.equal(h.retained.size, 0)
    assert.deepEqual(h.publisher.values, [])
  })

  it('what was listed once and is no more is taken away', () => {
    const h = house()
    h.publisher.heard('public/crew/co2', Buffer.from('{}'))
    h.publisher.heard('public/crew/o2', Buffer.from('{}'))
    h.publisher.heard('public/attic/co2', Buffer.from('{}'))
    h.publisher.heard('public/crew/o2', Buffer.alloc(0))
    assert.deepEqual(h.said, ['public/crew/o2', 'public/attic/co2'])
  })
})
