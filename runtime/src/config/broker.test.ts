import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configChanges } from './diff.ts'
import { ConfigError } from './faults.ts'
import { parseConfig } from './load.ts'

const written = (text: string) => ({ text, config: parseConfig(text, 'habitat.yaml', [], {}) })

test('MQTT 5 is spoken where one line says so, and a broker begins anew for it', () => {
  const [off, on] = [written('broker: { mqtt: 1883 }'), written('broker: { mqtt: 1883, mqtt5: true }')]
  assert.deepEqual([off.config.broker.mqtt5, on.config.broker.mqtt5], [false, true])
  const changes = configChanges(off, on).map(({ words, needs }) => `${words}: ${needs}`)
  assert.deepEqual(changes, ['broker.mqtt5: not given → true: gateway'])
  assert.deepEqual(configChanges(off, written('broker: { mqtt: 1883, mqtt5: false }')), [])
})

test('anything but yes or no is told where it stands', () => {
  assert.throws(
    () => written('broker:\n  mqtt5: 2\n'),
    (error) => {
      assert.ok(error instanceof ConfigError)
      assert.deepEqual(
        error.faults.map(({ path, line }) => `${path} in line ${line}`),
        ['broker.mqtt5 in line 2'],
      )
      return true
    },
  )
})
