import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert, Level } from '@habtwin/contract/alert'
import { levels as contractLevels } from '@habtwin/contract/alert'
import fc from 'fast-check'
import { counts, levelOf, levels, sortAlerts, sounding } from './alerts.ts'
import { connectionOf, isSlow, linkAfter, noLink } from './connection.ts'
import { SOMETHING, settingOf } from './disturb.ts'
import { number, scaled, scaleOf, share, span, withUnit } from './format.ts'
import { parseMarkdown } from './markdown.ts'
import { clock, elapsed, moment, sol } from './mission.ts'
import { tones } from './tones.ts'

const alert = (id: string, level: Level, more: Partial<Alert> = {}): Alert => ({
  id,
  level,
  zone: 'crew',
  quantity: 'co2',
  value: null,
  limit: null,
  since: 0,
  t: 0,
  text: '',
  source: 'guard',
  active: true,
  ...more,
})
const by = { by: 'Noa', t: 1 }

test('the page knows the contract’s levels, worst first, and a tone for each', () => {
  assert.deepEqual(levels, contractLevels)
  assert.equal(new Set(levels.map((level) => JSON.stringify(tones[level].notes))).size, levels.length)
})

test('the worst alert comes first, and among equals the one that nobody has acknowledged', () => {
  const list = [alert('a', 'advisory'), alert('b', 'warning', { acknowledged: by }), alert('c', 'warning')]
  assert.deepEqual(
    sortAlerts(list).map(({ id }) => id),
    ['c', 'b', 'a'],
  )
})

test('the headline names the worst level and counts the rest', () => {
  assert.equal(counts([]), undefined)
  assert.equal(counts([alert('a', 'warning'), alert('b', 'warning')]), '2 warnings')
  assert.equal(counts([alert('a', 'advisory'), alert('b', 'emergency')]), '1 emergency + 1 more')
})

test('a forecast alert does not colour the present figure', () => {
  assert.equal(levelOf([alert('a', 'warning', { source: 'twin' })], 'crew', 'co2'), undefined)
  assert.equal(levelOf([alert('a', 'caution')], 'crew', 'co2'), 'caution')
})

test('what is acknowledged makes no sound', () => {
  assert.equal(sounding([alert('a', 'emergency', { acknowledged: by }), alert('b', 'caution')]), 'caution')
})

test('CO₂ is shown by partial pressure of the habitat’s own total pressure', () => {
  const mmHg = scaleOf('co2', { co2: 'mmHg', temperature: 'Cel' }, 879)
  assert.equal(withUnit(3_033, mmHg), '2.00 mmHg')
  assert.equal(withUnit(22.4, scaleOf('temperature', { co2: 'ppm', temperature: '[degF]' }, 879)), '72.3 °F')
})

test('figures are grouped, and zero has no sign', () => {
  assert.equal(number(12_345.6, 0), '12,346')
  assert.equal(number(-3.5, 1), '−3.5')
  assert.equal(number(-0.01, 1), '0.0')
  assert.equal(scaled(null, scaleOf('co2', { co2: 'ppm', temperature: 'Cel' }, 1000)), '–')
})

test('completeness says 100 only where nothing is missing', () => {
  assert.equal(share(1_000_000, 1_000_000), '100 %')
  assert.equal(share(999_999, 1_000_000), '99.99 %')
  assert.equal(share(0, 0), '–')
})

test('ages are told in their largest unit', () => {
  assert.deepEqual([8_000, 240_000, 7_200_000, 200_000_000].map(span), ['8 s', '4 min', '2 h', '2 d'])
})

test('the mission’s first day is sol 1, and its length is the mission’s own', () => {
  const mars = { epoch: 0, day: 88_775_244 }
  assert.equal(sol(0, mars), 'Sol 1')
  assert.equal(sol(88_775_243, mars), 'Sol 1')
  assert.equal(sol(88_775_244, mars), 'Sol 2')
  assert.equal(sol(-1, mars), 'T−1 d')
  assert.equal(elapsed(11 * 86_400_000 + 7 * 3_600_000 + 7 * 60_000, mars), 'MET 11 d 07:07')
})

test('times are the habitat’s, with the date where it is not today', () => {
  const t = Date.UTC(2026, 10, 21, 8, 47)
  assert.equal(clock(t, 'America/Phoenix'), '01:47')
  assert.equal(clock(t, 'Not/AZone'), '08:47')
  assert.equal(moment(t, t, 'UTC'), '08:47')
  assert.equal(moment(t - 86_400_000, t, 'UTC'), 'Fri 20 Nov 08:47')
})

test('a short drop is reconnecting, a long one offline since the last good moment', () => {
  const up = linkAfter(noLink, { live: true, rest: true }, 1_000)
  const down = linkAfter(up, { live: false, rest: false }, 2_000)
  assert.equal(connectionOf(noLink, 0), 'starting')
  assert.equal(connectionOf(up, 1_000), 'live')
  assert.equal(connectionOf(linkAfter(up, { live: false }, 2_000), 2_000), 'polling')
  assert.equal(connectionOf(down, 3_000), 'reconnecting')
  assert.equal(connectionOf(down, 60_000), 'offline')
  assert.equal(linkAfter(down, { rest: false }, 50_000).seen, 2_000)
})

test('that figures come by asking only is said after a moment', () => {
  const asking = linkAfter(linkAfter(noLink, { live: true, rest: true }, 1_000), { live: false }, 2_000)
  assert.equal(isSlow(asking, 3_000), false)
  assert.equal(isSlow(asking, 9_000), true)
  assert.equal(isSlow(linkAfter(asking, { live: true }, 9_000), 90_000), false)
})

test('a control shows what its device reads, but an answer that is newer than the reading', () => {
  const says = (values: Record<string, number>) => ({ reading: { journal: '', seq: 1, n: 1, t: 0, values }, at: 100 })
  const scrubber = ['auto', 'failed']
  assert.equal(settingOf('scrubber', scrubber, { value: 'auto', at: 50 }, says({ scrubber: 0 })), 'failed')
  assert.equal(settingOf('scrubber', scrubber, { value: 'failed', at: 150 }, says({ scrubber: 1 })), 'failed')
  assert.equal(settingOf('visitors', [0, 2], undefined, says({ visitors: 2 })), 2)
  assert.equal(settingOf('leak', ['sealed', 'open'], undefined, undefined), 'sealed')
  assert.equal(settingOf('unplug', ['none', 'air'], undefined, says({ unplug: 1 })), SOMETHING)
  assert.equal(settingOf('unplug', ['none', 'air'], { value: 'air', at: 1 }, says({ unplug: 1 })), 'air')
})

test('a checklist’s headings, steps, numbers and emphasis are read', () => {
  const blocks = parseMarkdown('# High CO₂\n\n- [ ] wake the **crew**\n- [x] done\n1. one\n2. two\n\na\nb\n')
  assert.deepEqual(
    blocks.map(({ kind }) => kind),
    ['heading', 'list', 'list', 'paragraph'],
  )
  const [, steps, numbers] = blocks
  assert.ok(steps?.kind === 'list' && !steps.ordered && numbers?.kind === 'list' && numbers.ordered)
  assert.deepEqual(
    steps.items.map(({ done }) => done),
    [false, true],
  )
  assert.deepEqual(steps.items[0]?.text[1], { kind: 'strong', text: 'crew' })
})

test('no text hangs or breaks the Markdown reader, and HTML stays text', () => {
  const [block] = parseMarkdown('<script>alert(1)</script>')
  assert.deepEqual(block, { kind: 'paragraph', text: [{ kind: 'text', text: '<script>alert(1)</script>' }] })
  const piece = fc.constantFrom(
    '# ',
    '- ',
    '1. ',
    '[ ] ',
    '**',
    '*',
    '`',
    '```',
    '\n',
    '\n\n',
    '> ',
    'word',
    '[a](b)',
    '---',
    ' ',
  )
  fc.assert(fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => Array.isArray(parseMarkdown(pieces.join('')))))
})
