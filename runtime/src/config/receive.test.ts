import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from './faults.ts'
import { parseTree } from './load.ts'
import { receiveSchema } from './receive.ts'
import { loadReceiveConfig, receiveChanges, unlikelyReceive } from './receive-source.ts'

const parsed = (text: string, env: NodeJS.ProcessEnv = {}) => parseTree(receiveSchema, text, 'mc.yaml', env)

/** Places and messages of what is wrong. */
function faults(text: string): string[] {
  try {
    parsed(text)
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.faults.map(({ line, path, message }) => `${line} ${path}: ${message}`)
  }
}

test('without a file a receiver listens on this machine alone, and has room for the gateways of many habitats', () => {
  const { receive, broker, http } = loadReceiveConfig(undefined, {})
  assert.equal(receive.consumer, 'earth')
  assert.deepEqual([broker.mqtt.host, broker.mqtt.port, broker.url], ['127.0.0.1', 1883, undefined])
  assert.equal(http.panel.port, 8080)
  assert.ok(broker.max_connections >= 1_000)
})

test('a broker of somebody else is one address or several, and no password stands in it', () => {
  assert.deepEqual(parsed('broker: { url: ["mqtts://a:8883", "mqtts://b:8883"] }').broker.url, ['mqtts://a:8883', 'mqtts://b:8883']) // biome-ignore format: one line
  assert.match(faults('broker: { url: "mqtt://me:secret@a" }').join(), /user and password have keys of their own/)
  assert.match(faults('broker: { url: "http://a" }').join(), /mqtts:\/\/broker.example/)
  assert.equal(parsed('broker: { url: "mqtt://a" }', { HABTWIN_BROKER__PASSWORD: 's' }).broker.password, 's')
})

test('what is wrong is told with its place, all at once', () => {
  const told = faults('receive:\n  habitat: sam\n  most: 0\nbroker:\n  mqtt: "*:1883"\n')
  assert.match(told[0] ?? '', /^2 receive\.habitat: unknown key/)
  assert.match(told[1] ?? '', /^3 receive\.most/)
  assert.match(told[2] ?? '', /^5 broker\.mqtt: .*can be reached from other machines/)
})

test('what a changed file changes is told in its words, with who has to begin anew for it', () => {
  const written = (text: string) => ({ text, config: parsed(text) })
  const before = written('receive: { label: Mission control, consumers: { sam: houston } }\nhttp: { panel: 8080 }\n')
  const after = written(
    'receive: { label: Houston, consumers: { sam: earth } }\nhttp: { panel: 8081 }\nstore: { keep: 90 d }\naccess: { tries: 3 }\n',
  )
  const told = receiveChanges(before, after).map(({ words, needs }) => `${needs}: ${words}`)
  assert.deepEqual(told.sort(), [
    'habitats: receive.consumers.sam: houston → earth',
    'habitats: store: not given → {"keep":"90 d"}',
    'nothing: receive.label: Mission control → Houston',
    'panel: http.panel: 8080 → 8081',
    'receiver: access: not given → {"tries":3}',
  ])
  assert.equal(receiveChanges(before, before).length, 0)
  assert.equal(unlikelyReceive(before, written('')), 'the file is empty')
})
