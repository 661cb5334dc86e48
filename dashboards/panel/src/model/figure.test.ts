import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshness, habitatNow, reanchor } from './clock.ts'
import { figureOf } from './figure.ts'
import { emptyHabitat, type Habitat } from './habitat.ts'

const wall = 1_000_000
const anchor = { now: wall, wall, pace: 1 }

interface Said {
  readonly value: number | null
  readonly age: number
  readonly quality?: string
}

/** A crew zone whose devices, 10 s apart, last said this. */
function crew(devices: Record<string, Said | undefined>): Habitat {
  const infos = Object.keys(devices).map((device) => ({
    device,
    zone: 'crew',
    node: 'pi',
    driver: 'scd30',
    label: device,
    simulated: false,
    every: 10_000,
    points: { co2: { unit: '[ppm]' } },
  }))
  const readings = Object.entries(devices).flatMap(([device, said]) => {
    if (said === undefined) return []
    const { value, age, quality } = said
    const reading = {
      journal: 'a'.repeat(32),
      seq: 1,
      n: 1,
      t: wall - age,
      values: { co2: value },
      ...(quality === undefined ? {} : { quality: { co2: quality } }),
    }
    return [[device, { reading, at: wall - age }] as const]
  })
  return { ...emptyHabitat, infos: new Map(infos.map((info) => [info.device, info])), readings: new Map(readings) }
}

const of = (devices: Record<string, Said | undefined>) =>
  figureOf(crew(devices), { zone: 'crew', quantity: 'co2' }, anchor, wall)

test('good fresh readings are averaged, and the figure says of which devices', () => {
  const figure = of({ a: { value: 800, age: 1_000 }, b: { value: 900, age: 4_000 } })
  assert.deepEqual([figure.standing, figure.value, figure.age, figure.devices], ['good', 850, 1_000, ['a', 'b']])
})

test('a stale, bad or uncertain device does not spoil the mean of the good ones', () => {
  const figure = of({
    a: { value: 800, age: 1_000 },
    old: { value: 5_000, age: 60_000 },
    broken: { value: null, age: 1_000, quality: 'bad:stuck' },
    warm: { value: 400, age: 1_000, quality: 'uncertain:warmup' },
  })
  assert.deepEqual([figure.standing, figure.value, figure.devices], ['good', 800, ['a']])
})

test('a reading is late after one and a half periods, and stale after three', () => {
  assert.equal(of({ a: { value: 800, age: 16_000 } }).standing, 'good')
  assert.equal(of({ a: { value: 800, age: 20_000 } }).standing, 'late')
  assert.deepEqual(
    [of({ a: { value: 800, age: 32_000 } }).standing, of({ a: { value: 800, age: 32_000 } }).value],
    ['stale', 800],
  )
})

test('an uncertain value is shown with its reason, a bad one is not shown at all', () => {
  const uncertain = of({ a: { value: 400, age: 0, quality: 'uncertain:warmup' } })
  assert.deepEqual([uncertain.standing, uncertain.value, uncertain.reason], ['uncertain', 400, 'warmup'])
  const bad = of({ a: { value: null, age: 0, quality: 'bad:out-of-range' } })
  assert.deepEqual([bad.standing, bad.value, bad.reason], ['bad', null, 'out-of-range'])
})

test('a bad instrument that answers now counts for more than a good one that fell silent', () => {
  const figure = of({ a: { value: null, age: 0, quality: 'bad:stuck' }, b: { value: 800, age: 90_000 } })
  assert.equal(figure.standing, 'bad')
})

test('nothing measured and nothing read yet are told apart by the devices', () => {
  assert.deepEqual(figureOf(emptyHabitat, { zone: 'crew', quantity: 'co2' }, anchor, wall).devices, [])
  assert.deepEqual([of({ a: undefined }).standing, of({ a: undefined }).devices], ['none', ['a']])
})

test('age is by the habitat’s clock, so a tablet that is an hour off shows nothing wrong', () => {
  const hourAhead = { now: wall, wall: wall + 3_600_000, pace: 1 }
  const received = { reading: { journal: 'a', seq: 1, n: 1, t: wall - 2_000, values: {} }, at: wall + 3_598_000 }
  assert.deepEqual(freshness(received, 10_000, hourAhead, wall + 3_600_000), { age: 2_000, freshness: 'fresh' })
})

test('an unsynced reading is as old as it has been here', () => {
  const received = {
    reading: { journal: 'a', seq: 1, n: 1, t: 0, clock: { boot: 'b', mono: 1 }, values: {} },
    at: wall - 3_000,
  }
  assert.deepEqual(freshness(received, 10_000, anchor, wall), { age: 3_000, freshness: 'fresh' })
})

test('an accelerated clock runs on between readings, and does not turn stale for the network’s sake', () => {
  const fast = { now: 0, wall: 0, pace: 60 }
  assert.equal(habitatNow(fast, 1_000), 60_000)
  const received = { reading: { journal: 'a', seq: 1, n: 1, t: 0, values: {} }, at: 0 }
  assert.equal(freshness(received, 10_000, fast, 3_000).freshness, 'fresh')
  assert.equal(freshness(received, 10_000, fast, 10_000).freshness, 'stale')
  assert.equal(habitatNow(reanchor(fast, 90_000, 1_000), 1_000), 90_000)
})
