/** Readings of a machine whose clock is not set, through recorder and store as they are. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { BootClock, DeviceInfo, Mark, Reading } from '@habtwin/contract'
import { silentLog, TestClock } from '@habtwin/runtime'
import { linesOf } from '../influx/lines.ts'
import { readAll, Store } from '../store/index.ts'
import { Recorder } from './recorder.ts'

const JOURNAL = 'a'.repeat(32)
const OTHER = 'b'.repeat(32)
const TRUE = Date.UTC(2026, 10, 20, 12)
const info: DeviceInfo = {
  device: 'gh-air',
  zone: 'greenhouse',
  node: 'pi',
  driver: 'scd41',
  label: 'Air',
  simulated: false,
  every: 1_000,
  points: { co2: { unit: '[ppm]' } },
}

/** A recorder on a store of its own, which can be killed and begun again. */
class Rig implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'habtwin-unsynced-'))
  /** The machine's clock is years behind, as after a start without a network. */
  readonly clock = new TestClock(Date.UTC(2026, 2, 1))
  readonly marks = new Map<string, Mark | undefined>()
  readonly told: Reading[] = []
  set = false
  store!: Store
  recorder!: Recorder

  constructor() {
    this.begin()
  }

  begin(): void {
    this.store = Store.open({ folder: this.folder, mirrors: ['influx'], now: () => this.clock.now() })
    this.recorder = new Recorder({
      store: this.store,
      clock: this.clock,
      log: silentLog(),
      limits: { bytes: 65_536, wait: 15_000 },
      publishMark: (journal, mark) => this.marks.set(journal, mark),
      onReading: (_device, _zone, reading) => this.told.push(reading),
      isSet: () => this.set,
    })
    this.recorder.info('gh-air', info)
  }

  /** The process is killed: what was not committed is gone. */
  async kill(): Promise<void> {
    await this.store[Symbol.asyncDispose]()
    this.begin()
  }

  read(seq: number, { clock, t = this.clock.now() }: { clock?: { boot: string; mono: number }; t?: number } = {}) {
    const reading = { journal: JOURNAL, seq, n: seq, t, values: { co2: seq } }
    return this.recorder.reading('gh-air', clock === undefined ? reading : { ...reading, clock })
  }

  /** Unsynced readings, one a second from a moment after the start of the machine. */
  unsynced(from: number, to: number, boot = 'boot-a'): void {
    for (let seq = from; seq <= to; seq++) this.read(seq, { clock: { boot, mono: seq * 1_000 } })
  }

  async wait(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 250) {
      await this.clock.advance(250)
      this.recorder.tick()
    }
  }

  async history(from = 0, to = 8e15) {
    const series = { kind: 'reading', device: 'gh-air', point: 'co2' } as const
    return this.store.history({ series, from, to, pending: this.recorder.pending(series, from, to) })
  }

  /** What a mirror was given. */
  mirrored(): string[] {
    return this.store
      .cursor('influx')
      .read(1e9)
      .flatMap((entry) =>
        linesOf(entry, {
          habitat: 'h',
          infoAt: () => info,
          corrections: () => [...this.store.corrections().values()].flat(),
        }),
      )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

const known = (offset: number, more: Partial<BootClock> = {}): BootClock => ({
  boot: 'boot-a',
  stretches: [{ from: 0, offset }],
  upTo: 1e9,
  ...more,
})

test('readings whose clock is not set are durable and confirmed, in no series and no mirror, until it is', async () => {
  await using rig = new Rig()
  rig.unsynced(1, 100)
  await rig.wait(16_000)
  assert.equal(rig.marks.get(JOURNAL)?.seq, 100)
  assert.deepEqual((await rig.history()).t, [])
  assert.deepEqual(rig.mirrored(), [])
  assert.equal(rig.recorder.waiting, 100)
  assert.deepEqual(rig.recorder.completeness(), [{ device: 'gh-air', taken: 100, stored: 0, gaps: [] }])
  assert.equal(rig.told.length, 0, 'the twin learns nothing from them')
  rig.unsynced(101, 110)
  rig.recorder.clock(known(TRUE))
  await rig.wait(16_000)
  const expected = Array.from({ length: 110 }, (_, i) => TRUE + (i + 1) * 1_000)
  assert.deepEqual((await rig.history()).t, expected)
  assert.equal((await rig.history()).quality, undefined)
  assert.equal(rig.mirrored().length, 110)
  assert.ok(rig.mirrored()[0]?.endsWith(` ${TRUE + 1_000}`))
  assert.deepEqual(rig.recorder.completeness(), [{ device: 'gh-air', taken: 110, stored: 110, gaps: [] }])
  assert.deepEqual([rig.recorder.waiting, rig.told.length], [0, 110])
})

test('none is lost or stored twice when the recorder is killed: before it commits, while they wait, while they are placed', async () => {
  await using rig = new Rig()
  rig.unsynced(1, 50)
  await rig.wait(16_000)
  rig.unsynced(51, 80)
  await rig.kill()
  rig.recorder.connected()
  assert.equal(rig.marks.get(JOURNAL)?.seq, 50)
  rig.unsynced(51, 80) // sent again
  await rig.wait(16_000)
  await rig.kill()
  assert.equal(rig.recorder.waiting, 80)
  rig.recorder.clock(known(TRUE)) // placed in memory only
  assert.equal((await rig.history()).t.length, 80)
  await rig.kill()
  assert.equal(rig.recorder.waiting, 80)
  rig.recorder.clock(known(TRUE))
  await rig.wait(16_000)
  await rig.kill()
  rig.recorder.clock(known(TRUE))
  await rig.wait(16_000)
  const { t } = await rig.history()
  assert.deepEqual(
    t,
    Array.from({ length: 80 }, (_, i) => TRUE + (i + 1) * 1_000),
  )
  assert.equal(rig.mirrored().length, 80)
})

test('a backlog of days is placed in pieces, all of it', async () => {
  await using rig = new Rig()
  for (let i = 0; i < 20; i++) {
    rig.unsynced(i * 1_000 + 1, (i + 1) * 1_000)
    await rig.wait(1_000)
  }
  rig.recorder.flush()
  assert.equal(rig.recorder.waiting, 20_000)
  rig.recorder.clock(known(TRUE, { upTo: 1e12 }))
  assert.ok(rig.recorder.waiting > 0, 'not all at once')
  await rig.wait(20_000)
  assert.equal(rig.recorder.waiting, 0)
  assert.equal((await rig.history()).t.length, 20_000)
})

test('what was read after the clock came into doubt waits on, and the rest of its row does not', async () => {
  await using rig = new Rig()
  rig.unsynced(1, 20)
  rig.recorder.flush()
  rig.recorder.clock(known(TRUE, { upTo: 10_000 }))
  await rig.wait(16_000)
  assert.equal((await rig.history()).t.length, 10)
  assert.equal(rig.recorder.waiting, 10)
  const stretches = [
    { from: 0, offset: TRUE },
    { from: 10_500, offset: TRUE + 3_600_000 },
  ]
  rig.recorder.clock(known(TRUE, { stretches, upTo: 30_000 }))
  await rig.wait(16_000)
  const { t } = await rig.history()
  assert.equal(t.length, 20)
  assert.equal(t[10], TRUE + 3_600_000 + 11_000)
})

test('a boot that was never set is placed between its neighbours and marked, bad values stay bad', async () => {
  await using rig = new Rig()
  rig.unsynced(1, 3)
  rig.recorder.reading('gh-air', {
    journal: JOURNAL,
    seq: 4,
    n: 4,
    t: 5,
    clock: { boot: 'boot-a', mono: 4_000 },
    values: { co2: null },
    quality: { co2: 'bad:crc' },
  })
  rig.recorder.clock(known(TRUE, { stretches: [{ from: 0, offset: TRUE, doubt: 7_200_000 }], upTo: 8e15 }))
  await rig.wait(16_000)
  assert.deepEqual((await rig.history()).quality, ['uncertain:time', 'uncertain:time', 'uncertain:time', 'bad:crc'])
})

test('what was stamped by a clock that was an hour ahead is put right: no time twice, none backwards, in rows and means', async () => {
  await using rig = new Rig()
  const wrong = TRUE + 3_600_000
  rig.clock.step(wrong - rig.clock.now())
  rig.set = true
  // an hour that was stamped as the one after, half of it packed; then the clock is put back, and the same times come again
  for (let seq = 1; seq <= 3_600; seq++) {
    rig.read(seq, { t: wrong + seq * 1_000 })
    if (seq % 1_000 === 0) rig.recorder.flush()
    if (seq === 2_000) await rig.store.pack()
    await rig.clock.advance(1_000)
  }
  rig.clock.step(-3_600_000)
  rig.set = false
  assert.equal(
    rig.read(3_601, { t: wrong + 3_601_000 }),
    undefined,
    'under way when it was put back: not of the future',
  )
  for (let seq = 3_602; seq <= 3_700; seq++) rig.read(seq, { clock: { boot: 'boot-a', mono: seq * 1_000 } })
  const corrections = [{ journal: JOURNAL, from: 1, to: 3_601, since: wrong, until: wrong + 3_601_000, by: -3_600_000 }]
  const stretches = [
    { from: 0, offset: wrong },
    { from: 3_601_500, offset: TRUE },
  ]
  rig.recorder.clock(known(TRUE, { stretches, corrections, upTo: 3_700_500 }))
  rig.set = true
  for (let seq = 3_701; seq <= 7_200; seq++) {
    rig.read(seq, { t: TRUE + seq * 1_000 })
    await rig.clock.advance(1_000)
  }
  await rig.wait(16_000)
  const expected = Array.from({ length: 7_200 }, (_, i) => i + 1)
  const whole = await rig.history(TRUE, TRUE + 8_000_000)
  assert.deepEqual(
    whole.t,
    expected.map((seq) => TRUE + seq * 1_000),
  )
  assert.deepEqual(whole.value, expected)
  const part = await rig.history(TRUE + 1_000_000, TRUE + 1_100_000)
  assert.deepEqual([part.t[0], part.value[0], part.t.length], [TRUE + 1_000_000, 1_000, 101])
  const means = await rig.store.history({
    series: { kind: 'reading', device: 'gh-air', point: 'co2' },
    from: TRUE,
    to: TRUE + 8_000_000,
    every: 600_000,
  })
  assert.equal(
    means.n?.reduce((sum, n) => sum + n, 0),
    7_200,
  )
  assert.ok(means.value.every((value, i) => i === 0 || (value ?? 0) > (means.value[i - 1] ?? 0)))
  // an export, in another connection, and after a restart and a packing
  await rig.kill()
  await rig.store.pack()
  const exported = [...readAll(rig.folder)].flatMap(({ rows }) => rows.map(({ t }) => t))
  assert.deepEqual(exported, whole.t)
  assert.deepEqual((await rig.history(TRUE, TRUE + 8_000_000)).t, whole.t)
  // one that comes late, from the gateway's disk
  rig.recorder.reading('gh-air', { journal: OTHER, seq: 1, n: 1, t: TRUE - 5, values: { co2: 1 } })
  assert.equal((await rig.history(TRUE - 5, TRUE - 5)).t.length, 1)
})

test('while the gateway says that its clock is not set, nothing is refused as of the future', async () => {
  await using rig = new Rig()
  // a journal of the boot before, stamped well, drains into a machine that believes it is March
  assert.equal(rig.read(1, { t: TRUE }), undefined)
  rig.set = true
  assert.equal(rig.read(2, { t: TRUE + 1_000 }), 'future')
})

test('a backlog that was stamped an hour ahead is put right, not refused, by a recorder that begins after the clock was put back', async () => {
  await using rig = new Rig()
  rig.clock.step(TRUE - rig.clock.now())
  rig.set = true
  const by = -3_600_000
  const corrections = [{ journal: JOURNAL, from: 1, to: 10, since: TRUE, until: TRUE - by + 10_000, by }]
  rig.recorder.clock(known(TRUE, { corrections }))
  for (let seq = 1; seq <= 10; seq++) assert.equal(rig.read(seq, { t: TRUE - by + seq * 1_000 }), undefined)
  assert.deepEqual(
    (await rig.history()).t,
    Array.from({ length: 10 }, (_, i) => TRUE + (i + 1) * 1_000),
  )
  await rig.wait(16_000)
  assert.equal((await rig.history()).t[0], TRUE + 1_000, 'once, not twice, when it is stored')
  assert.ok(rig.mirrored()[0]?.endsWith(` ${TRUE + 1_000}`))
  assert.equal(rig.told[0]?.t, TRUE + 1_000)
})
