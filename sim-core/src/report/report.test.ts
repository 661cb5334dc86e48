import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Alert, type DeviceInfo, isHabtwinError, type Report, report } from '@habtwin/contract'
import { Store } from '../store/index.ts'
import type { StoredRecord } from '../store/types.ts'
import { csvOf } from './csv.ts'
import { markdownOf } from './markdown.ts'
import { Reports } from './service.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const epoch = Date.UTC(2026, 10, 9, 7)
/** Begin of sol 12. */
const dawn = epoch + 11 * 24 * HOUR
const journal = 'a'.repeat(32)

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

const device = (id: string, zone: string, points: DeviceInfo['points'], every = MINUTE): DeviceInfo => ({
  device: id,
  zone,
  node: 'n1',
  driver: 'test',
  label: id,
  simulated: false,
  every,
  points,
})
const air = device('air', 'crew', { co2: { unit: '[ppm]' }, temperature: { unit: 'Cel' } })
const power = device('plant', 'crew', {
  power: { unit: 'W', label: 'Load' },
  solar: { unit: 'W', label: 'Solar' },
  battery: { unit: 'W', label: 'Into the battery' },
  charge: { unit: '%' },
})
const meter = device('meter', 'crew', { energy: { unit: 'kW.h' } })
const tap = device('tap', 'crew', { flow: { unit: 'L/min', label: 'Water' } })

/** A habitat with a store of its own, at some moment. */
function habitat(now: number, devices: readonly DeviceInfo[] = [], mission = true, gone: readonly DeviceInfo[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'habtwin-report-'))
  folders.push(folder)
  const store = Store.open({ folder, now: () => now })
  let seq = 0
  store.commit({ infos: [...devices, ...gone].map((info) => ({ from: 0, info })) })
  const pending: StoredRecord[] = []
  const is = { now, full: false }
  const reports = new Reports({
    config: {
      habitat: { id: 'test', label: 'Test', timezone: 'UTC', pressure: 1013.25 },
      mission: mission ? { epoch, day: 24 * HOUR } : undefined,
      zones: { crew: { label: 'Crew quarters', limits: {} } },
    } as never,
    store,
    recorder: {
      devices: () => devices,
      completeness: () => store.completeness(),
      latest: (prefix) => store.latest(prefix),
      record: (topic, body, t) => pending.push({ topic, body, t }) > 0,
      flush() {
        if (is.full) return false
        store.commit({ records: pending.splice(0) })
        return true
      },
    },
    history: (query, signal) => store.history(query, signal),
    active: () => [],
    events: {
      list: ({ from = 0, to = 0 }) =>
        store
          .records('event', { from, to })
          .map(({ topic, body }) => ({ id: topic.slice(6), ...(body as { kind: 'note'; t: number; by: string }) })),
    },
    now: () => is.now,
    wall: () => is.now,
  })
  return {
    store,
    is,
    reports,
    /** Each minute from one moment to another. */
    read(of: DeviceInfo, from: number, to: number, values: (t: number) => Record<string, number | null>) {
      const rows = []
      for (let t = from; t < to; t += MINUTE) {
        seq++
        rows.push({ device: of.device, reading: { journal, seq, n: seq, t, values: values(t) } })
      }
      store.commit({ readings: rows })
    },
    async of(asked: { sol?: number; date?: string } = { sol: 12 }): Promise<Report> {
      const made = await reports.report(asked, undefined, new AbortController().signal)
      return report.parse(made)
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

const alert = (t: number, more: Partial<Alert> = {}): StoredRecord => {
  const body: Alert = {
    id: 'co2-crew',
    level: 'caution',
    zone: 'crew',
    quantity: 'co2',
    value: 5_000,
    limit: 4_549,
    since: t,
    t,
    text: 'CO₂ is high',
    source: 'guard',
    active: true,
    ...more,
  }
  return { topic: `alert/${body.id}`, body, t: body.t }
}

test('energy is what flowed, minute by minute; a counter is read at its ends', async () => {
  await using made = habitat(dawn + 25 * HOUR, [power, meter])
  // before the day: of no account
  made.read(power, dawn - HOUR, dawn, () => ({ power: 9_999, solar: 9_999, battery: 9_999, charge: 1 }))
  made.read(power, dawn, dawn + 2 * HOUR, (t) => ({
    power: 500,
    solar: t < dawn + HOUR ? 1_500 : 0,
    battery: t < dawn + HOUR ? 1_000 : -500,
    charge: 50 + (t - dawn) / HOUR,
  }))
  // set back at noon
  made.read(meter, dawn, dawn + 2 * HOUR, (t) => ({
    energy: t < dawn + HOUR ? 100 + (t - dawn) / HOUR : (t - dawn) / HOUR - 1,
  }))
  const { power: told } = await made.of()
  assert.deepEqual(
    Object.fromEntries(
      Object.entries(told.total).map(([name, value]) => [name, value && Math.round(value * 1e6) / 1e6]),
    ),
    { used: 1, solar: 1.5, grid: null, charged: 1, discharged: 0.5 },
  )
  const [battery] = told.batteries
  assert.deepEqual([battery?.begin, battery?.min, Math.round(battery?.max ?? 0)], [50, 50, 52])
  assert.ok(Math.abs((battery?.covered ?? 0) - 2 / 24) < 1e-9)
  const counter = told.meters.find(({ device }) => device === 'meter')
  assert.equal(counter?.role, 'consumer')
  assert.ok(Math.abs((counter?.energy ?? 0) - 118 / 60) < 1e-6, String(counter?.energy))
})

test('air is told by zone, with the time beyond each limit, by the hour’s mean where that is what counts', async () => {
  await using made = habitat(dawn + 25 * HOUR, [air])
  // 10,000 ppm for an hour and a half from dawn on; 1,000 else
  made.read(air, dawn - 3 * HOUR, dawn + 24 * HOUR, (t) => ({
    co2: t >= dawn && t < dawn + 1.5 * HOUR ? 10_000 : 1_000,
    temperature: 22,
  }))
  const { air: rows } = await made.of()
  const co2 = rows.find(({ quantity }) => quantity === 'co2')
  assert.deepEqual([co2?.min, co2?.max, co2?.covered], [1_000, 10_000, 1])
  assert.ok(Math.abs((co2?.mean ?? 0) - (1_000 + (9_000 * 1.5) / 24)) < 1e-6)
  const beyond = Object.fromEntries((co2?.beyond ?? []).map(({ level, time }) => [level, time / MINUTE]))
  // 6 mmHg is 7,895 ppm here: each minute of it
  assert.equal(beyond.warning, 90)
  assert.equal(beyond.emergency, 0)
  // 3 mmHg, 3,947 ppm as a mean over 1 h: reached when 20 of 60 minutes were high, left when 19 of them are
  assert.equal(beyond.caution, 90 - 19 + 40)
  const temperature = rows.find(({ quantity }) => quantity === 'temperature')
  assert.ok(temperature?.beyond.every(({ time }) => time === 0))
})

test('what was forecast is judged beside what came, and beside no change', async () => {
  await using made = habitat(dawn + 25 * HOUR, [air])
  made.read(air, dawn - 3 * HOUR, dawn + 24 * HOUR, (t) => ({ co2: 1_000 + (t - dawn) / MINUTE, temperature: 22 }))
  const twin = []
  for (let t = dawn; t < dawn + 24 * HOUR; t += MINUTE) {
    const key = { kind: 'forecast', zone: 'crew', quantity: 'co2', lead: '1h' } as const
    const value = 1_000 + (t - dawn) / MINUTE + 6
    // the first half of the day the band is right, then it is too narrow
    const half = t < dawn + 12 * HOUR ? 10 : 2
    twin.push({ key: { ...key, field: 'p50' as const }, t, value })
    twin.push({ key: { ...key, field: 'p05' as const }, t, value: value - half })
    twin.push({ key: { ...key, field: 'p95' as const }, t, value: value + half })
  }
  made.store.commit({ twin, latest: new Map([['twin/estimate/crew/co2', { t: 0, mean: 1, sd: 1 }]]) })
  const { forecasts } = await made.of()
  assert.equal(forecasts.length, 1)
  const [row] = forecasts
  assert.deepEqual([row?.zone, row?.lead, row?.n, row?.coverage90], ['crew', '1h', 288, 0.5])
  assert.ok(Math.abs((row?.mae ?? 0) - 6) < 1e-6)
  assert.ok(Math.abs((row?.persistence ?? 0) - 60) < 1e-6)
  assert.ok(Math.abs((row?.skill ?? 0) - 0.9) < 1e-6)
})

test('an alert is told with how long it held on this day, its worst level, and who acknowledged it', async () => {
  await using made = habitat(dawn + 30 * HOUR, [air])
  const began = dawn - HOUR
  const acknowledged = { by: 'Ada', t: dawn + HOUR }
  made.store.commit({
    records: [
      alert(began),
      alert(dawn + HOUR, { since: began, level: 'warning', text: 'CO₂ is higher', acknowledged }),
      alert(dawn + 2 * HOUR, { since: began, text: 'CO₂ is well again', active: false, acknowledged }),
      // the same again, later, and into the next day
      alert(dawn + 23 * HOUR),
      alert(dawn + 26 * HOUR, { since: dawn + 23 * HOUR, level: 'emergency' }),
      // of the day before, and of the day after
      alert(dawn - 3 * HOUR, { id: 'early' }),
      alert(dawn - 2 * HOUR, { id: 'early', since: dawn - 3 * HOUR, active: false }),
      alert(dawn + 25 * HOUR, { id: 'late' }),
    ],
  })
  for (const packed of [false, true]) {
    if (packed) await made.store.pack()
    const { alerts } = await made.of()
    assert.deepEqual(
      alerts.map(({ level, time, text, ended, acknowledged }) => [level, time / HOUR, text, ended, acknowledged?.by]),
      [
        ['warning', 2, 'CO₂ is high', dawn + 2 * HOUR, 'Ada'],
        ['caution', 1, 'CO₂ is high', null, undefined],
      ],
      packed ? 'packed' : 'in the log',
    )
  }
})

test('water is told apart from other flows, and summed up', async () => {
  const oxygen = device('o2-generator', 'crew', { flow: { unit: 'L/min', label: 'O₂ flow' } })
  await using made = habitat(dawn + 25 * HOUR, [tap, oxygen])
  made.read(tap, dawn, dawn + HOUR, () => ({ flow: 2 }))
  made.read(oxygen, dawn, dawn + HOUR, () => ({ flow: 3 }))
  const { water } = await made.of()
  assert.deepEqual(
    water.map(({ device, total }) => [device, total]),
    [['tap', 120]],
  )
})

test('a meter that was read by hand tells what it counted since it was read before', async () => {
  await using made = habitat(dawn + 25 * HOUR)
  const read = (id: string, t: number, more: object): StoredRecord => ({
    topic: `event/${id}`,
    body: { kind: 'manual', t, by: 'Ada', zone: 'crew', point: 'water-meter', unit: 'L', ...more },
    t,
  })
  made.store.commit({
    records: [
      read('a', dawn - HOUR, { value: 1_000 }),
      read('b', dawn + HOUR, { value: 1_120 }),
      read('c', dawn + HOUR, { value: 40, zone: 'greenhouse' }),
      read('d', dawn + 2 * HOUR, { value: 12, point: 'energy', unit: 'kW.h' }),
    ],
  })
  const whole = await made.of()
  assert.deepEqual(
    whole.byHand.map(({ section, name, value, before }) => [section, name, value, before?.value ?? null]),
    [
      ['water', 'Water meter', 1_120, 1_000],
      ['water', 'Water meter', 40, null],
      ['power', 'Energy', 12, null],
    ],
  )
  const row = '| Water meter, Crew quarters | 08:00 | 1120.00 L | 120.00 L since 06:00 | Ada |'
  assert.ok(markdownOf(whole).split('## Water')[1]?.split('## Air')[0]?.includes(row), markdownOf(whole))
})

test('a device is complete by its own interval, and what was lost is counted', async () => {
  const slow = device('slow', 'crew', { co2: { unit: '[ppm]' } }, 10 * MINUTE)
  await using made = habitat(dawn + 25 * HOUR, [air, slow])
  made.read(air, dawn, dawn + 12 * HOUR, () => ({ co2: 1, temperature: null }))
  for (let t = dawn; t < dawn + 24 * HOUR; t += 10 * MINUTE) made.read(slow, t, t + 1, () => ({ co2: 1 }))
  const gap = { journal, device: 'air', from: dawn + HOUR, to: dawn + 2 * HOUR, count: 7, reason: 'lost' }
  made.store.commit({ gaps: [gap, { ...gap, from: dawn - 2 * HOUR, to: dawn - HOUR }] })
  const { data } = await made.of()
  const told = Object.fromEntries(data.map((one) => [one.device, [one.readings, one.lost, one.covered]]))
  assert.deepEqual(told, { air: [720, 7, 0.5], slow: [144, 0, 1] })
})

test('a device that was taken out is told of on the days that it has readings of', async () => {
  await using made = habitat(dawn + 25 * HOUR, [air], true, [tap])
  made.read(tap, dawn - 24 * HOUR, dawn - 23 * HOUR, () => ({ flow: 1 }))
  const devices = async (sol: number) => (await made.of({ sol })).data.map(({ device }) => device)
  assert.deepEqual(await devices(12), ['air'])
  assert.deepEqual((await devices(11)).sort(), ['air', 'tap'])
})

test('an empty day, one to come, a running one and a habitat without anything each have a report', async () => {
  await using made = habitat(dawn + 6 * HOUR, [air, power])
  made.read(air, dawn, dawn + 6 * HOUR, () => ({ co2: 700, temperature: 20 }))
  const running = await made.of()
  assert.deepEqual([running.day.state, running.air[0]?.covered], ['running', 1])
  assert.match(markdownOf(running), /not over: up to 13:00/)

  const empty = await made.of({ sol: 3 })
  assert.deepEqual([empty.air[0]?.mean, empty.air[0]?.covered, empty.power.total.used], [null, 0, null])
  assert.match(markdownOf(empty), /No alert\.[\s\S]*Nothing was logged\./)
  assert.doesNotMatch(markdownOf(empty) + csvOf(empty), /NaN|Infinity|undefined|null/)

  const future = await made.of({ sol: 13 })
  assert.equal(future.day.state, 'future')
  assert.match(markdownOf(future), /The day has not begun\./)
  assert.doesNotMatch(markdownOf(future), /## Power/)

  await using bare = habitat(dawn, [], false)
  const nothing = await bare.of({ date: '2026-11-19' })
  assert.match(markdownOf(nothing), /^# Daily operations report: 2026-11-19\n/)
  assert.match(
    markdownOf(nothing),
    /No power meter sends readings\.[\s\S]*No water meter sends readings\.[\s\S]*Nothing is measured\.[\s\S]*No device\./,
  )
  assert.doesNotMatch(markdownOf(nothing) + csvOf(nothing), /NaN|Infinity|undefined|null/)
})

test('each saving is a version of its own, and nobody writes over words that they have not seen', async () => {
  await using made = habitat(dawn + HOUR, [air])
  made.reports.save({ sol: 12 }, { by: 'Ada', texts: { summary: 'Quiet.', air: 'Fine.' }, after: 0 })
  made.is.now += MINUTE
  const { texts, versions } = made.reports.save(
    { sol: 12 },
    { by: 'Bob', texts: { summary: 'Quiet night.' }, after: 1 },
  )
  assert.deepEqual([texts.summary, texts.air], ['Quiet night.', 'Fine.'])
  assert.deepEqual(
    versions.map(({ version, by }) => [version, by]),
    [
      [1, 'Ada'],
      [2, 'Bob'],
    ],
  )
  const late = () => made.reports.save({ sol: 12 }, { by: 'Cy', texts: { summary: 'x' }, after: 1 })
  assert.throws(late, (error) => isHabtwinError(error, 'report/conflict') && /Bob/.test((error as Error).message))
  const first = await made.reports.report({ sol: 12 }, 1, new AbortController().signal)
  assert.equal(first.texts.summary, 'Quiet.')
  await assert.rejects(async () => made.reports.report({ sol: 12 }, 3, new AbortController().signal), /no version 3/)
  // another day has words of its own, also one that begins at the same moment
  assert.deepEqual((await made.of({ sol: 11 })).versions, [])
  assert.equal((await made.of()).texts.summary, 'Quiet night.')
})

test('words that the disk does not take are told as not saved', async () => {
  await using made = habitat(dawn + HOUR)
  made.is.full = true
  const save = () => made.reports.save({ sol: 12 }, { by: 'Ada', texts: { summary: 'x' }, after: 0 })
  assert.throws(save, (error) => isHabtwinError(error, 'data/unusable'))
})

test('what people write breaks neither a table nor a spreadsheet', async () => {
  await using made = habitat(dawn + HOUR, [])
  const text = '=1+1 | "quoted", <b>bold</b>\nnext line'
  made.store.commit({
    records: [{ topic: 'event/e', body: { kind: 'note', t: dawn, by: '@Ada', zone: 'crew', text }, t: dawn }],
  })
  made.reports.save({ sol: 12 }, { by: 'Ada', texts: { events: '# Mine\n\n- a, "b"' }, after: 0 })
  const whole = await made.of()
  const row = markdownOf(whole)
    .split('\n')
    .find((line) => line.includes('quoted'))
  assert.equal(row, '| 07:00 | Note | Crew quarters | =1+1 \\| "quoted", \\<b\\>bold\\</b\\> next line | @Ada |')
  assert.match(csvOf(whole), /,'@Ada,"'=1\+1 \| ""quoted"", <b>bold<\/b>\nnext line"\r\n/)
  const head = csvOf(whole).split('\r\n')[0]?.split(',').length
  assert.equal(head, 11)
})
