import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whatifRequest } from '@habtwin/contract/twin'
import { controlsOf, requestOf, type Wish, wordsOf } from './changes.ts'

const zones = new Map([
  ['garden', { label: 'Garden', lamps: {} }],
  ['crew', { label: 'Crew quarters', crew: 4, scrubber: {}, blower: { flow: 30 } }],
])

const label = (zone: string) => zones.get(zone)?.label ?? zone

test('a zone offers what it has; a door is offered once', () => {
  const controls = controlsOf(zones)
  assert.deepEqual(
    [...controls.values()].flat().map(({ key }) => key),
    [
      'crew/garden',
      'lamps/garden',
      'valve/garden',
      'hatch/garden/crew',
      'hatch/garden',
      'crew/crew',
      'scrubber/crew',
      'blower/crew',
      'valve/crew',
      'hatch/crew',
    ],
  )
  const both = new Map([
    ['a', { label: 'A', beside: ['b'] }],
    ['b', { label: 'B', beside: ['a', 'gone'] }],
  ])
  const doors = [...controlsOf(both).values()]
    .flat()
    .filter(({ key }) => key.startsWith('hatch/') && key.includes('/b'))
  assert.deepEqual(
    doors.map(({ key }) => key),
    ['hatch/a/b', 'hatch/b'],
  )
})

test('wishes are a request that the server takes, and a sentence', () => {
  const wishes = new Map<string, Wish>([
    ['crew/crew', { value: 2, after: 60, minutes: 240 }],
    ['scrubber/crew', { value: 'off', after: 0 }],
    ['lamps/garden', { value: 0.8, after: 0 }],
    ['blower/crew', { value: 0, after: 0 }],
    ['valve/crew', { value: 50, after: 0 }],
    ['hatch/garden/crew', { value: true, after: 0, minutes: 30 }],
    ['hatch/crew', { value: true, after: 0 }],
  ])
  const request = requestOf(controlsOf(zones), wishes)
  assert.deepEqual(whatifRequest.parse(request), request)
  assert.deepEqual(request.changes[2], { what: 'crew', zone: 'crew', add: 2, after: 60, minutes: 240 })
  assert.equal(
    wordsOf(request, label),
    'Lamps of Garden at 80 %; door from Garden to Crew quarters open for 30 min; 2 people more in Crew quarters in 1 h for 4 h; scrubber of Crew quarters off; blower of Crew quarters off; valve of Crew quarters open, 50 m³/h; hatch of Crew quarters open to the outside',
  )
  assert.equal(wordsOf(requestOf(controlsOf(zones), new Map()), label), undefined)
})
