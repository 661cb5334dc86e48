import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import './lean-mqtt.ts'

test('whoever else uses the package `debug` gets on with the silent one, however it is called', () => {
  const load = createRequire(createRequire(import.meta.url).resolve('mqtt-packet'))
  const debug = load('debug')
  for (const make of [debug, debug.default, debug.debug]) {
    const log = make('habtwin:test')
    assert.equal(log.enabled, false)
    assert.equal(log('a %s', 'b'), undefined)
    assert.equal(log.extend('more')('c'), undefined)
  }
  assert.equal(debug.enabled('habtwin:test'), false)
})
