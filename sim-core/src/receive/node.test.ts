import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { adoptNode, OneNode } from './node.ts'

function folder() {
  const path = mkdtempSync(join(tmpdir(), 'habtwin-node-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

const status = (journal: string) =>
  Buffer.from(JSON.stringify({ state: 'online', t: 0, version: '0', boot: 'b', journal }))
const reading = (journal: string) => Buffer.from(JSON.stringify({ journal, seq: 1, n: 1, t: 0, values: {} }))
const [a, b] = ['a'.repeat(32), 'b'.repeat(32)]

test('the first node of a name is the habitat, and a second one is refused with both named, also after a restart', () => {
  using dir = folder()
  const refused: string[] = []
  const one = new OneNode(dir.path, (node, own) => refused.push(`${node}, not ${own}`))
  assert.ok(one.admits('status/pi-a', status(a)))
  assert.ok(!one.admits('status/pi-b', status(b)))
  assert.deepEqual(refused, ['pi-b, not pi-a'])
  const again = new OneNode(dir.path, () => undefined)
  assert.equal(again.own, 'pi-a')
  assert.ok(!again.admits('status/pi-b', status(b)))
  assert.equal(again.other, 'pi-b')
})

test('nothing of a refused node is taken: neither readings, nor descriptions, nor what is sent again', () => {
  using dir = folder()
  const one = new OneNode(dir.path, () => undefined)
  one.admits('status/pi-a', status(a))
  one.admits('status/pi-b', status(b))
  const info = (node: string) => Buffer.from(JSON.stringify({ device: 'air', node }))
  for (const [path, payload, taken] of [
    ['device/air/info', info('pi-a'), true],
    ['device/air/info', info('pi-b'), false],
    ['device/air/reading', reading(a), true],
    ['device/air/reading', reading(b), false],
    [`journal/${a}`, Buffer.from('{}'), true],
    [`journal/${b}`, Buffer.from('{}'), false],
    [`resend/earth/${b}`, Buffer.from('{}'), false],
    ['alert/smoke', reading(b), false],
    ['clock/pi-b/boot', Buffer.from('{}'), false],
    ['twin/score', Buffer.from('{}'), true],
    ['device/air/reading', Buffer.from('no JSON'), true],
  ] as const) {
    assert.equal(one.admits(path, payload), taken, path)
  }
})

test('a node that takes the place of another is believed once somebody has said so', () => {
  using dir = folder()
  const one = new OneNode(dir.path, () => undefined)
  one.admits('status/pi-a', status(a))
  assert.ok(!one.admits('status/pi-b', status(b)))
  adoptNode(dir.path, 'pi-b')
  assert.ok(one.admits('status/pi-b', status(b)))
  assert.ok(one.admits('device/air/reading', reading(b)))
  assert.equal(one.other, undefined)
  assert.ok(!one.admits('status/pi-a', status(a)))
})
