import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { changeOfGap, changeOfLink, changeOfRecord } from './changes.ts'
import { ShiftLog } from './shift.ts'

const where = { habitat: 'sam', at: 1_000 }
const alert = {
  id: 'co2-crew',
  level: 'caution',
  zone: 'crew',
  quantity: 'co2',
  value: 5000,
  limit: 4549,
  since: 400,
  t: 500,
  text: 'CO2 in crew is high',
  source: 'guard',
  active: true,
}

function folder() {
  const path = mkdtempSync(join(tmpdir(), 'habtwin-shift-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

test('what became known since a moment is told the newest first, whenever it happened', () => {
  using dir = folder()
  const log = new ShiftLog(dir.path)
  log.add({ ...where, at: 100, kind: 'event', t: 90, text: 'before' })
  log.add({ ...where, at: 200, kind: 'event', t: 5, text: 'held back by an outage' })
  log.add({ ...where, at: 300, kind: 'link', t: 300, text: 'Signal acquired' })
  const told = new ShiftLog(dir.path).since(150, 10).map(({ text }) => text)
  assert.deepEqual(told, ['Signal acquired', 'held back by an outage'])
  assert.equal(log.since(0, 1).length, 1)
})

test('what comes again after a kill is told once, and a torn line is passed over', () => {
  using dir = folder()
  const log = new ShiftLog(dir.path)
  const noted = changeOfRecord(where, 'alert/co2-crew', { journal: 'j', seq: 7, ...alert })
  assert.ok(noted)
  log.add(noted)
  appendFileSync(join(dir.path, 'changes.ndjson'), '{"habitat":"sam","at":1\n')
  new ShiftLog(dir.path).add({ ...noted, at: 2_000 })
  assert.equal(log.since(0, 10).length, 1)
})

test('records are told in sentences, and those that are nobody’s news are not', () => {
  const text = (topic: string, body: object) => changeOfRecord(where, topic, body)?.text
  assert.equal(text('alert/co2-crew', alert), 'CO2 in crew is high')
  assert.equal(text('alert/co2-crew', { ...alert, active: false }), 'Over: CO2 in crew is high')
  assert.equal(text('alert/co2-crew', { ...alert, acknowledged: { by: 'Ada', t: 1 } }), 'CO2 in crew is high (acknowledged by Ada)') // biome-ignore format: a table
  assert.equal(text('event/x', { kind: 'hatch', value: 1, t: 1, by: 'Ada', zone: 'crew' }), 'Hatch open to the outside')
  const result = { id: 'c', device: 'fan', point: 'state', value: 1, by: 'Kai', t: 1 }
  assert.equal(text('result/fan/c', { ...result, state: 'done' }), 'fan state to 1: done')
  assert.equal(
    text('result/fan/c', { ...result, state: 'refused', reason: 'locked' }),
    'fan state to 1: refused (locked)',
  )
  assert.equal(text('result/fan/c', { ...result, state: 'accepted' }), undefined)
  assert.equal(text('result/journal/c', { ...result, device: 'journal', state: 'done' }), undefined)
  assert.equal(text('device/air/health', { state: 'down', t: 1 }), undefined)
  const gap = changeOfGap(where, {
    journal: 'j',
    device: 'air',
    from: 1,
    to: 2,
    count: 12,
    reason: 'the disk was full',
  })
  assert.equal(gap.text, '12 readings missing of air: the disk was full')
  assert.equal(changeOfLink(where, 'lost', 900).text, 'Loss of signal')
})
