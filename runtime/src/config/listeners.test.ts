import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from './faults.ts'
import { usesTls } from './listeners.ts'
import { parseConfig } from './load.ts'

const parse = (text: string, env = {}) => parseConfig(text, 'habitat.yaml', [], env)

function faultsOf(text: string, env = {}): string[] {
  try {
    parse(text, env)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.faults.map(({ code, path, message }) => `${code} ${path}: ${message}`)
  }
}

test('what other machines can reach is refused without TLS, each listener by name', () => {
  const faults = faultsOf('broker: { mqtt: "*:1883", websocket: "0.0.0.0:8083" }\nhttp: { panel: 192.0.2.1:8080, gateway: "[::]:8090" }') // biome-ignore format: one thought
  assert.equal(faults.length, 4)
  assert.match(faults[0] ?? '', /^config\/insecure broker\.mqtt: .*`broker\.tls`/)
  for (const fault of faults.slice(1)) assert.match(fault, /^config\/insecure .*`tls: \{\}`/)
  assert.match(faultsOf('', { HABTWIN_HTTP__PANEL: '*:8080' })[0] ?? '', /HABTWIN_HTTP__PANEL/)
})

test('with a section tls it speaks TLS; on loopback only where it says so', () => {
  const { broker, http } = parse('tls: {}\nbroker: { tls: "*:8883" }\nhttp: { panel: "*:8080", gateway: { address: 8090, tls: true } }') // biome-ignore format: one thought
  assert.deepEqual(broker.tls, { host: '0.0.0.0', port: 8883, insecure: false, tls: true })
  assert.deepEqual(
    [http.panel.tls, http.gateway.tls, broker.websocket.tls, broker.mqtt.tls],
    [true, true, false, false],
  )
  assert.ok(usesTls(parse('broker: { tls: 8883 }')))
  assert.ok(!usesTls(parse('tls: {}')))
  assert.deepEqual(faultsOf('broker: { tls: "*:8883", websocket: "*:8083" }'), [])
})

test('plain MQTT is for this machine, whatever else there is, unless it says that it is insecure', () => {
  assert.match(faultsOf('tls: {}\nbroker: { mqtt: "*:1883" }')[0] ?? '', /^config\/insecure broker\.mqtt/)
  assert.deepEqual(faultsOf('broker: { mqtt: { address: "*:1883", insecure: true } }'), [])
  assert.match(faultsOf('broker: { mqtt: { address: 1883, tls: true } }')[0] ?? '', /^config\/invalid broker\.mqtt/)
})

test('nothing is both secure and insecure', () => {
  assert.match(faultsOf('http: { panel: { address: "*:1", insecure: true, tls: true } }')[0] ?? '', /either/)
  assert.match(faultsOf('broker: { tls: { address: "*:1", insecure: true } }')[0] ?? '', /not insecure/)
  assert.match(faultsOf('tls: {}\nhttp: { panel: { address: "*:1", tls: false } }')[0] ?? '', /^config\/insecure/)
})

test('a certificate needs its key, and a key its certificate', () => {
  assert.match(
    faultsOf('tls: { certificate: a.pem }')[0] ?? '',
    /tls\.certificate: `certificate` and `key` go together/,
  )
  assert.match(faultsOf('tls: { key: a.pem }')[0] ?? '', /tls\.key/)
})
