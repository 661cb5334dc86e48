import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from '@habtwin/runtime'
import { bridgeHints } from './hints.ts'

const hints = (keys: string) =>
  bridgeHints(parseConfig(`habitat: { id: sam }\nbridges: { earth: { ${keys} } }`, 'habitat.yaml', [], {})).map(
    ({ path }) => path,
  )

test('files that cannot be read and logins that anybody on the way can read are told', () => {
  assert.deepEqual(hints('url: mqtts://earth.example, ca: /nowhere/ca.pem'), ['bridges.earth.ca'])
  assert.deepEqual(hints('url: mqtt://earth.example, username: sam, password_file: /nowhere/password'), [
    'bridges.earth.password_file',
    'bridges.earth.url',
  ])
  assert.deepEqual(hints(`url: mqtt://127.0.0.1, username: sam, password_file: ${import.meta.filename}`), [])
  assert.deepEqual(hints('url: mqtt://earth.example'), [])
})
