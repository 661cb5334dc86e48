import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type BootClock, type ClockState, correctedBy, stretchAt } from '@habtwin/contract'
import { silentLog, TestClock } from '@habtwin/runtime'
import type { Verdict } from './evidence.ts'
import { HouseClock } from './house.ts'
import { Stamper } from './stamper.ts'

const NOON = Date.UTC(2026, 10, 20, 12)
const HOUR = 3_600_000
const YEAR = 365.25 * 24 * HOUR
const battery = { synced: true, reason: 'the machine has a battery clock' }
const pi = { synced: false, reason: 'Raspberry Pi 4 has no battery clock' }

/** A machine that a test starts, puts the clock of, and starts again. */
class Rig {
  clock: TestClock
  state: string | undefined
  assumed: { synced: boolean; reason: string } = battery
  sync: 'auto' | 'trusted' | 'untrusted' = 'auto'
  file: { path: string; touched: number } | undefined
  verdict: Verdict = { synced: undefined, by: '' }
  asked = 0
  asleep = 0
  boot = 'boot-a'
  /** ms that the machine had run when this process began. */
  ran = 20_000
  readonly journal = { id: 'a'.repeat(32), next: 1 }
  states: ClockState[] = []
  boots: readonly BootClock[] = []
  steps: number[] = []
  house!: HouseClock
  #end = new AbortController()

  constructor(wall = NOON) {
    this.clock = new TestClock(wall)
  }

  start(attached = true): HouseClock {
    const { clock } = this
    this.#end = new AbortController()
    this.house = new HouseClock({
      clock,
      log: silentLog(),
      machine: {
        boot: this.boot,
        sinceBoot: () => clock.mono() + this.ran,
        asleep: () => this.asleep,
        assumed: () => this.assumed,
      },
      evidence: {
        file: () => this.file,
        ask: async () => {
          this.asked++
          return this.verdict
        },
      },
      sync: this.sync,
      state: {
        load: () => this.state,
        save: (text) => {
          this.state = text
        },
      },
      onState: (state) => this.states.push(state),
      onBoots: (boots) => {
        this.boots = boots
      },
      onStep: (ms) => this.steps.push(Math.round(ms)),
    })
    this.house.start()
    if (attached) this.house.attach(this.journal)
    void this.house.run(this.#end.signal)
    return this.house
  }

  async stop(): Promise<void> {
    this.#end.abort()
    await this.clock.advance(0)
  }

  /** The process ends, and another begins in the same start of the machine. */
  async restart(): Promise<HouseClock> {
    await this.stop()
    this.journal.id = 'b'.repeat(32)
    this.journal.next = 1
    return this.start()
  }

  /** The power goes for a while, and the machine starts with a clock that says `wall`. */
  async reboot(boot: string, wall: number): Promise<HouseClock> {
    await this.stop()
    this.clock = new TestClock(wall)
    this.boot = boot
    this.journal.id = boot.slice(-1).repeat(32)
    this.journal.next = 1
    return this.start()
  }

  /** What a reading taken now is stamped with. */
  take(stamper: Stamper): { seq: number; journal: string; t: number; clock?: { boot: string; mono: number } } {
    const stamped = stamper.stamp({})
    return { seq: this.journal.next++, journal: this.journal.id, ...stamped }
  }

  /** What the recorder makes of it; undefined where it has to wait. */
  judged(reading: ReturnType<Rig['take']>): number | undefined {
    const doc = this.boots.find(({ boot }) => boot === (reading.clock?.boot ?? this.boot))
    let { t } = reading
    if (reading.clock) {
      if (doc === undefined || reading.clock.mono > doc.upTo) return undefined
      t = reading.clock.mono + stretchAt(doc, reading.clock.mono).offset
    }
    return Math.floor(t + correctedBy(doc?.corrections ?? [], { ...reading, t }))
  }
}

describe('whether the clock is believed at the start', () => {
  it('is, on a machine with a battery clock, or one that is no board without a clock', () => {
    const rig = new Rig()
    assert.equal(rig.start().synced, true)
    assert.equal(rig.house.doubt(), undefined)
    assert.equal(rig.house.now(), NOON)
  })

  it('is not, on a board without one that nobody vouches for', () => {
    const rig = new Rig()
    rig.assumed = pi
    assert.equal(rig.start().synced, false)
    assert.match(rig.house.state.reason, /Raspberry Pi 4 has no battery clock, and nobody vouches/)
    assert.deepEqual(rig.house.doubt(), { boot: 'boot-a', mono: 20_000 })
  })

  it('is, where a daemon has left its file, and where the configuration trusts it', () => {
    const rig = new Rig()
    rig.assumed = pi
    rig.file = { path: '/run/x', touched: 1 }
    assert.equal(rig.start().synced, true)
    const other = new Rig(0)
    other.sync = 'trusted'
    assert.equal(other.start().synced, true)
  })

  it('is not in 1970, whatever the machine, and time goes on from what cannot be too early', () => {
    const rig = new Rig(3_000)
    assert.equal(rig.start().synced, false)
    assert.match(rig.house.state.reason, /1970-01-01 00:00, which cannot be/)
    assert.equal(rig.house.now(), Date.UTC(2026, 0, 1))
  })

  it('is not with the time of the last shutdown or before, and time goes on from the newest that was given', async () => {
    const rig = new Rig()
    rig.start()
    await rig.clock.advance(HOUR)
    await rig.reboot('boot-b', NOON + HOUR / 2)
    assert.equal(rig.house.synced, false)
    assert.match(rig.house.state.reason, /before 2026-11-20 13:00 when it was last right/)
    assert.equal(rig.house.now(), NOON + HOUR)
  })

  it('is, on a board that was off for longer than a restart takes and shows it', async () => {
    const rig = new Rig()
    rig.assumed = pi
    rig.file = { path: '/run/x', touched: 1 }
    rig.start()
    rig.file = undefined
    await rig.reboot('boot-b', NOON + HOUR)
    assert.equal(rig.house.synced, true)
    await rig.reboot('boot-c', NOON + HOUR + 60_000)
    assert.equal(rig.house.synced, false, 'a minute after its last time it may be that of the shutdown')
  })

  it('asks programs once a minute at most while nobody vouches, and believes the first that does', async () => {
    const rig = new Rig()
    rig.assumed = pi
    rig.verdict = { synced: false, by: 'the kernel' }
    rig.start()
    await rig.clock.advance(10 * 60_000)
    assert.equal(rig.asked, 10)
    assert.equal(rig.house.synced, false)
    rig.verdict = { synced: true, by: 'chrony' }
    await rig.clock.advance(60_000)
    assert.equal(rig.house.synced, true)
    assert.equal(rig.house.state.reason, 'chrony says that it is kept')
    await rig.clock.advance(HOUR)
    assert.equal(rig.asked, 11, 'nobody is asked while it is set')
  })
})

describe('a clock that is set hours after the start', () => {
  it('stamps what was read before, also by an earlier process, as if it had been right all along', async () => {
    const rig = new Rig(Date.UTC(2026, 5, 1))
    rig.assumed = pi
    const stampers = [new Stamper(rig.start())]
    const readings: { reading: ReturnType<Rig['take']>; at: number }[] = []
    const take = () => {
      const [stamper] = stampers
      if (stamper) readings.push({ reading: rig.take(stamper), at: rig.clock.mono() })
    }
    for (let i = 0; i < 100; i++) {
      take()
      await rig.clock.advance(100)
    }
    stampers[0] = new Stamper(await rig.restart())
    for (let i = 0; i < 100; i++) {
      take()
      await rig.clock.advance(100)
    }
    assert.ok(readings.every(({ reading }) => rig.judged(reading) === undefined))
    assert.equal(rig.boots.length, 0)
    // NTP: half a year forward, while the process runs
    rig.clock.step(180 * 24 * HOUR)
    await rig.clock.advance(1_000)
    assert.equal(rig.house.synced, true)
    for (let i = 0; i < 10; i++) {
      take()
      await rig.clock.advance(100)
    }
    const zero = Date.UTC(2026, 5, 1) + 180 * 24 * HOUR
    assert.deepEqual(
      readings.map(({ reading }) => rig.judged(reading)),
      readings.map(({ at }) => zero + at),
    )
    assert.ok(readings.slice(-10).every(({ reading }) => reading.clock === undefined))
    assert.deepEqual(rig.steps, [180 * 24 * HOUR])
  })

  it('is not believed for a mere step where the configuration asks for evidence', async () => {
    const rig = new Rig()
    rig.sync = 'untrusted'
    rig.start()
    rig.clock.step(HOUR)
    await rig.clock.advance(2_000)
    assert.equal(rig.house.synced, false)
    rig.file = { path: '/run/x', touched: 1 }
    await rig.clock.advance(1_000)
    assert.equal(rig.house.synced, true)
    assert.equal(rig.house.now(), rig.clock.now())
  })

  it('places boots that were never set between those around them, in order, and says how far off that may be', async () => {
    const rig = new Rig()
    rig.assumed = pi
    rig.file = { path: '/run/x', touched: 1 }
    rig.start()
    await rig.clock.advance(HOUR)
    rig.file = undefined
    // twice the power comes back without a network, once with a clock in 1970
    const first = new Stamper(await rig.reboot('boot-b', 0))
    const a = rig.take(first)
    await rig.clock.advance(HOUR)
    const second = new Stamper(await rig.reboot('boot-c', NOON + HOUR + 60_000))
    const b = rig.take(second)
    await rig.clock.advance(HOUR)
    await rig.reboot('boot-d', NOON + HOUR)
    assert.equal(rig.judged(a), undefined)
    rig.clock.step(9 * HOUR)
    rig.file = { path: '/run/x', touched: 2 }
    await rig.clock.advance(1_000)
    const places = ['boot-b', 'boot-c'].map((boot) => rig.boots.find((one) => one.boot === boot)?.stretches[0])
    const [from, to] = [NOON + HOUR, NOON + 10 * HOUR]
    for (const [i, reading] of [a, b].entries()) {
      const t = rig.judged(reading) ?? 0
      assert.ok(t >= from && t <= to, new Date(t).toISOString())
      const doubt = places[i]?.doubt ?? 0
      assert.ok(doubt > HOUR && doubt < 10 * HOUR, `${doubt / HOUR} h`)
    }
    assert.ok((rig.judged(a) ?? 0) + HOUR <= (rig.judged(b) ?? 0), 'one after the other')
    assert.equal(rig.boots.find(({ boot }) => boot === 'boot-d')?.stretches[0]?.doubt, undefined)
  })
})

describe('a clock that is put while it is set', () => {
  for (const [name, by] of [
    ['an hour back', -HOUR],
    ['an hour forward', HOUR],
    ['twenty years back', -20 * YEAR],
    ['twenty years forward', 20 * YEAR],
    ['a leap second back', -1_000],
  ] as const) {
    it(`${name}: no two readings have one time, and none is before the one before it`, async () => {
      const rig = new Rig()
      rig.file = { path: '/run/x', touched: 1 }
      const stamper = new Stamper(rig.start())
      const readings: ReturnType<Rig['take']>[] = []
      const run = async (seconds: number) => {
        for (let i = 0; i < seconds * 10; i++) {
          readings.push(rig.take(stamper))
          await rig.clock.advance(100)
        }
      }
      await run(60)
      await rig.clock.advance(37)
      rig.clock.step(by)
      const at = readings.length
      await run(5)
      assert.equal(rig.house.synced, false)
      assert.equal(rig.judged(readings[at] as never), undefined, 'even the first after the step waits')
      rig.file = { path: '/run/x', touched: 2 }
      await run(60)
      assert.equal(rig.house.synced, true)
      assert.equal(rig.house.now(), rig.clock.now())
      const times = readings.map((reading) => rig.judged(reading) ?? Number.NaN)
      for (let i = 1; i < times.length; i++) {
        assert.ok((times[i] ?? 0) > (times[i - 1] ?? 0), `${i}: ${times[i]} after ${times[i - 1]}`)
      }
      assert.equal(times.at(-1), rig.clock.now() - 100)
      assert.equal(new Set(times).size, readings.length)
      assert.deepEqual(rig.steps, [by])
      assert.equal(rig.house.counts.steps, 1)
    })
  }

  it('and put back to where it was by its daemon: nothing has changed', async () => {
    const rig = new Rig()
    rig.file = { path: '/run/x', touched: 1 }
    const stamper = new Stamper(rig.start())
    const readings = [rig.take(stamper)]
    await rig.clock.advance(10_000)
    rig.clock.step(-HOUR)
    readings.push(rig.take(stamper))
    await rig.clock.advance(1_800_000)
    assert.equal(rig.house.synced, false)
    rig.clock.step(HOUR)
    await rig.clock.advance(1_000)
    assert.equal(rig.house.synced, true)
    readings.push(rig.take(stamper))
    assert.deepEqual(
      readings.map((reading) => rig.judged(reading)),
      [NOON, NOON + 10_000, NOON + 1_811_000],
    )
    assert.deepEqual(rig.steps, [])
  })

  it('is believed after a minute where nobody could vouch, and only when nothing more comes', async () => {
    const rig = new Rig()
    rig.start()
    rig.clock.step(HOUR)
    await rig.clock.advance(50_000)
    rig.clock.step(HOUR)
    await rig.clock.advance(50_000)
    assert.equal(rig.house.synced, false)
    await rig.clock.advance(15_000)
    assert.equal(rig.house.synced, true)
    assert.deepEqual(rig.steps, [2 * HOUR])
  })

  it('while no process looked: what the next one reads waits until somebody vouches', async () => {
    const rig = new Rig()
    rig.file = { path: '/run/x', touched: 1 }
    const before = rig.take(new Stamper(rig.start()))
    await rig.clock.advance(HOUR)
    await rig.stop()
    rig.clock.step(-HOUR / 2)
    const stamper = new Stamper(await rig.restart())
    const after = rig.take(stamper)
    assert.equal(rig.house.synced, false)
    assert.equal(rig.judged(after), undefined)
    rig.verdict = { synced: true, by: 'systemd' }
    await rig.clock.advance(5_000)
    assert.equal(rig.house.synced, true)
    assert.equal(rig.judged(before), NOON - HOUR / 2)
    assert.equal(rig.judged(after), NOON + HOUR / 2)
  })

  it('slewed and smeared, it is followed, and nothing is doubted', async () => {
    const rig = new Rig()
    const house = rig.start()
    let last = house.now()
    // a leap second smeared over a day is 11.6 ppm; chrony slews by 500 ppm and more
    for (const slew of [-0.5, 0.5, -4, 4]) {
      for (let i = 0; i < 600; i++) {
        rig.clock.step(slew)
        await rig.clock.advance(1_000)
        const now = house.now()
        assert.ok(now > last)
        last = now
      }
      assert.ok(Math.abs(house.now() - rig.clock.now()) <= 10, `${house.now() - rig.clock.now()} ms off`)
    }
    assert.equal(house.synced, true)
    assert.equal(house.counts.steps, 0)
  })

  it('by less than half a second, again and again: followed, also over a restart of the gateway', async () => {
    const rig = new Rig()
    rig.start()
    for (let i = 0; i < 4; i++) {
      rig.clock.step(450)
      await rig.clock.advance(1_000)
    }
    await rig.restart()
    assert.equal(rig.house.synced, true)
    assert.equal(rig.house.now(), rig.clock.now())
    assert.equal(rig.house.counts.steps, 0)
  })

  it('knows a machine that has slept from a clock that was put', async () => {
    const rig = new Rig()
    const stamper = new Stamper(rig.start())
    const before = rig.take(stamper)
    await rig.clock.advance(10_000)
    rig.clock.step(8 * HOUR)
    rig.asleep = 8 * HOUR
    await rig.clock.advance(1_000)
    const after = rig.take(stamper)
    assert.equal(rig.house.synced, true)
    assert.deepEqual([rig.judged(before), rig.judged(after)], [NOON, NOON + 8 * HOUR + 11_000])
    assert.equal(rig.house.counts.steps, 0)
  })

  it('on the nights of summer time nothing happens: time is UTC', async () => {
    const zone = process.env.TZ
    process.env.TZ = 'Europe/Berlin'
    try {
      for (const night of [Date.UTC(2026, 2, 29, 0, 59, 50), Date.UTC(2026, 9, 25, 0, 59, 50)]) {
        const rig = new Rig(night)
        const stamper = new Stamper(rig.start())
        const times: number[] = []
        for (let i = 0; i < 20; i++) {
          times.push(rig.take(stamper).t)
          await rig.clock.advance(1_000)
        }
        assert.deepEqual(
          times,
          times.map((_, i) => night + i * 1_000),
        )
        assert.equal(rig.house.counts.steps, 0)
      }
    } finally {
      if (zone === undefined) delete process.env.TZ
      else process.env.TZ = zone
    }
  })
})

it('readings of one device within a millisecond get times of their own', () => {
  const rig = new Rig()
  const stamper = new Stamper(rig.start())
  const times = [1, 2, 3].map(() => rig.take(stamper).t)
  assert.deepEqual(times, [NOON, NOON + 1, NOON + 2])
  rig.sync = 'untrusted'
  rig.state = undefined
  const unset = new Stamper(rig.start())
  assert.deepEqual(
    [1, 2, 3].map(() => rig.take(unset).clock?.mono),
    [20_000, 20_001, 20_002],
  )
})
