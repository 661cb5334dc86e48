import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from './faults.ts'
import { parseConfig } from './load.ts'

const parse = (text: string) => parseConfig(`habitat: { id: sam }\n${text}`, 'habitat.yaml', [], {})

function faultsOf(text: string): string[] {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(({ path, message }) => `${path}: ${message}`)
    throw error
  }
  return []
}

test('a bridge needs no more than an address', () => {
  const { earth } = parse('bridges: { earth: { url: mqtts://earth.example:8883 } }').bridges
  assert.equal(earth?.to, 'broker')
  assert.deepEqual([earth?.out, earth?.in, earth?.qos, earth?.confirm], [['#'], ['command/+/+', 'safety/+'], 1, true])
  assert.equal(parse('bridges: { earth: { url: mqtt://e, rate: 9.6 kbit/s } }').bridges.earth?.rate, 9_600)
  assert.equal(parse('bridges: { earth: { url: mqtt://e, rate: 2 kB/s } }').bridges.earth?.rate, 16_000)
})

test('what cannot be is said of each key', () => {
  const bad: Record<string, RegExp> = {
    'url: http://earth.example': /url: .*address/,
    'url: mqtt://sam:secret@earth.example': /url: .*password_file/,
    'url: mqtt://e, out: [a/#/b]': /out.0: is not a topic filter/,
    'url: mqtt://e, out: [a+/b]': /out.0: is not a topic filter/,
    'url: mqtt://e, in: [device/+/reading]': /in.0: nothing else comes in/,
    'url: mqtt://e, in: ["#"]': /in.0: nothing else comes in/,
    'url: mqtt://e, rate: 9600': /rate: .*bit\/s/,
    'url: mqtt://e, prefix: a/#': /prefix: /,
    'url: mqtt://e, bundle: true': /bundle: .*habtwin/,
    'url: mqtts://e, certificate: a.pem': /certificate: .*go together/,
    'url: mqtt://e, ca: a.pem': /url: .*TLS/,
    'url: mqtt://e, password: secret': /password: .*secret/,
    'url: mqtt://e, password_file: f': /username/,
    'url: mqtt://e, per_contact: 1 MB': /contacts/,
    'url: mqtt://e, qos: 2': /qos: /,
  }
  for (const [keys, expected] of Object.entries(bad)) {
    const faults = faultsOf(`bridges: { earth: { ${keys} } }`)
    assert.ok(faults.length > 0, `${keys} was accepted`)
    assert.ok(
      faults.some((fault) => fault.startsWith('bridges.earth.') && expected.test(fault)),
      `${keys}: ${faults}`,
    )
  }
  assert.ok(faultsOf('bridges: { recorder: { url: mqtt://e } }').length > 0)
})

test('a habitat that has no name of its own is not bridged', () => {
  assert.throws(
    () => parseConfig('bridges: { earth: { url: mqtt://e } }', 'habitat.yaml', [], {}),
    (error) => error instanceof ConfigError && error.faults.some(({ path }) => path === 'bridges'),
  )
})
