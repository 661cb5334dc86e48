import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoggedEvent } from '@habtwin/contract'
import { marksOf, place } from './marks.ts'

const wide = (text: string) => text.length * 7
const event = (id: string, more: Partial<LoggedEvent>): LoggedEvent => ({ id, kind: 'note', t: 0, by: 'Ada', ...more })

test('a chart is marked with what concerns its zone', () => {
  const events = [
    event('a', { kind: 'hatch', zone: 'crew', to: 'greenhouse', value: 1 }),
    event('b', { kind: 'crew', zone: 'crew', value: 2 }),
    event('c', { text: 'dust storm' }),
  ]
  const marks = marksOf(events, 'greenhouse', (zone) => zone.toUpperCase())
  assert.deepEqual(
    marks.map(({ id, text }) => [id, text]),
    [
      ['a', 'Hatch open to GREENHOUSE'],
      ['c', 'dust storm'],
    ],
  )
})

test('words that would cover each other go to rows of their own, and the newest are told first', () => {
  const marks = Array.from({ length: 7 }, (_, i) => ({ x: 100 + i, text: `number ${i}` }))
  const placed = place(marks, wide, 0, 200)
  assert.deepEqual(
    placed.map(({ row }) => row !== undefined),
    [false, true, true, true, true, true, true],
  )
  for (const a of placed)
    for (const b of placed) {
      if (a === b || a.row === undefined || a.row !== b.row) continue
      assert.ok(a.left + wide(a.text) <= b.left || b.left + wide(b.text) <= a.left, `${a.text} covers ${b.text}`)
    }
})

test('words stay within the chart, and long ones are cut', () => {
  const [last] = place([{ x: 395, text: 'Hatch open' }], wide, 0, 400)
  assert.ok(last && last.row === 0 && last.left + wide(last.text) <= 395)
  const [long] = place([{ x: 10, text: 'word '.repeat(40).trim() }], wide, 0, 1_000)
  assert.equal(long?.text, 'word word word word word…')
  const narrow = place([{ x: 130, text: 'Water meter 1234 L by hand' }], wide, 0, 260)
  // never half a figure
  assert.deepEqual([narrow[0]?.row, narrow[0]?.text], [0, 'Water meter…'])
  // a word that is longer than all the room has only its line
  assert.equal(place([{ x: 10, text: 'x'.repeat(99) }], wide, 0, 400)[0]?.row, undefined)
})
