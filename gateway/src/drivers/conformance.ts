/**
 * What every driver must keep to, whatever it speaks. A driver's test brings a stand: a world in which its
 * instrument is there, and ways to break that world.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorTable, idPattern, isHabtwinError, isPoint, unitCode, points as vocabulary } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import type { DeviceInbox, Driver, Instrument, Sample } from './driver.ts'
import { Fleet, type FleetMember, loadDrivers } from './fleet.ts'

/** The world of one test. */
export interface Stand extends AsyncDisposable {
  /** The driver's own keys of a device, as written in a configuration. */
  readonly device: Readonly<Record<string, unknown>>
  /** The keys of its bus, where it rides on one: of the first driver that it names. */
  readonly bus?: Readonly<Record<string, unknown>>
  /** Where it delivers, where it publishes its readings itself. */
  readonly inbox?: DeviceInbox
  /** Keys of a device, or of its bus, of which nobody is there. */
  readonly absent?: { device?: Readonly<Record<string, unknown>>; bus?: Readonly<Record<string, unknown>> }
  /** From now on nobody answers, though all is there. */
  hang?(): void
  /** From now on reading fails. Left out for what cannot fail once it is open. */
  break?(instrument: Instrument): void | Promise<void>
  mend?(): void | Promise<void>
  /** True where the driver waits on the clock, between a command and its answer: time goes on until it is done. */
  readonly waits?: boolean
}

/** Runs the suite over one driver. */
export function conforms(driver: Driver, setUp: () => Promise<Stand>): void {
  describe(`${driver.name} conforms`, () => {
    it('declares points of the vocabulary in its units, and others in units that habtwin knows', async () => {
      await using stand = await setUp()
      await using rig = await rigged(driver, stand)
      const declared = Object.entries(rig.member.points)
      assert.ok(declared.length > 0)
      for (const [point, { unit }] of declared) {
        assert.match(point, idPattern)
        if (isPoint(point)) assert.equal(unit, vocabulary[point].unit)
        else assert.equal(unitCode(unit), unit)
      }
    })

    it('gives only what it declares: finite numbers, or null', async () => {
      await using stand = await setUp()
      await using rig = await rigged(driver, stand)
      await using instrument = await rig.open()
      const { values } = await rig.pass(sampleOf(instrument))
      assert.ok(Object.keys(values).length > 0)
      for (const [point, value] of Object.entries(values)) {
        assert.ok(Object.hasOwn(rig.member.points, point), `${point} was never declared`)
        assert.ok(value === null || Number.isFinite(value), `${point} is ${value}`)
      }
    })

    it('reads or streams, and can be disposed of twice', async () => {
      await using stand = await setUp()
      await using rig = await rigged(driver, stand)
      const instrument = await rig.open()
      assert.equal((instrument.read === undefined) !== (instrument.stream === undefined), true)
      await instrument[Symbol.asyncDispose]()
      await instrument[Symbol.asyncDispose]()
    })

    it('lets go when it is interrupted', async () => {
      await using stand = await setUp()
      await using rig = await rigged(driver, stand)
      await using instrument = await rig.open()
      const abort = new AbortController()
      if (instrument.stream) {
        const streaming = instrument.stream(async () => abort.abort(), abort.signal)
        await assert.rejects(streaming, (error) => error === abort.signal.reason || isHabtwinError(error))
      } else if (stand.hang) {
        stand.hang()
        const reading = Promise.resolve(instrument.read?.(abort.signal))
        abort.abort()
        await assert.rejects(reading)
      }
    })

    it('reads again after a fault', async (context) => {
      await using stand = await setUp()
      await using rig = await rigged(driver, stand)
      if (!stand.break) return context.skip('its world cannot be broken from here; its own tests do it')
      const instrument = await rig.open()
      await rig.pass(sampleOf(instrument))
      await stand.break(instrument)
      await assert.rejects(async () => rig.pass(sampleOf(instrument)), known)
      await instrument[Symbol.asyncDispose]()
      await stand.mend?.()
      await using again = await rig.open()
      assert.ok(Object.keys((await rig.pass(sampleOf(again))).values).length > 0)
    })

    it('says what is the matter where nobody is there, and leaves nothing open', async (context) => {
      await using stand = await setUp()
      if (!stand.absent) return context.skip('somebody is always there')
      await using rig = await rigged(driver, stand, stand.absent)
      const before = process.getActiveResourcesInfo().length
      await assert.rejects(async () => rig.pass(sampleOf(await rig.open())), known)
      // what is closed is gone some turns later
      while (process.getActiveResourcesInfo().length > before) await new Promise((resolve) => setImmediate(resolve))
      assert.equal(rig.clock.pending, 0)
    })
  })
}

/** One reading, or the first sample of a stream. */
export async function sampleOf(instrument: Instrument): Promise<Sample> {
  if (instrument.read) return instrument.read(new AbortController().signal)
  const enough = new AbortController()
  let first: Sample | undefined
  const emit = async (sample: Sample) => {
    first ??= sample
    enough.abort()
  }
  await instrument.stream?.(emit, enough.signal).catch((error) => {
    if (error !== enough.signal.reason) throw error
  })
  assert.ok(first)
  return first
}

/** A fleet of one device of this driver, under a clock that stands still. */
async function rigged(driver: Driver, stand: Stand, over: Stand['absent'] = {}) {
  const clock = new TestClock()
  const keys = driver.options.parse({ ...stand.device, ...over.device }) as Record<string, unknown>
  const [ridden] = driver.rides ?? []
  const busDriver = ridden === undefined ? undefined : (await loadDrivers([ridden])).get(ridden)
  const busKeys = busDriver?.bus?.options.parse({ ...stand.bus, ...over.bus }) as Record<string, unknown> | undefined
  const common = { zone: 'crew', driver: driver.name, every: 1_000, timeout: 1_000 }
  const fleet = await Fleet.load({
    clock,
    habitat: { pressure: 879, timezone: 'America/Phoenix', zones: { crew: { volume: 272, crew: 4 } } },
    buses: busKeys === undefined ? {} : { wire: { ...busKeys, driver: ridden as string } },
    devices: { it: { ...keys, ...common, ...(busKeys === undefined ? {} : { bus: 'wire' }) } },
    inbox: stand.inbox,
    report: () => {},
  })
  const member = fleet.members[0] as FleetMember
  const pass = <T>(promise: Promise<T>) => (stand.waits ? passing(clock, promise) : promise)
  return {
    clock,
    member,
    pass,
    open: () => pass(member.open(new AbortController().signal)),
    [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose](),
  }
}

/** Lets time go on until the promise is settled. */
export async function passing<T>(clock: TestClock, promise: Promise<T>): Promise<T> {
  let settled = false
  const done = () => {
    settled = true
  }
  promise.then(done, done)
  while (!settled) await clock.advance(5)
  return promise
}

/** An error of the table that tells of a device or of the driver's own world. */
function known(error: unknown): boolean {
  return isHabtwinError(error) && error.code in errorTable && /^(device|replay)\//.test(error.code)
}
