/**
 * Gateway's journal and sim's recorder against every order of faults that a generator can think of: messages under
 * way, broken connections, kills of either or both, a store put back to an older state, a store begun anew.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JournalState, Mark, Range, Resend } from '@habtwin/contract'
import { Journal, Outlet, Resender } from '@habtwin/gateway/journal/index'
import { RangeSet, silentLog, TestClock } from '@habtwin/runtime'
import { Recorder } from '@habtwin/sim-core/recorder/recorder'
import fc from 'fast-check'
import { MemoryDisk } from './support/memory-disk.ts'
import { MemoryStore } from './support/memory-store.ts'
import { runs } from './support/runs.ts'

const TICK = 1_000
const HOUR = 3_600_000
const YEAR = 365.25 * 24 * HOUR
const device = 'meter'

/** Both halves and the link between them, in one thread and on a clock that only the test moves. */
class Line {
  readonly clock = new TestClock()
  readonly disk = new MemoryDisk()
  store = new MemoryStore()
  /** Under way from gateway to sim. In order, as a socket keeps it. */
  down: { topic: string; payload: string }[] = []
  up: { topic: string; mark: Mark | undefined }[] = []
  /** What the broker retains; it dies with the gateway. */
  retained = new Map<string, string>()
  connected = false
  readonly taken: { journal: string; seq: number; at: number; diesAt?: number; drained?: boolean }[] = []
  /** Faults after which more than a tick may be missing. */
  excused = false
  gaps: { journal: string; from: number; to: number }[] = []
  journal!: Journal
  outlet!: Outlet
  resender!: Resender
  recorder!: Recorder
  #n = 0
  skipping = false

  constructor() {
    this.startGateway()
    this.startSim()
    this.connect()
  }

  startGateway(): void {
    this.retained = new Map()
    this.journal = new Journal({
      disk: this.disk,
      clock: this.clock,
      log: silentLog(),
      consumers: ['recorder'],
      limits: { memory: 1e6, disk: 1e6, tick: TICK },
      retain: (topic, payload) => {
        if (payload === '') this.retained.delete(topic)
        else this.retained.set(topic, payload)
        this.#send(topic, payload)
      },
    })
    this.journal.start()
    this.resender = new Resender(this.journal, this.clock, (topic, payload) => this.#send(topic, payload))
    this.outlet = new Outlet(
      (topic, payload, _retain, done) => {
        this.#send(topic, payload)
        done()
      },
      (seq) => this.journal.skipped(seq),
    )
  }

  startSim(): void {
    this.recorder = new Recorder({
      store: this.store,
      clock: this.clock,
      log: silentLog(),
      limits: { bytes: 2_000, wait: 15_000 },
      publishMark: (journal, mark) => this.connected && this.up.push({ topic: journal, mark }),
      onReading: () => undefined,
      // clocks are put here as nobody would: what is of the future cannot be told
      isSet: () => false,
    })
    this.describe()
  }

  describe(): void {
    this.recorder.info(device, {
      device,
      zone: 'crew',
      node: 'node',
      driver: 'test',
      label: 'Meter',
      simulated: true,
      every: 1_000,
      points: { co2: { unit: '[ppm]' } },
    })
  }

  #send(topic: string, payload: string): void {
    if (this.connected) this.down.push({ topic, payload })
  }

  connect(): void {
    if (this.connected) return
    this.connected = true
    for (const [topic, payload] of this.retained) this.#send(topic, payload)
    this.recorder.connected()
  }

  /** Both notice; what was under way is lost. */
  disconnect(): void {
    if (!this.connected) return
    this.connected = false
    this.down = []
    this.up = []
    this.journal.disconnected('recorder')
    this.recorder.flush()
  }

  take(count: number): void {
    for (let i = 0; i < count; i++) {
      const entry = this.journal.append(`device/${device}/reading`, {
        n: ++this.#n,
        t: this.clock.now(),
        values: { co2: this.#n },
      })
      this.taken.push({ journal: this.journal.id, seq: entry.seq, at: this.clock.mono() })
      if (this.skipping) this.journal.skipped(entry.seq)
      else this.outlet.send(entry, true)
    }
  }

  deliver(count: number): void {
    for (const message of this.down.splice(0, count)) this.#arrive(message)
    for (const { topic, mark } of this.up.splice(0, count)) if (mark) this.journal.mark('recorder', topic, mark)
    this.resender.poll()
  }

  #arrive({ topic, payload }: { topic: string; payload: string }): void {
    if (topic.startsWith('journal/')) {
      this.recorder.state(topic.slice(8), payload === '' ? undefined : (JSON.parse(payload) as JournalState))
    } else if (topic.startsWith('resend/')) {
      for (const entry of (JSON.parse(payload) as Resend).entries) this.recorder.reading(device, entry.body as never)
    } else this.recorder.reading(device, JSON.parse(payload))
  }

  /** Quarter ticks of both, with what they send under way until delivered. */
  pass(quarters: number): void {
    for (let i = 0; i < quarters; i++) {
      this.clock.step(TICK / 4)
      this.clock.skip(TICK / 4)
      this.journal.tick()
      this.resender.poll()
      this.recorder.tick()
    }
  }

  /** The ordinary course of things, for so many quarter ticks. */
  work(quarters: number): void {
    for (let i = 0; i < quarters; i++) {
      this.take(2)
      this.deliver(Number.POSITIVE_INFINITY)
      this.pass(1)
      this.deliver(Number.POSITIVE_INFINITY)
    }
  }

  killGateway(): void {
    for (const entry of this.taken) if (entry.journal === this.journal.id) entry.diesAt ??= this.clock.mono()
    // what is in the socket's buffer still arrives; then sim sees the end of the stream
    for (const message of this.down.splice(0)) this.#arrive(message)
    this.connected = false
    this.up = []
    this.recorder.flush()
    this.startGateway()
  }

  killSim(): void {
    this.connected = false
    this.down = []
    this.up = []
    this.journal.disconnected('recorder')
    this.startSim()
  }

  killBoth(): void {
    this.excused = true
    for (const entry of this.taken) if (entry.journal === this.journal.id) entry.diesAt ??= this.clock.mono()
    this.connected = false
    this.down = []
    this.up = []
    this.startGateway()
    this.startSim()
  }

  closeGateway(): void {
    this.journal.close()
    for (const entry of this.taken) if (entry.journal === this.journal.id) entry.drained = true
    for (const message of this.down.splice(0)) this.#arrive(message)
    this.connected = false
    this.up = []
    this.recorder.flush()
    this.startGateway()
  }

  settle(): void {
    this.skipping = false
    this.connect()
    for (let i = 0; i < 60; i++) {
      this.deliver(Number.POSITIVE_INFINITY)
      this.pass(4)
      this.deliver(Number.POSITIVE_INFINITY)
    }
    this.recorder.flush()
    this.pass(2)
    this.deliver(Number.POSITIVE_INFINITY)
  }
}

type Step = (line: Line) => void

const quietSteps: fc.Arbitrary<[string, Step]>[] = [
  fc.integer({ min: 1, max: 30 }).map((n) => [`take ${n}`, (line) => line.take(n)]),
  fc.integer({ min: 1, max: 40 }).map((n) => [`deliver ${n}`, (line) => line.deliver(n)]),
  fc.integer({ min: 1, max: 6 }).map((n) => [`pass ${n}`, (line) => line.pass(n)]),
  fc.integer({ min: 1, max: 12 }).map((n) => [`work ${n}`, (line) => line.work(n)]),
  fc.constant(['disconnect', (line) => line.disconnect()]),
  fc
    .constantFrom(HOUR, -HOUR, 20 * YEAR, -20 * YEAR)
    .map((ms) => [`put the clock by ${ms} ms`, (line) => line.clock.step(ms)]),
  fc.constant(['connect', (line) => line.connect()]),
  fc.constant(['kill gateway', (line) => line.killGateway()]),
  fc.constant(['kill sim', (line) => line.killSim()]),
  fc.constant(['close gateway', (line) => line.closeGateway()]),
  fc.constant([
    'kill sim, then gateway',
    (line) => {
      line.killSim()
      line.killGateway()
    },
  ]),
  fc.boolean().map((on) => [
    `skip ${on}`,
    (line) => {
      line.skipping = on
    },
  ]),
]
const hardSteps: fc.Arbitrary<[string, Step]>[] = [
  fc.constant(['kill both', (line) => line.killBoth()]),
  fc.constant(['remember the store', (line) => line.store.remember()]),
  fc.constant([
    'put the store back',
    (line) => {
      line.excused = true
      line.killSim()
      line.store.putBack()
      line.startSim()
    },
  ]),
  fc.constant([
    'begin the store anew',
    (line) => {
      line.excused = true
      line.killSim()
      line.store = line.store.anew()
      line.startSim()
    },
  ]),
]

function run(steps: [string, Step][]): Line {
  const line = new Line()
  for (const [, step] of steps) step(line)
  line.settle()
  return line
}

function declared(line: Line): Map<string, RangeSet> {
  const sets = new Map<string, RangeSet>()
  for (const { journal, seq, have } of line.store.marks()) {
    const set = new RangeSet(have as Range[])
    set.addRange(1, seq)
    sets.set(journal, set)
  }
  return sets
}

test('whatever fails in whatever order, each reading is stored once or passed over as a gap', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(...quietSteps, ...hardSteps), { maxLength: 80 }), (steps) => {
      const line = run(steps)
      assert.equal(line.store.twice, 0, 'a reading was stored twice')
      const marks = declared(line)
      for (const { journal, seq, diesAt, drained } of line.taken) {
        if (line.store.has(journal, seq)) continue
        // not stored: passed over in the mark; unless the journal's end is known to nobody, or the store that had
        // all of it was lost later
        const known = marks.get(journal)?.has(seq) || diesAt !== undefined || (drained && line.excused)
        assert.ok(known, `${seq} of a living journal is neither stored nor passed over`)
      }
      const alive = line.journal
      assert.equal(alive.bytes.memory, 0, 'all is confirmed, yet the journal holds on to something')
    }),
    { numRuns: runs(800) },
  )
})

test('kills of one process at a time lose nothing that was taken longer than a tick before', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(...quietSteps), { maxLength: 80 }), (steps) => {
      const line = run(steps)
      for (const { journal, seq, at, diesAt } of line.taken) {
        if (diesAt !== undefined && diesAt - at < TICK) continue
        assert.ok(
          line.store.has(journal, seq),
          `${seq}, taken ${(diesAt ?? Number.NaN) - at} ms before the kill, is missing`,
        )
      }
    }),
    { numRuns: runs(800) },
  )
})

test('a cut journal leaves a gap in time for each of its devices, up to the next reading', () => {
  const line = new Line()
  line.take(5)
  line.deliver(100)
  line.pass(8)
  line.deliver(100)
  const last = line.clock.now()
  line.take(1)
  line.connected = false // the last one never reaches the socket
  line.down = []
  line.connected = true
  line.killGateway()
  line.pass(8)
  line.connect()
  line.take(1)
  line.settle()
  const gap = line.store.gaps.find((one) => one.device === device)
  assert.ok(gap, 'a gap is told')
  assert.ok(gap.from <= last && gap.to >= last, 'it spans the lost reading')
})

test('a cut is told for every device that the store knows, though sim had just begun and nobody had described them', () => {
  const line = new Line()
  line.take(5)
  line.work(4)
  line.recorder.flush()
  line.killSim()
  line.recorder.info(device, undefined)
  line.take(1)
  const lost = line.clock.now()
  line.killGateway()
  line.connect()
  line.deliver(100)
  line.pass(4)
  line.describe()
  line.take(1)
  line.settle()
  const gap = line.store.gaps.find((one) => one.device === device)
  assert.ok(gap && gap.from <= lost && gap.to >= lost, 'the gap of time is told')
})

test('a journal that was closed in good order leaves no gap', () => {
  const line = new Line()
  line.take(5)
  line.closeGateway()
  line.connect()
  line.take(1)
  line.settle()
  assert.deepEqual(line.store.gaps, [])
  assert.equal(line.store.size, 6)
  assert.equal([...line.journal.journals].length, 1, 'the earlier journal is forgotten once it is drained')
})
