import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceInfo, DevicePoint } from '@habtwin/contract/device'
import { actText, barred, type Handle, handlesOf, resultText, settingOf, valueText } from './model.ts'

const relay: DevicePoint = { unit: '1', writable: [0, 1], safe: 0 }
const dial: DevicePoint = { unit: 'Cel', label: 'Set-point', writable: { min: 15, max: 28, step: 0.5 } }
const info = (device: string, points: DeviceInfo['points']): DeviceInfo => ({
  ...{ device, zone: 'crew', node: 'pi', driver: 'x', label: device, simulated: false, every: 1_000, points },
})
const fan: Handle = { device: 'fan', point: 'state', zone: 'crew', label: 'Fan', declared: relay }

test('what can be set is listed, but neither what is only read nor the handles of the virtual habitat', () => {
  const infos = [info('Heater', { state: relay, temperature: dial, power: { unit: 'W' } }), info('Fan', { state: relay }), info('virtual', { leak: relay })] // biome-ignore format: one line
  assert.deepEqual(
    handlesOf(infos, 'virtual').map(({ label }) => label),
    ['Fan', 'Heater, set-point', 'Heater, state'],
  )
})

test('values and acts are said as people say them', () => {
  assert.deepEqual([valueText(relay, 0), valueText(relay, 1), valueText(dial, 21.5), valueText(dial, null)], ['off', 'on', '21.5 °C', 'not known']) // biome-ignore format: one line
  assert.equal(actText(fan, 1), 'Switch Fan on')
  assert.equal(actText({ ...fan, label: 'Heater', declared: dial }, 21), 'Set Heater to 21 °C')
})

test('while an interlock holds only the safe value may be chosen', () => {
  const state = { t: 0, refused: 'there is smoke' }
  assert.equal(barred(relay, state, 1), 'there is smoke')
  assert.equal(barred(relay, state, 0), undefined)
  assert.equal(barred(relay, { t: 0 }, 1), undefined)
})

test('what became of a command is told as what is so now', () => {
  assert.deepEqual(resultText(fan, 1, { state: 'done', readback: 1 }), { good: true, text: 'Done: Fan is on.' })
  assert.equal(resultText(fan, 1, { state: 'refused', reason: 'there is smoke' }).text, 'Refused: there is smoke. Nothing was changed.') // biome-ignore format: one line
  assert.match(resultText(fan, 1, { state: 'waiting' }).text, /may still be done/)
  assert.equal(resultText(fan, 1, { state: 'waiting', reason: 'it waits for a crew member to confirm it' }).text, 'Sent: it waits for a crew member to confirm it.') // biome-ignore format: one line
  assert.match(resultText(fan, 1, { state: 'failed', reason: 'no answer within 500 ms' }).text, /^Failed: no answer/)
})

test('a figure that cannot be set is refused before it is sent', () => {
  const range = { min: 15, max: 28, step: 0.5 }
  assert.deepEqual([settingOf(range, 'Cel', '21,5'), settingOf(range, 'Cel', ' 15 ')], [21.5, 15])
  assert.equal(settingOf(range, 'Cel', ''), 'Give a figure.')
  assert.equal(settingOf(range, 'Cel', '40'), 'It goes from 15 to 28 °C.')
  assert.equal(settingOf(range, 'Cel', '21.3'), 'It goes in steps of 0.5 °C.')
})
