import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceInfo } from '@habtwin/contract/device'
import { deviceChoices, keyOf, zoneChoices } from './measures.ts'

const device = (id: string, label: string, points: DeviceInfo['points'], zone = 'crew'): DeviceInfo => ({
  device: id,
  zone,
  node: 'pi',
  driver: 'virtual',
  label,
  simulated: true,
  every: 10_000,
  points,
})

const infos = [
  device('air-2', 'Air, second', { co2: { unit: '[ppm]' } }),
  device('air', 'Air', { humidity: { unit: '%' }, co2: { unit: '[ppm]' } }),
  device('scrubber', 'CO₂ scrubber', { state: { unit: '1', label: 'State' }, power: { unit: 'W' } }),
  device('o2-generator', 'O₂ generator', { flow: { unit: 'L/min', label: 'O₂ flow' }, 'feed-rate': { unit: 'kg/h' } }),
  device('handles', 'What was done', { leak: { unit: '1', writable: ['sealed', 'open'] } }),
  device('elsewhere', 'Elsewhere', { o2: { unit: '%' } }, 'greenhouse'),
]

test('a quantity of the air is offered once for all its instruments, and only where one measures it', () => {
  assert.deepEqual(
    zoneChoices(infos, 'crew').map(({ label }) => label),
    ['CO₂', 'Humidity'],
  )
})

test('what a device says of itself is offered by device, in its own words', () => {
  assert.deepEqual(
    deviceChoices(infos, 'crew').map(({ label }) => label),
    ['CO₂ scrubber: state', 'CO₂ scrubber: power', 'O₂ generator: O₂ flow', 'O₂ generator: feed rate'],
  )
})

test('what is only there to be set is not charted', () => {
  assert.equal(deviceChoices(infos, 'crew').length, 4)
})

test('the same point of two devices has two keys', () => {
  const [a, b] = deviceChoices(infos, 'crew')
  assert.notEqual(a && keyOf(a.measure), b && keyOf(b.measure))
})
