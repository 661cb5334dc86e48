import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  afarText,
  ageText,
  co2Scale,
  completeText,
  configText,
  deviceText,
  linkText,
  matching,
  type Row,
  skewText,
  sorted,
  summary,
  worstOf,
} from './model.ts'

const NOW = Date.UTC(2026, 10, 21, 12)
const MIN = 60_000

function row(habitat: string, change: Partial<Row> = {}): Row {
  return {
    habitat,
    label: habitat,
    simulated: false,
    timezone: 'UTC',
    link: { state: 'up', since: NOW, delay: 0, heard: NOW },
    t: NOW - 5_000,
    alerts: { worst: null, count: 0 },
    co2: null,
    completeness: { taken: 100, stored: 100, gaps: 0 },
    devices: { ok: 3, stale: 0, down: 0 },
    ...change,
  }
}

const link = (state: Row['link']['state'], more: Partial<Row['link']> = {}) => ({
  link: { state, since: NOW - 10 * MIN, delay: 0, heard: NOW - 10 * MIN, ...more },
})

for (const [what, change, words, detail] of [
  ['there is signal', link('up'), 'Signal', ''],
  ['a light time away', link('up', { delay: 12 * MIN }), 'Signal', '12 min one way'],
  ['between contacts', link('closed', { delay: 20 * MIN, next: { from: NOW + 40 * MIN, to: NOW + 80 * MIN } }), 'Contact in 1 h', 'at 13:00, as planned'], // biome-ignore format: a table
  ['a contact begins', link('closed', { next: { from: NOW - 1_000, to: NOW + 80 * MIN } }), 'Contact begins', ''],
  ['nothing came', link('late', { since: NOW - 40_000 }), 'Silent for 40 s', 'something should have come'],
  ['loss of signal', link('lost'), 'Loss of signal', 'for 10 min'],
  ['it says why', link('lost', { reason: 'refused' }), 'Loss of signal', 'for 10 min: refused'],
  ['never heard', link('never'), 'Never heard', ''],
] as const) {
  test(`link: ${what}`, () => {
    assert.deepEqual(linkText(row('sam', change), NOW, 'UTC'), { words, detail })
  })
}

test('on a habitat’s own page it is said how late one sees it', () => {
  const words = (change: Pick<Row, 'link'>) => afarText(change.link, NOW)
  assert.deepEqual(words(link('up', { delay: 12 * MIN })), { words: 'It is seen as it was 12 min ago: that is the light time.', isLost: false }) // biome-ignore format: a table
  assert.equal(words(link('lost')).words, 'Loss of signal for 10 min: all is as of then.')
  assert.match(
    words(link('closed', { next: { from: NOW + 60 * MIN, to: NOW + 90 * MIN } })).words,
    /next begins in 1 h\.$/,
  )
  assert.equal(words(link('late')).isLost, true)
})

test('a reading is as old as it is, and what of that is light time is said', () => {
  assert.deepEqual(ageText(row('a', { t: NOW - 12 * MIN - 4_000, ...link('up', { delay: 12 * MIN }) }), NOW), {
    words: '12 min',
    detail: '12 min of it light time',
  })
  assert.equal(ageText(row('a', link('lost')), NOW).detail, 'as of then')
  assert.deepEqual(ageText(row('a', { t: null }), NOW), { words: '–', detail: 'no readings' })
  assert.equal(ageText(row('a', { t: NOW + 5 * MIN }), NOW).words, '5 min ahead')
})

test('what is under way is missing until it comes, and 100 % is said of nothing less', () => {
  assert.deepEqual(completeText(row('a')), { words: '100 %', detail: '' })
  const behind = { taken: 200_000, stored: 199_999, gaps: 1 }
  assert.deepEqual(completeText(row('a', { completeness: behind })), { words: '99.99 %', detail: '1 to come, 1 gap' })
})

test('devices that are stale and devices that are down are told apart', () => {
  assert.equal(deviceText(row('a', { devices: { ok: 3, stale: 1, down: 2 } })), '3 ok, 1 stale, 2 down')
})

test('the worst stands first, whatever it is called', () => {
  const rows = [
    row('calm'),
    row('advised', { alerts: { worst: 'advisory', count: 1 } }),
    row('lost', link('lost')),
    row('burning', { alerts: { worst: 'emergency', count: 2, text: 'Smoke in crew' } }),
    row('hab-10'),
    row('hab-9'),
  ]
  assert.deepEqual(
    sorted(rows, 'urgency').map((one) => one.habitat),
    ['burning', 'lost', 'advised', 'calm', 'hab-9', 'hab-10'],
  )
  assert.deepEqual(
    matching(rows, ' smoke').map((one) => one.habitat),
    ['burning'],
  )
  assert.equal(summary(rows), '1 emergency, 1 advisory, 1 without signal')
  assert.equal(worstOf(rows), 'emergency')
})

test('nominal is what is heard to be so, not what is left over when nothing is heard', () => {
  assert.equal(worstOf([]), 'unknown')
  assert.equal(worstOf([row('a', link('lost'))]), 'unknown')
  assert.equal(worstOf([row('a'), row('b', link('lost'))]), 'nominal')
})

test('a clock that differs makes no figure old or new, and is told', () => {
  const ahead = row('sam', { ...link('up', { skew: 5 * MIN, heard: NOW }), t: NOW + 5 * MIN - 5_000 })
  const behind = row('mars', { ...link('up', { skew: -5 * MIN, heard: NOW }), t: NOW - 5 * MIN - 5_000 })
  for (const one of [ahead, behind]) assert.deepEqual(ageText(one, NOW), { words: '5 s', detail: '' })
  assert.equal(skewText(ahead), 'its clock is 5 min ahead of ours')
  assert.equal(skewText(behind), 'its clock is 5 min behind ours')
  assert.equal(skewText(row('x')), '')
  assert.match(summary([ahead, behind]), /2 with another clock/)
  assert.match(afarText(ahead.link, NOW).words, /as it is now\. Its clock is 5 min ahead of ours\.$/)
})

test('a partial pressure is reckoned with the pressure that there is, and without one not shown', () => {
  const { of, unit } = co2Scale({ pressure: 879 }, '[ppm]', 'mmHg')
  assert.equal(unit, 'mmHg')
  assert.equal(of(1_000).toFixed(3), '0.659') // 879 hPa are 659.3 mmHg
  assert.equal(co2Scale({}, '[ppm]', 'mmHg').unit, 'ppm')
  assert.equal(co2Scale({ pressure: 879 }, '[ppm]', 'ppm').of(1_000), 1_000)
})

test('a configuration that is not in force says why', () => {
  const faults = [{ path: 'receive.most', line: 3, message: 'is no number' }]
  assert.equal(configText({}), undefined)
  assert.equal(configText({ config: { state: 'ok' } }), undefined)
  assert.match(configText({ config: { state: 'faulty', faults } }) ?? '', /line 3, receive\.most: is no number\.$/)
  assert.match(configText({ config: { state: 'restart', restart: ['broker.mqtt: 1 → 2'] } }) ?? '', /restart: broker/)
})
