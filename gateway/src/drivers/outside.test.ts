import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isHabtwinError } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import { Inbox, type InboxJournal } from '../outside/inbox.ts'
import { Fleet } from './fleet.ts'
import { figure } from './text/figures.ts'

/** A journal on whose disk nothing is before `secure`. */
function ledger() {
  let next = 1
  const secured: [number, number][] = []
  const journal: InboxJournal & { append(): void; full: boolean } = {
    get next() {
      return next
    },
    append: () => {
      next++
    },
    full: false,
    secure(from, to) {
      secured.push([from, to])
      return !this.full
    },
  }
  return { journal, secured }
}

/** A device that is open, and what the scheduler is given of it. */
async function opened(written: Record<string, object>) {
  // as the configuration gives them
  const points = Object.fromEntries(Object.entries(written).map(([point, keys]) => [point, figure.parse(keys)]))
  const clock = new TestClock()
  const { journal, secured } = ledger()
  const faults: string[] = []
  const inbox = new Inbox({ clock, journal: () => journal, report: (error) => faults.push(error.message) })
  const device = { zone: 'crew', driver: 'outside', every: 1_000, timeout: 1_000, points }
  const habitat = { pressure: 1_013, timezone: 'UTC', zones: {} }
  const fleet = await Fleet.load({ clock, habitat, buses: {}, devices: { balcony: device }, inbox, report: () => {} })
  const abort = new AbortController()
  const instrument = await fleet.members[0]?.open(abort.signal)
  const given: object[] = []
  const streaming = instrument?.stream?.(async (sample, how) => {
    journal.append()
    given.push({ ...sample, ...how })
  }, abort.signal)
  const end = async () => {
    abort.abort()
    await streaming?.catch(() => {})
  }
  const publish = (path: string, text: string) => inbox.take(path, Buffer.from(text))
  return { clock, journal, secured, faults, inbox, given, publish, end, [Symbol.asyncDispose]: end }
}

describe('a device that publishes its readings itself', () => {
  it('is told that a reading was taken when it is on the disk, and many are written together', async () => {
    await using device = await opened({ co2: {}, temperature: { key: 't_c' } })
    let told = 0
    const both = [
      device.publish('balcony', '{"values":{"co2":812.4,"t_c":21.5}}'),
      device.publish('balcony', '{"co2":813}'),
    ].map((taken) => taken.then(() => told++))
    await device.clock.advance(9)
    assert.equal(told, 0)
    await device.clock.advance(11)
    await Promise.all(both)
    assert.deepEqual(device.secured, [[1, 2]])
    assert.deepEqual(device.given, [{ values: { co2: 812.4, temperature: 21.5 } }, { values: { co2: 813 } }])
  })

  it('may say one figure at a time, in a unit of its own', async () => {
    await using device = await opened({ pressure: { unit: 'kPa', key: 'p' } })
    const taken = device.publish('balcony/p', '87.9')
    await device.clock.advance(20)
    await taken
    assert.deepEqual(device.given, [{ values: { pressure: 879 } }])
  })

  it('keeps its own times, but for those that no clock can have; what is older comes late, what is repeated once', async () => {
    await using device = await opened({ co2: {} })
    const now = device.clock.now()
    for (const t of [now - 10, now - 5_000, now - 10, now + 3_600_000, 1_000]) {
      const taken = device.publish('balcony', JSON.stringify({ t, values: { co2: 800 } }))
      await device.clock.advance(0)
      await device.clock.advance(20)
      await taken
    }
    const values = { co2: 800 }
    assert.deepEqual(device.given, [
      { t: now - 10, values },
      { t: now - 5_000, values, late: true },
      { values, quality: { co2: 'uncertain:clock' } },
      { values, quality: { co2: 'uncertain:clock' } },
    ])
  })

  it('what cannot be read is told and counted, and what could not be kept is not acknowledged', async () => {
    await using device = await opened({ co2: {} })
    for (const text of ['', 'warm', '{}', '{"values":{"o2":20}}', '[1]', 'null', '"__proto__"'])
      await device.publish('balcony', text)
    await device.publish('balcony/o2', '20')
    await device.publish('balcony/co2', '"much"')
    assert.equal(device.inbox.counts.unusable, 9)
    assert.equal(device.faults.length, 9)
    assert.deepEqual(device.given, [])
    await assert.rejects(device.publish('cellar', '1'), (error) => isHabtwinError(error, 'request/not-found'))
    device.journal.full = true
    const lost = assert.rejects(device.publish('balcony', '{"co2":1}'), (error) =>
      isHabtwinError(error, 'data/unusable'),
    )
    await device.clock.advance(20)
    await lost
  })

  it('is heard no more once it has been let go of', async () => {
    await using device = await opened({ co2: {} })
    await device.end()
    await assert.rejects(device.publish('balcony', '{"co2":1}'), (error) => isHabtwinError(error, 'request/not-found'))
  })
})
