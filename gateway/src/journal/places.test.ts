import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog, TestClock } from '@habtwin/runtime'
import { MemoryDisk } from '../../../test/support/memory-disk.ts'
import { Journal } from './journal.ts'
import { Places } from './places.ts'

/** A journal on a disk in memory, and what was written of places. */
function begun() {
  const clock = new TestClock()
  const limits = { memory: 1e6, disk: 1e6, tick: 1_000 }
  const disk = new MemoryDisk()
  const journal = new Journal({ disk, clock, log: silentLog(), consumers: ['recorder'], limits, retain: () => {} })
  journal.start()
  const kept = new Map<string, string>()
  const states = {
    loadState: (name: string) => kept.get(name),
    saveState: (name: string, to: string) => kept.set(name, to),
  }
  const places = new Places({ disk: states, journal: () => journal })
  const pass = (ms: number) => {
    clock.skip(ms)
    journal.tick()
    places.tick()
  }
  return { journal, kept, places, pass }
}

test('a place is not on disk before what was said up to there is', () => {
  const { journal, kept, places, pass } = begun()
  journal.append('device/office/reading', { values: { co2: 1 } })
  places.save('device/office', 'after 1')
  assert.equal(kept.size, 0)
  assert.equal(places.load('device/office'), 'after 1', 'who begins again in this process goes on from there')
  pass(250)
  journal.append('device/office/reading', { values: { co2: 2 } })
  places.save('device/office', 'after 2')
  pass(500)
  assert.equal(kept.get('device/office'), 'after 1')
  pass(500)
  assert.equal(kept.get('device/office'), 'after 2')
})

test('a place is kept at once where the recorder has it all, and when the journal is closed', () => {
  const { journal, kept, places } = begun()
  journal.append('device/office/reading', { values: { co2: 1 } })
  journal.mark('recorder', journal.id, { store: 's', seq: 0, have: [], got: [[1, 1]] })
  places.save('device/office', 'after 1')
  assert.equal(kept.get('device/office'), 'after 1')
  journal.append('device/office/reading', { values: { co2: 2 } })
  places.save('device/office', 'after 2')
  assert.equal(kept.get('device/office'), 'after 1')
  journal.close()
  places.tick()
  assert.equal(kept.get('device/office'), 'after 2')
})

test('many places that wait are bounded, and the newest is among them', () => {
  const { journal, kept, places, pass } = begun()
  for (let i = 1; i <= 1_000; i++) {
    journal.append('device/office/reading', { values: { co2: i } })
    places.save('device/office', `after ${i}`)
  }
  pass(250)
  pass(1_000)
  assert.equal(kept.get('device/office'), 'after 1000')
})
