import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceInfo } from '@habtwin/contract'
import type { LogEntry, LogGroup } from '../store/types.ts'
import { latestForecastLines, line, linesOf } from './lines.ts'

const info = (zone: string): DeviceInfo => ({
  device: 'air', zone, node: 'pi', driver: 'x', label: 'Air', simulated: false, every: 1000, points: {},
}) // biome-ignore format: short
const context = { habitat: 'sam', infoAt: (_: string, t: number) => info(t < 2000 ? 'crew' : 'greenhouse') }
const entry = (groups: LogGroup[], records: LogEntry['records'] = []): LogEntry => ({ id: 1, t: 0, groups, records })

test('a reading is one line, in the zone that was valid at its time, without its nulls', () => {
  const keys = ['co2', 'humidity-ratio'].map((point) => ({ kind: 'reading', device: 'air', point }) as const)
  const values = [
    [400.5, Number.NaN, Number.NaN],
    [0.008, 0.009, Number.NaN],
  ]
  const group = { keys, journal: 'j', unsynced: false, seq: [1, 2, 3], t: [1000, 2000, 3000], values }
  assert.deepEqual(linesOf(entry([group]), context), [
    'reading,habitat=sam,node=pi,zone=crew,device=air co2=400.5,humidity-ratio=0.008 1000',
    'reading,habitat=sam,node=pi,zone=greenhouse,device=air humidity-ratio=0.009 2000',
  ])
  assert.deepEqual(linesOf(entry([{ ...group, unsynced: true }]), context), [])
  const corrections = () => [{ journal: 'j', from: 2, to: 2, since: 0, until: 5000, by: -1500 }]
  assert.deepEqual(
    linesOf(entry([group]), { ...context, corrections }).map((line) => line.split(' ').at(-1)),
    ['1000', '500'],
  )
})

test('what the twin says has measurements of its own', () => {
  const of = (key: LogGroup['keys'][number]) => ({
    keys: [key],
    journal: '',
    unsynced: false,
    seq: [0],
    t: [5],
    values: [[1.5]],
  })
  const zone = { zone: 'crew', quantity: 'co2' }
  const groups = [
    of({ kind: 'estimate', ...zone, field: 'mean' }),
    of({ kind: 'estimate', ...zone, field: 'sd' }),
    of({ kind: 'forecast', ...zone, lead: '6h', field: 'p95' }),
  ]
  assert.deepEqual(linesOf(entry(groups), context), [
    'estimate,habitat=sam,zone=crew co2=1.5 5',
    'estimate,habitat=sam,zone=crew co2_sd=1.5 5',
    'forecast,habitat=sam,zone=crew,lead=6h co2_p95=1.5 5',
  ])
})

test('alerts and events are lines, results are not', () => {
  const told = {
    id: 'x', level: 'caution', zone: 'crew', quantity: 'co2', value: 5000, limit: null, since: 1, t: 7,
    text: 'CO₂ is "high"\nopen, a hatch', source: 'guard', active: true,
  } // biome-ignore format: short
  const records = [
    { topic: 'alert/x', body: told, t: 7 },
    { topic: 'event/y', body: { kind: 'note', t: 8, by: 'ann', text: 'x=1' }, t: 8 },
    { topic: 'result/air/1', body: { id: '1', state: 'done' }, t: 9 },
  ]
  assert.deepEqual(linesOf(entry([], records), context), [
    'alert,habitat=sam,zone=crew,level=caution,quantity=co2,source=guard id="x",value=5000,active=true,text="CO₂ is \\"high\\" open, a hatch" 7',
    'event,habitat=sam,kind=note by="ann",text="x=1" 8',
  ])
})

test('scores are a line a zone and lead, health is one a device', () => {
  const of = { n: 100, mae: 12.5, crps: 9, coverage90: 0.9, width: 50, persistence: 20, trend: null, seasonal: null }
  const scores = [
    { zone: 'crew', quantity: 'co2', lead: 60, ...of, skill: 0.375 },
    { zone: 'crew', quantity: 'o2', lead: 60, ...of, skill: -0.5 },
    { zone: 'garden', quantity: 'co2', lead: 5, ...of, skill: 0 },
  ]
  const records = [
    { topic: 'twin/score', body: { t: 9, scores }, t: 9 },
    { topic: 'device/air/health', body: { state: 'down', reason: 'no answer', t: 10 }, t: 10 },
  ]
  const figures = (quantity: string, skill: number) =>
    ['n=100', 'mae=12.5', 'crps=9', 'coverage90=0.9', 'width=50', 'persistence=20', `skill=${skill}`]
      .map((figure) => `${quantity}_${figure}`)
      .join(',')
  assert.deepEqual(linesOf(entry([], records), context), [
    `score,habitat=sam,zone=crew,lead=60m ${figures('co2', 0.375)},${figures('o2', -0.5)} 9`,
    `score,habitat=sam,zone=garden,lead=5m ${figures('co2', 0)} 9`,
    'health,habitat=sam,node=pi,zone=crew,device=air state="down",reason="no answer" 10',
  ])
})

test('a line without a field is no line, and tags are escaped', () => {
  assert.equal(line('m', {}, { a: null, b: Number.NaN, c: undefined }, 1), undefined)
  assert.equal(line('m', { z: 'a b,c=d\\' }, { a: 1 }, 1.4), 'm,z=a\\ b\\,c\\=d\\  a=1 1'.replace('\\  ', '\\  '))
})

test('each newest forecast lies on the same times as the one before, so that it replaces it', () => {
  const MINUTE = 60_000
  const made = 1_000_000 * MINUTE + 12_345
  const leads = [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 75, 90].map((m) => m * MINUTE)
  const values = leads.map((lead) => lead / MINUTE)
  const forecast = { made, t: leads.map((lead) => made + lead), p05: values, p50: values, p95: values }
  const lines = latestForecastLines('sam', 'crew', 'co2', forecast)
  const times = lines.map((one) => Number(one.split(' ').at(-1)))
  for (const t of times) assert.equal(t % (5 * MINUTE), 0)
  for (const one of lines) {
    const p50 = Number(/co2_p50=([\d.]+)/.exec(one)?.[1])
    const t = Number(one.split(' ').at(-1))
    assert.ok(Math.abs(p50 - (t - made) / MINUTE) < 1e-6, one)
  }
  assert.ok(times.length >= 12)
})
