import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forecastLeads } from '@habtwin/contract'
import type { ZoneEstimate } from './output.ts'
import { DAY, diurnal, HOUR, listening, live, MINUTE, noise, read, START, settle, stored } from './testing.ts'

const of = (minute: number) => START + minute * MINUTE
/** Times of the estimates of minutes `from` to `to`. */
const ends = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => of(from + i + 1))

test('a first estimate and forecast are there with the first tick after the first reading', () => {
  const { twin, said } = listening()
  read(twin, START, { co2: 812, power: 40 })
  twin.tick(START)
  assert.equal(said.length, 1)
  assert.deepEqual(
    said[0]?.estimates.map(({ quantity, t, mean }) => ({ quantity, t, mean })),
    [{ quantity: 'co2', t: START, mean: 812 }],
  )
  const forecast = said[0]?.forecasts[0]?.forecast ?? assert.fail()
  assert.deepEqual(
    forecast.t.map((t) => t - START),
    forecastLeads(48 * HOUR),
  )
  assert.ok(forecast.p50.every((value) => value === 812))
  for (let i = 1; i < forecast.t.length; i++) {
    assert.ok((forecast.p95[i] as number) > (forecast.p95[i - 1] as number), 'the further ahead, the less is known')
  }
})

test('a backlog of half a day is gone through once: every minute an estimate and its three fixed forecasts', () => {
  const { twin, kept, forecasts } = listening()
  for (const device of ['a', 'b']) {
    for (let minute = 0; minute < DAY / 2; minute++) {
      read(twin, of(minute), { co2: diurnal(minute) }, { device, zone: `zone-${device}` })
    }
  }
  settle(twin, of(DAY / 2))
  for (const zone of ['zone-a', 'zone-b']) {
    const times = kept().flatMap((one) => (one.zone === zone ? one.t : []))
    assert.deepEqual(times, ends(0, DAY / 2))
    const fixed = forecasts().flatMap((one) => (one.zone === zone ? one.fixed : []))
    for (const [lead, ms] of [
      ['1h', HOUR],
      ['6h', 6 * HOUR],
      ['24h', 24 * HOUR],
    ] as const) {
      assert.deepEqual(
        fixed.filter((one) => one.lead === lead).map(({ t }) => t - ms),
        times,
      )
    }
  }
})

test('a backlog that comes behind the first live reading is what the twin begins with', () => {
  const { twin, kept } = listening()
  read(twin, of(120), { co2: 800 })
  twin.tick(of(120))
  for (let minute = 0; minute < 120; minute++) read(twin, of(minute), { co2: 700 })
  settle(twin, of(121))
  assert.deepEqual(
    kept().map(({ t }) => t),
    ends(0, 121),
  )
})

test('an hour that is missing is waited for, and used when it comes', () => {
  const { twin, kept } = listening()
  for (let minute = 0; minute < 60; minute++) read(twin, of(minute), { co2: 700 })
  settle(twin, of(60))
  read(twin, of(90), { co2: 700 })
  twin.tick(of(90))
  for (let minute = 60; minute < 90; minute++) read(twin, of(minute), { co2: 900 })
  settle(twin, of(91))
  const then = kept().find(({ t }) => t === of(80))
  assert.ok(then !== undefined && Math.abs(then.mean - 900) < 20, `${then?.mean}`)
})

test('after two hours away the twin waits for what the gateway kept, and says what it would have said', () => {
  const always = listening()
  live(always.twin, 0, 240)
  settle(always.twin, of(240))
  const away = listening()
  away.twin.history(stored(0, 120))
  away.twin.resume(() => of(120))
  for (let i = 0; i < 3; i++) away.twin.tick(of(240))
  live(away.twin, 120, 240)
  settle(away.twin, of(240))
  assert.deepEqual(
    away.kept(),
    always.kept().filter(({ t }) => t > of(120)),
  )
})

test('readings older than the minutes gone through change nothing, and are told as ignored', () => {
  const run = (late: boolean) => {
    const { twin, said, kept } = listening()
    for (let minute = 0; minute < 60; minute++) read(twin, of(minute), { co2: 700 })
    settle(twin, of(60))
    if (late) read(twin, of(10), { co2: 5000 })
    read(twin, of(60), { co2: 700 })
    settle(twin, of(61))
    return { kept: kept(), ignored: said.at(-1)?.model?.ignored }
  }
  const late = run(true)
  assert.deepEqual(late.kept, run(false).kept)
  const reason = 'it came too late'
  assert.deepEqual(late.ignored, [{ device: 'air', point: 'co2', t: of(10), value: 5000, count: 1, reason }])
})

test('bands hold the median and stay within what is possible', () => {
  const { twin, forecasts } = listening()
  for (let minute = 0; minute < 90; minute++) {
    const values = { humidity: 99.9 + noise(minute) / 5, temperature: 30 - minute / 4, co2: Math.max(0, 60 - minute) }
    read(twin, of(minute), values)
    twin.tick(of(minute))
  }
  settle(twin, of(90))
  let seen = 0
  for (const { quantity, forecast } of forecasts()) {
    if (forecast === undefined) continue
    seen++
    for (const [i, median] of forecast.p50.entries()) {
      const [low, high] = [forecast.p05[i] as number, forecast.p95[i] as number]
      assert.ok(low <= median && median <= high, `${quantity}: ${low} ${median} ${high}`)
      if (quantity === 'humidity') assert.ok(high <= 100)
      if (quantity !== 'temperature') assert.ok(low >= 0)
    }
  }
  assert.ok(seen >= 3 * 80)
})

test('nine in ten of what came lay within the band, and the daily course was foreseen better than by standing still', () => {
  const { twin, forecasts } = listening()
  live(twin, 0, 4 * DAY)
  settle(twin, of(4 * DAY))
  const fixed = forecasts().flatMap((one) => one.fixed)
  for (const [lead, minutes] of [
    ['1h', 60],
    ['6h', 360],
  ] as const) {
    let [error, still, within, n] = [0, 0, 0, 0]
    for (const { t, p05, p50, p95 } of fixed.filter((one) => one.lead === lead)) {
      const minute = (t - START) / MINUTE - 1
      if (minute - minutes < 2 * DAY || minute >= 4 * DAY) continue
      error += Math.abs(diurnal(minute) - p50)
      still += Math.abs(diurnal(minute) - diurnal(minute - minutes))
      if (diurnal(minute) >= p05 && diurnal(minute) <= p95) within++
      n++
    }
    assert.ok(error < 0.3 * still, `${lead}: ${error / n} against ${still / n}`)
    assert.ok(within / n > 0.8, `${lead}: ${within / n}`)
  }
})

test('the same readings give the same words, however they were batched', () => {
  const words = (batch: number) => {
    const { twin, kept, forecasts } = listening()
    read(twin, START, { co2: diurnal(0) })
    for (let i = 0; i < 5; i++) twin.tick(START)
    for (let minute = 1; minute < 300; minute++) {
      read(twin, of(minute), { co2: diurnal(minute), humidity: 40, temperature: 22 })
      if (minute % batch === 0) twin.tick(of(minute))
    }
    settle(twin, of(300))
    const fixed = forecasts().flatMap((one) => (one.quantity === 'co2' ? one.fixed : []))
    return { kept: kept().filter(({ quantity }) => quantity === 'co2'), fixed, last: forecasts().at(-1)?.forecast }
  }
  assert.deepEqual(words(1), words(37))
})

test('a quantity that joins later is forecast too, and those before it go on as if it had always been silent', () => {
  const { twin, kept } = listening()
  for (let minute = 0; minute < 200; minute++) {
    read(twin, of(minute), { co2: diurnal(minute), ...(minute < 100 ? {} : { temperature: 20 + noise(minute) }) })
    twin.tick(of(minute))
  }
  settle(twin, of(200))
  const times = (quantity: string) => kept().flatMap((one) => (one.quantity === quantity ? one.t : []))
  assert.deepEqual(times('co2'), ends(0, 200))
  assert.deepEqual(times('temperature'), ends(100, 200))
})

test('after a start from the store the state is the one before, and nothing is said again', () => {
  const before = listening()
  live(before.twin, 0, DAY)
  settle(before.twin, of(DAY))
  const half = of(DAY / 2)
  const after = listening()
  after.twin.history(stored(0, DAY))
  after.twin.resume(() => half)
  settle(after.twin, of(DAY))
  assert.deepEqual(
    after.kept(),
    before.kept().filter((one) => one.t > half),
  )
  assert.deepEqual(after.forecasts().at(-1)?.forecast, before.forecasts().at(-1)?.forecast)
})

test('bad values are left out and told, uncertain ones count only without better ones, devices count alike', () => {
  const { twin, said, kept } = listening()
  read(twin, START, { co2: 800 }, { device: 'a' })
  read(twin, START, { co2: 800 }, { device: 'a' })
  read(twin, START, { co2: 900 }, { device: 'b' })
  read(twin, START, { co2: null }, { device: 'c', quality: { co2: 'bad:range' } })
  read(twin, START, { co2: 1500 }, { device: 'd', quality: { co2: 'uncertain:warmup' } })
  read(twin, START, { co2: 1500 }, { device: 'd', zone: 'garden', quality: { co2: 'uncertain:warmup' } })
  settle(twin, of(1))
  assert.deepEqual(
    kept().map(({ zone, mean }) => [zone, mean]),
    [
      ['crew', 850],
      ['garden', 1500],
    ],
  )
  const bad = { device: 'c', point: 'co2', t: START, value: null, count: 1, reason: 'bad:range' }
  assert.deepEqual(said.at(-1)?.model?.ignored, [bad])
})

test('a reading of 1970 neither moves the twin back nor holds it up', () => {
  const { twin, said, kept } = listening()
  live(twin, 0, 10)
  twin.tick(of(10))
  read(twin, 86_400_000, { co2: 7 })
  settle(twin, of(10))
  assert.deepEqual(
    kept().map(({ t }) => t),
    ends(0, 10),
  )
  assert.equal(said.at(-1)?.model?.ignored[0]?.reason, 'its time is long past')
})

test('what is read within a minute moves the estimate at once, and at most once a second', () => {
  const { twin, said } = listening()
  live(twin, 0, 30)
  settle(twin, of(30))
  const before = said.length
  const { mean: last } = said.flatMap((one) => one.estimates).at(-1) ?? assert.fail()
  read(twin, of(30) + 5_000, { co2: diurnal(30) + 12 })
  twin.glance(1_000)
  read(twin, of(30) + 5_100, { co2: diurnal(30) + 12 })
  twin.glance(1_100)
  twin.glance(2_100)
  twin.glance(9_000)
  const seen = said.slice(before).flatMap((one) => one.estimates)
  assert.deepEqual(
    seen.map(({ t, provisional }) => [t - of(30), provisional]),
    [
      [5_000, true],
      [5_100, true],
    ],
  )
  assert.ok((seen[0]?.mean as number) > last + 3, 'it follows the reading')
})

test('an instrument that falls silent leaves a belief that grows less certain, and after an hour none', () => {
  const { twin, kept } = listening()
  live(twin, 0, 120)
  settle(twin, of(120))
  settle(twin, of(360))
  const after = kept().filter(({ t }) => t > of(120))
  assert.equal(after.length, 60)
  for (let i = 1; i < after.length; i++) assert.ok((after[i] as ZoneEstimate).sd > (after[i - 1] as ZoneEstimate).sd)
})

test('a silence of a year is passed over, and what comes after it is said', () => {
  const { twin, kept } = listening()
  live(twin, 0, 120)
  settle(twin, of(120))
  live(twin, 365 * DAY, 365 * DAY + 10)
  settle(twin, of(365 * DAY + 10))
  assert.deepEqual(
    kept()
      .map(({ t }) => t)
      .slice(-10),
    ends(365 * DAY, 365 * DAY + 10),
  )
})

test('a recording that begins anew is gone through anew', () => {
  const { twin, kept } = listening()
  live(twin, 0, 120)
  settle(twin, of(120))
  twin.tick(of(0))
  live(twin, 0, 30)
  settle(twin, of(30))
  assert.deepEqual(
    kept().map(({ t }) => t),
    [...ends(0, 120), ...ends(0, 30)],
  )
})
