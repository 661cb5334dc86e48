import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { DeviceInfo } from '@habtwin/contract'
import { isHabtwinError } from '@habtwin/contract'
import { readAll } from './export.ts'
import { toFault } from './faults.ts'
import { StoreFile } from './file.ts'
import { SeriesReader } from './reader.ts'
import { Store } from './store.ts'
import { all, co2, folder, JOURNAL, memoryLog, OTHER, one } from './support.ts'

const code = (wanted: string) => (error: unknown) => isHabtwinError(error) && error.code === wanted

function info(device: string, zone: string): DeviceInfo {
  const points = { co2: { unit: '[ppm]' } }
  return { device, zone, node: 'pi', driver: 'x', label: device, simulated: false, every: 1000, points }
}

test('what was committed is read back before it is packed, after, and after opening again', async () => {
  using dir = folder()
  const batch = {
    readings: [one(1, 1000, 400.5), one(2, 2000, null), { device: 'air', reading: {
      journal: JOURNAL, seq: 3, n: 3, t: 3000, values: { co2: 402 }, quality: { co2: 'uncertain:warmup' },
    } }],
    twin: [{ key: { kind: 'estimate', zone: 'crew', quantity: 'co2', field: 'mean' } as const, t: 1500, value: 401 }],
    records: [{ topic: 'alert/1', body: { id: '1' }, t: 1000 }],
    infos: [{ from: 0, info: info('air', 'crew') }],
    marks: [{ journal: JOURNAL, seq: 2, have: [[5, 7] as [number, number]] }],
    gaps: [{ journal: JOURNAL, device: 'air', from: 1, to: 2, count: 4, reason: 'lost' }],
    latest: new Map([['twin/forecast/crew/co2', { made: 1 }]]),
  } // biome-ignore format: a table
  const check = async (store: Store) => {
    assert.deepEqual(await all(store), {
      unit: '[ppm]',
      t: [1000, 2000, 3000],
      value: [400.5, null, 402],
      quality: [null, null, 'uncertain:warmup'],
    })
    assert.deepEqual(await all(store, batch.twin[0]?.key), { t: [1500], value: [401] })
    assert.deepEqual(store.records('alert'), batch.records)
    assert.deepEqual(store.alerts(), [{ id: '1' }])
    assert.equal(store.infoAt('air', 5)?.zone, 'crew')
    assert.deepEqual(store.marks(), [{ ...batch.marks[0], ranges: [[1, 2], [5, 7]] }]) // biome-ignore format: short
    assert.deepEqual(store.completeness(), [{ device: 'air', taken: 3, stored: 3, gaps: batch.gaps }])
    assert.deepEqual([...store.latest('twin/')], [...batch.latest])
  }
  let id = ''
  {
    await using store = Store.open({ folder: dir.path })
    id = store.id
    assert.equal(store.commit(batch), 1)
    await check(store)
  }
  {
    await using store = Store.open({ folder: dir.path })
    assert.equal(store.id, id)
    await check(store)
    await store.pack()
    await check(store)
    assert.deepEqual(store.size.log, 0)
  }
  await using store = Store.open({ folder: dir.path })
  await check(store)
  assert.equal(store.last, 1)
  assert.equal(store.commit({ readings: [one(4, 4000, 1)] }), 2)
})

test('late rows come in their place, and rows that are both pending and committed come once', async () => {
  using dir = folder()
  await using store = Store.open({ folder: dir.path })
  store.commit({ readings: [one(3, 3000, 3), one(5, 5000, 5)] })
  await store.pack()
  store.commit({ readings: [one(1, 1000, 1), one(1, 3000, 33, 'air', OTHER)] })
  const pending = [
    { t: 1000, journal: JOURNAL, seq: 1, value: 1 },
    { t: 2000, journal: JOURNAL, seq: 2, value: null, quality: 'bad:range' },
  ]
  const query = { series: co2(), from: 0, to: 5000, pending }
  const found = await store.history(query)
  assert.deepEqual(found.t, [1000, 2000, 3000, 3000, 5000])
  assert.deepEqual(found.value, [1, null, 3, 33, 5])
  assert.deepEqual(found.quality, [null, 'bad:range', null, null, null])
  const means = await store.history({ ...query, every: 2000 })
  assert.deepEqual(means, { t: [0, 2000, 4000], value: [1, 18, 5], min: [1, 3, 5], max: [1, 33, 5], n: [1, 2, 1] })
  assert.deepEqual(await store.history({ ...query, limit: 2 }), {
    t: [1000, 2000],
    value: [1, null],
    quality: [null, 'bad:range'],
    more: true,
  })
})

test('a question that is taken back is answered with its reason, and one for too much is refused', async () => {
  using dir = folder()
  await using store = Store.open({ folder: dir.path })
  const query = { series: co2(), from: 0, to: 1 }
  const control = new AbortController()
  const asked = store.history(query, control.signal)
  control.abort(new Error('enough'))
  await assert.rejects(asked, /enough/)
  await assert.rejects(store.history(query, control.signal), /enough/)
  await assert.rejects(store.history({ ...query, to: 1e15, every: 1 }), code('request/too-large'))
  assert.deepEqual(await store.history(query), { t: [], value: [] })
})

test('a span of more rows than fit the memory is refused, and can be had as means', async () => {
  using dir = folder()
  await using store = Store.open({ folder: dir.path })
  store.commit({ readings: [one(1, 1000, 5)] })
  await store.pack()
  {
    using other = new DatabaseSync(join(dir.path, 'store.db'), { timeout: 5000 })
    other.exec('UPDATE block SET n = 5000000')
  }
  await assert.rejects(all(store), code('request/too-large'))
  const means = await store.history({ series: co2(), from: 0, to: 2000, every: 1000 })
  assert.deepEqual(means.value, [5])
})

test('the zone of a reading is the one that was valid at its time', async () => {
  using dir = folder()
  await using store = Store.open({ folder: dir.path })
  store.commit({ infos: [{ from: 1000, info: info('air', 'crew') }] })
  store.commit({ infos: [{ from: 5000, info: info('air', 'greenhouse') }] })
  await store.pack()
  const zones = [0, 1000, 4999, 5000, 9000].map((t) => store.infoAt('air', t)?.zone)
  assert.deepEqual(zones, ['crew', 'crew', 'crew', 'greenhouse', 'greenhouse'])
  assert.equal(store.devices()[0]?.zone, 'greenhouse')
  store.commit({ readings: [one(1, 2000, 7), one(2, 6000, 8)] })
  assert.deepEqual(
    [...readAll(dir.path)].map(({ done: _done, ...chunk }) => ({ ...chunk, rows: chunk.rows.map((row) => row.zone) })),
    [{ device: 'air', point: 'co2', unit: '[ppm]', rows: ['crew', 'greenhouse'] }],
  )
})

test('an export goes through years in chunks, and keeps to its span, devices and points', async () => {
  using dir = folder()
  await using store = Store.open({ folder: dir.path })
  const day = 86_400_000
  const times = [0, 1, day - 1, day, day + 0.5, 400 * day, 401 * day]
  store.commit({ readings: times.slice(0, 4).map((t, i) => one(i + 1, t, i)) })
  await store.pack()
  store.commit({ readings: [...times.slice(4).map((t, i) => one(i + 5, t, i)), one(9, 0, 1, 'meter')] })
  const export_ = (span: object) => [...readAll(dir.path, span)].flatMap((chunk) => chunk.rows.map((row) => row.t))
  assert.deepEqual(export_({ devices: ['air'] }), times)
  assert.deepEqual(export_({ from: 1, to: day, devices: ['air'] }), [1, day - 1, day])
  assert.deepEqual(export_({ points: ['o2'] }), [])
  assert.deepEqual([...readAll(dir.path)].map((chunk) => chunk.device).at(-1), 'meter')
})

test('an alert is told as it last was, while all its changes are kept', async () => {
  using dir = folder()
  await using store = Store.open({ folder: dir.path })
  const change = (id: string, t: number, active: boolean) => ({ topic: `alert/${id}`, body: { id, t, active }, t })
  store.commit({ records: [change('a', 1, true), change('b', 2, true)] })
  await store.pack()
  store.commit({ records: [change('a', 3, false), { topic: 'event/x', body: {}, t: 9 }] })
  assert.deepEqual(store.alerts(), [{ id: 'a', t: 3, active: false }, { id: 'b', t: 2, active: true }]) // biome-ignore format: short
  assert.equal(store.records('alert').length, 3)
  assert.equal(store.alerts({ from: 0, to: 2 }).length, 2)
  assert.equal(store.alerts({ limit: 1 })[0]?.id, 'a')
})

test('an entry of the log stays until it is packed and every mirror has it', async () => {
  using dir = folder()
  {
    await using store = Store.open({ folder: dir.path, mirrors: ['influx'] })
    const cursor = store.cursor('influx')
    store.commit({ readings: [one(1, 1000, 1)], records: [{ topic: 'event/1', body: { by: 'x' }, t: 5 }] })
    store.commit({ readings: [one(2, 2000, 2)] })
    await store.pack()
    const entries = cursor.read()
    assert.deepEqual(
      entries.map((entry) => entry.id),
      [1, 2],
    )
    assert.deepEqual(entries[0]?.records, [{ topic: 'event/1', body: { by: 'x' }, t: 5 }])
    assert.deepEqual(Array.from(entries[1]?.groups[0]?.values[0] ?? []), [2])
    cursor.move(1)
    assert.equal(cursor.lag, 1)
    assert.deepEqual(
      cursor.read().map((entry) => entry.id),
      [2],
    )
  }
  {
    await using store = Store.open({ folder: dir.path, mirrors: ['influx'] })
    assert.equal(store.cursor('influx').id, 1, 'a cursor is durable when the store is closed')
    store.cursor('influx').move(2)
    await store.pack()
    assert.equal(store.last, 3, 'the move itself was an entry')
  }
  await using store = Store.open({ folder: dir.path })
  await store.pack()
  assert.equal(store.size.log, 0, 'a mirror that is no longer configured holds nothing')
})

test('a mirror that stays away too long loses the oldest entries, counted and said', async () => {
  using dir = folder()
  const log = memoryLog()
  await using store = Store.open({ folder: dir.path, mirrors: ['influx'], logSize: 700, log })
  for (let i = 1; i <= 10; i++) store.commit({ readings: [one(i, i * 1000, i)] })
  await store.pack()
  const cursor = store.cursor('influx')
  assert.ok(cursor.dropped > 0 && cursor.dropped < 10, String(cursor.dropped))
  assert.equal(cursor.dropped, store.metrics.logDropped)
  assert.equal(cursor.read()[0]?.id, cursor.dropped + 1)
  assert.match(log.lines.join('\n'), /before a mirror had them/)
  assert.equal((await all(store)).t.length, 10, 'the store itself has them all')
})

test('what is older than is kept goes, and the oldest beyond the size', async () => {
  using dir = folder()
  await using store = Store.open({ folder: dir.path, keep: 10_000, size: 1e9 })
  for (const t of [1000, 5000, 20_000]) {
    store.commit({ readings: [one(t, t, 1)], records: [{ topic: 'event/1', body: {}, t }] })
    await store.pack()
  }
  assert.deepEqual((await all(store)).t, [1000, 5000, 20_000])
  await store.retire(14_000)
  assert.deepEqual((await all(store)).t, [5000, 20_000])
  assert.equal(store.records('event').length, 2)
  await store.retire(1e6)
  assert.deepEqual((await all(store)).t, [])
  assert.equal(store.size.blocks, 0)
  assert.equal(store.metrics.retired, 3)
})

test('a second process is refused the store, and gets it when the first was killed', async () => {
  using dir = folder()
  const script = `
    import { Store } from ${JSON.stringify(new URL('./store.ts', import.meta.url).href)}
    const store = Store.open({ folder: ${JSON.stringify(dir.path)} })
    store.commit({ marks: [{ journal: '${JOURNAL}', seq: 7, have: [] }] })
    console.log('open')
    // held: one that nobody can reach any more is let go of, with its lock
    setInterval(() => store.marks(), 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const gone = new Promise((resolve) => child.once('exit', resolve))
  try {
    assert.throws(() => Store.open({ folder: dir.path }), code('data/locked'))
  } finally {
    child.kill('SIGKILL')
    await gone
  }
  await using store = Store.open({ folder: dir.path })
  assert.equal(store.marks()[0]?.seq, 7)
  assert.throws(() => Store.open({ folder: dir.path }), code('data/locked'))
})

test('a process that is killed while it commits and packs has stored all that it was told was stored', async () => {
  using dir = folder()
  const script = `
    import { Store } from ${JSON.stringify(new URL('./store.ts', import.meta.url).href)}
    import { one } from ${JSON.stringify(new URL('./support.ts', import.meta.url).href)}
    const store = Store.open({ folder: ${JSON.stringify(dir.path)}, packValues: 500 })
    for (let seq = 1; ; seq += 100) {
      const readings = Array.from({ length: 100 }, (_, i) => one(seq + i, (seq + i) * 1000, i))
      store.commit({ readings, marks: [{ journal: '${JOURNAL}', seq: seq + 99, have: [] }] })
      process.stdout.write(seq + 99 + '\\n')
      await new Promise((resolve) => setImmediate(resolve))
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let told = 0
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told = Number(text.trimEnd().split('\n').at(-1))
    if (told >= 20_000) child.kill('SIGKILL')
  })
  await new Promise((resolve) => child.once('close', resolve))
  await using store = Store.open({ folder: dir.path })
  const stored = store.marks()[0]?.seq ?? 0
  assert.ok(stored >= told, `${stored} is less than the ${told} that were told`)
  const found = await all(store)
  assert.deepEqual(
    found.t,
    Array.from({ length: stored }, (_, i) => (i + 1) * 1000),
  )
  assert.equal(store.completeness()[0]?.stored, stored)
})

test('a store of a newer habtwin is refused and left as it is', () => {
  using dir = folder()
  const path = join(dir.path, 'store.db')
  using db = new DatabaseSync(path)
  db.exec('PRAGMA user_version = 99')
  assert.throws(() => Store.open({ folder: dir.path }), code('store/newer'))
  assert.deepEqual(
    readdirSync(dir.path).filter((name) => name.includes('damaged')),
    [],
  )
})

for (const [what, spoil] of [
  ['whose header is garbage', (bytes: Buffer) => bytes.fill('x', 0, 200)],
  ['with garbage in the middle', (bytes: Buffer) => bytes.fill(0xa5, 4096, 20_000)],
  ['that was cut short', (bytes: Buffer) => bytes.subarray(0, 12_000)],
] as const) {
  test(`a file ${what} is moved aside, loudly, and a new store begun`, async () => {
    using dir = folder()
    const path = join(dir.path, 'store.db')
    let id = ''
    {
      await using store = Store.open({ folder: dir.path })
      id = store.id
      for (let i = 0; i < 10; i++)
        store.commit({ readings: [one(i + 1, i, i)], marks: [{ journal: JOURNAL, seq: i + 1, have: [] }] })
      await store.pack()
    }
    const bytes = readFileSync(path)
    writeFileSync(path, spoil(bytes))
    const log = memoryLog()
    await using store = Store.open({ folder: dir.path, log })
    assert.notEqual(store.id, id)
    assert.deepEqual(store.marks(), [])
    assert.match(log.lines.join('\n'), /error the store was damaged/)
    assert.ok(readdirSync(dir.path).some((name) => /^store\.db\.damaged-\d{8}T/.test(name)))
    store.commit({ readings: [one(1, 1, 1)] })
    assert.deepEqual((await all(store)).t, [1])
  })
}

test('damage that is found while running begins a new store, and who commits is told', async () => {
  using dir = folder()
  const log = memoryLog()
  await using store = Store.open({ folder: dir.path, log, mirrors: ['influx'] })
  store.commit({ readings: [one(1, 1, 1)] })
  const { id } = store
  {
    using vandal = new DatabaseSync(join(dir.path, 'store.db'), { timeout: 5000 })
    vandal.prepare('UPDATE ingest SET body = ?').run(Buffer.from('garbage'))
  }
  await assert.rejects(all(store), code('store/damaged'))
  assert.match(log.lines.join('\n'), /moved aside/)
  assert.equal(store.id, id, 'until it was told, nobody vouches for the new store with marks of the old one')
  assert.throws(() => store.commit({ marks: [{ journal: JOURNAL, seq: 9, have: [] }] }), code('store/damaged'))
  assert.notEqual(store.id, id)
  assert.deepEqual(store.marks(), [])
  store.commit({ readings: [one(1, 1, 1)] })
  assert.deepEqual((await all(store)).t, [1])
  assert.equal(store.cursor('influx').lag, 1)
})

test('damage that a commit meets begins a new store at once', async () => {
  using dir = folder()
  await using store = Store.open({ folder: dir.path })
  for (let i = 1; i <= 50; i++) store.commit({ readings: [one(i, i, i)] })
  await store.pack()
  const { id } = store
  const path = join(dir.path, 'store.db')
  {
    // nothing of it is left but its size
    using vandal = new DatabaseSync(path, { timeout: 5000 })
    vandal.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    writeFileSync(path, Buffer.alloc(readFileSync(path).length, 0xa5))
    vandal.close()
  }
  assert.throws(() => {
    for (let i = 0; i < 50; i++) store.commit({ readings: [one(100 + i, i, i)] })
  }, code('store/damaged'))
  assert.notEqual(store.id, id)
  assert.equal(store.commit({ readings: [one(1, 1, 1)] }), 1)
})

test('one damaged block is left out of an answer, counted and said', async () => {
  using dir = folder()
  const log = memoryLog()
  await using store = Store.open({ folder: dir.path, log })
  store.commit({ readings: [one(1, 1, 1)] })
  await store.pack()
  store.commit({ readings: [one(2, 2, 2)] })
  {
    using vandal = new DatabaseSync(join(dir.path, 'store.db'), { timeout: 5000 })
    vandal.exec('UPDATE block SET body = zeroblob(40) WHERE id = 1')
  }
  assert.deepEqual((await all(store)).t, [2])
  assert.equal(store.metrics.damagedBlocks, 1)
  assert.match(log.lines.join('\n'), /damaged blocks were left out/)
})

test('a full disk is told as such, nothing is half written, and the next try works', () => {
  using dir = folder()
  using file = StoreFile.open(join(dir.path, 'store.db'))
  file.commit({ readings: [one(1, 1, 1)] }, [], 0)
  const batch = {
    readings: Array.from({ length: 20_000 }, (_, i) => one(i + 2, i + 2, Math.random(), 'new')),
    marks: [{ journal: JOURNAL, seq: 20_001, have: [] }],
  }
  const { page_count } = file.db.prepare('PRAGMA page_count').get() as { page_count: number }
  file.db.exec(`PRAGMA max_page_count = ${page_count}`)
  assert.throws(
    () => file.commit(batch, [], 0),
    (error) => code('data/unusable')(toFault(error, file.path)),
  )
  assert.equal(file.state.marks.size, 0)
  assert.equal(file.last, 1)
  file.db.exec('PRAGMA max_page_count = 1000000')
  assert.equal(file.commit(batch, [], 0).id, 2)
  using reader = new SeriesReader(file.path)
  assert.equal(reader.rows(co2('new'), 0, 1e9).n, 20_000)
  assert.equal(reader.rows(co2(), 0, 1e9).n, 1)
})

test('a copy of the files taken at any moment of a packing opens with everything', async () => {
  using dir = folder()
  using copies = folder()
  await using store = Store.open({ folder: dir.path })
  const readings = Array.from({ length: 80_000 }, (_, i) => one(i + 1, i * 10, i % 100, `air-${i % 4}`))
  store.commit({ readings, records: [{ topic: 'alert/1', body: { id: '1' }, t: 1 }] })
  const packing = store.pack()
  let copied = 0
  let over = false
  void packing.then(() => {
    over = true
  })
  let blocks = -1
  while (!over) {
    if (store.metrics.blocks !== blocks) {
      blocks = store.metrics.blocks
      cpSync(dir.path, join(copies.path, String(copied++)), { recursive: true })
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(copied >= 2)
  for (let i = 0; i < copied; i++) {
    await using copy = Store.open({ folder: join(copies.path, String(i)) })
    const count = async () => {
      let n = 0
      for (let device = 0; device < 4; device++) n += (await all(copy, co2(`air-${device}`))).t.length
      return n
    }
    assert.equal(await count(), readings.length)
    await copy.pack()
    assert.equal(await count(), readings.length)
    assert.equal(copy.alerts().length, 1)
    assert.equal(copy.size.values, readings.length)
  }
})
