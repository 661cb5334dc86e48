/**
 * A clock that is put while everything runs: the gateway's clock, stamping, journal and re-sending, the recorder and the
 * store as they are, on one machine's clock that only the test moves. sim is killed and the link broken on the way.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { BootClock, ClockState, JournalState, Mark, Reading, Resend } from '@habtwin/contract'
import { HouseClock, Stamper } from '@habtwin/gateway/clock/index'
import { intake } from '@habtwin/gateway/intake'
import { Journal, Outlet, Resender } from '@habtwin/gateway/journal/index'
import type { Stamped } from '@habtwin/gateway/scheduler/scheduler'
import { silentLog, TestClock } from '@habtwin/runtime'
import { Recorder } from '@habtwin/sim-core/recorder/recorder'
import { Store } from '@habtwin/sim-core/store/index'
import { MemoryDisk } from './support/memory-disk.ts'

const HOUR = 3_600_000
const YEAR = 365.25 * 24 * HOUR
const START = Date.UTC(2026, 10, 20, 12)
const DEVICE = 'meter'
const LIVE = { late: false, held: false } as const

class Line implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'habtwin-steps-'))
  readonly clock: TestClock
  readonly house: HouseClock
  readonly journal: Journal
  readonly #resender: Resender
  readonly #take: ReturnType<typeof intake>
  readonly #stamper: Stamper
  readonly #retained = new Map<string, string>()
  readonly #end = new AbortController()
  store!: Store
  recorder!: Recorder
  connected = true
  synced = false
  file: { path: string; touched: number } | undefined
  /** What was read, and how long after the start, ms. */
  readonly read: { value: number; mono: number }[] = []
  refused: string[] = []
  #value = 0

  constructor(wall: number) {
    this.clock = new TestClock(wall)
    const { clock } = this
    let kept: string | undefined
    this.house = new HouseClock({
      clock,
      log: silentLog(),
      machine: {
        boot: 'boot-a',
        sinceBoot: () => clock.mono() + 5_000,
        asleep: () => 0,
        assumed: () => ({ synced: false, reason: 'a Pi has no battery clock' }),
      },
      evidence: { file: () => this.file, ask: async () => ({ synced: undefined, by: '' }) },
      sync: 'untrusted',
      state: {
        load: () => kept,
        save: (text) => {
          kept = text
        },
      },
      onState: ({ synced }: ClockState) => {
        this.synced = synced
      },
      onBoots: (boots) => {
        for (const boot of boots) this.#retain(`clock/pi/${boot.boot}`, JSON.stringify(boot))
      },
    })
    this.house.start()
    this.journal = new Journal({
      disk: new MemoryDisk(),
      clock: this.house,
      log: silentLog(),
      consumers: ['recorder'],
      limits: { memory: 1e6, disk: 1e7, tick: 1_000 },
      retain: (topic, payload) => this.#retain(topic, payload),
    })
    this.journal.start()
    this.#resender = new Resender(this.journal, this.house, (topic, payload) => this.#arrive(topic, payload))
    const outlet = new Outlet(
      (topic, payload, _retain, done) => {
        this.#arrive(topic, payload)
        done()
      },
      (seq) => this.journal.skipped(seq),
    )
    this.#take = intake({ journal: this.journal, outlet, judge: () => undefined, patient: new Set() })
    this.#stamper = new Stamper(this.house)
    this.startSim()
    this.house.attach(this.journal)
    void this.house.run(this.#end.signal)
  }

  startSim(): void {
    this.store = Store.open({ folder: this.folder, now: () => this.clock.now() })
    this.recorder = new Recorder({
      store: this.store,
      clock: this.clock,
      log: silentLog(),
      limits: { bytes: 65_536, wait: 15_000 },
      publishMark: (journal, mark: Mark | undefined) => {
        if (this.connected && mark) this.journal.mark('recorder', journal, mark)
      },
      isSet: () => this.synced,
      onReading: () => undefined,
      onRefused: (_device, _zone, _reading, why) => this.refused.push(why),
    })
    const points = { counter: { unit: '1' } }
    const info = { zone: 'crew', node: 'pi', driver: 'test', label: 'Meter', simulated: true, every: 100, points }
    this.recorder.info(DEVICE, { device: DEVICE, ...info })
    for (const [topic, payload] of this.#retained) this.#arrive(topic, payload)
    this.journal.connected('recorder')
    this.recorder.connected()
  }

  async killSim(): Promise<void> {
    this.journal.disconnected('recorder')
    await this.store[Symbol.asyncDispose]()
    this.startSim()
  }

  /** Takes readings for a while, ten a second. */
  async run(seconds: number): Promise<void> {
    for (let i = 0; i < seconds * 10; i++) {
      const value = ++this.#value
      this.read.push({ value, mono: this.clock.mono() })
      const sample: Stamped = { t: Number.NaN, values: { counter: value } }
      this.#take(DEVICE, this.#stamper.stamp(sample), LIVE)
      await this.clock.advance(100)
      if (i % 3 !== 0) continue
      this.journal.tick()
      this.#resender.poll()
      this.recorder.tick()
    }
  }

  async history() {
    this.recorder.flush()
    const series = { kind: 'reading', device: DEVICE, point: 'counter' } as const
    return this.store.history({ series, from: -8e15, to: 8e15 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.clock.advance(0)
    await this.store[Symbol.asyncDispose]()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #retain(topic: string, payload: string): void {
    this.#retained.set(topic, payload)
    this.#arrive(topic, payload)
  }

  #arrive(topic: string, payload: string): void {
    if (!this.connected || this.recorder === undefined) return
    const body = JSON.parse(payload)
    if (topic.startsWith('journal/')) this.recorder.state(topic.slice(8), body as JournalState)
    else if (topic.startsWith('clock/')) this.recorder.clock(body as BootClock)
    else if (topic.startsWith('resend/')) {
      for (const entry of (body as Resend).entries) this.recorder.reading(DEVICE, entry.body as Reading)
      this.recorder.tell(this.journal.id)
    } else this.recorder.reading(DEVICE, body as Reading)
  }
}

/** All that was read is there, once, in the order in which it was read, each with a time of its own. */
async function whole(line: Line): Promise<number[]> {
  const { t, value } = await line.history()
  assert.deepEqual(
    value,
    line.read.map((one) => one.value),
  )
  for (let i = 1; i < t.length; i++) assert.ok((t[i] ?? 0) > (t[i - 1] ?? 0), `${t[i]} comes after ${t[i - 1]}`)
  assert.deepEqual(line.refused, [])
  assert.equal(line.recorder.waiting, 0)
  return t
}

for (const [name, by] of [
  ['an hour back', -HOUR],
  ['an hour forward', HOUR],
  ['twenty years back', -20 * YEAR],
  ['twenty years forward', 20 * YEAR],
] as const) {
  test(`${name}, while set, with sim killed and the link broken in between: none lost, none twice, none out of order`, async () => {
    await using line = new Line(START)
    line.file = { path: '/run/x', touched: 1 }
    await line.run(30)
    line.connected = false
    line.journal.disconnected('recorder')
    await line.run(10)
    line.clock.step(by)
    await line.run(5)
    line.connected = true
    await line.killSim()
    assert.equal(line.synced, false)
    await line.run(5)
    line.file = { path: '/run/x', touched: 2 }
    await line.run(20)
    assert.equal(line.synced, true)
    await line.killSim()
    await line.run(20)
    const t = await whole(line)
    assert.equal(t.at(-1), line.clock.now() - 100, 'the newest have the time that it is now')
    const [first] = t
    assert.equal(
      first,
      by < 0 ? START + by : START,
      by < 0 ? 'the earlier ones are put right' : 'the earlier ones stay',
    )
  })

  test(`${name}, at the moment that it is set first: all readings since the start have their true times`, async () => {
    await using line = new Line(START)
    await line.run(20)
    await line.killSim()
    await line.run(10)
    line.clock.step(by)
    line.file = { path: '/run/x', touched: 1 }
    await line.run(10)
    assert.equal(line.synced, true)
    const t = await whole(line)
    assert.deepEqual(
      t,
      line.read.map(({ mono }) => START + by + mono),
    )
  })
}
