import assert from 'node:assert/strict'
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { HabtwinError } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import type { Instrument, Sample } from './driver.ts'
import { Fleet } from './fleet.ts'
import driver from './replay.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'habtwin-replay-'))
})
after(() => rm(folder, { recursive: true }))

let files = 0
async function fileOf(text: string): Promise<string> {
  const file = join(folder, `${files++}.csv`)
  await writeFile(file, text)
  return file
}

/** A recording that is played from a text, or from a file. */
async function playing(source: string | { file: string }, keys: object = {}, kept: { state?: string } = {}) {
  const clock = new TestClock()
  const reports: HabtwinError[] = []
  const file = typeof source === 'string' ? await fileOf(source) : source.file
  const options = driver.options.parse({ file, time: 'date', columns: { co2: 'CO2' }, speed: 'max', ...keys }) as object
  const fleet = await Fleet.load({
    clock,
    habitat: { pressure: 1013, timezone: 'UTC', zones: {} },
    buses: {},
    devices: { office: { ...options, zone: 'office', driver: 'replay', every: 60_000, timeout: 1_000 } },
    state: () => ({
      load: () => kept.state,
      save: (state) => {
        kept.state = state
      },
    }),
    report: (error) => reports.push(error),
  })
  const open = async () => (await fleet.members[0]?.open(new AbortController().signal)) as Instrument
  return { clock, reports, fleet, open }
}

/** All samples and how the recording ended. */
async function all(instrument: Instrument): Promise<{ samples: Sample[]; reason: string | undefined; late: number }> {
  const samples: Sample[] = []
  let late = 0
  const emit = async (sample: Sample, how?: { late?: boolean }) => {
    samples.push(sample)
    if (how?.late) late++
  }
  const reason = await instrument.stream?.(emit, new AbortController().signal)
  return { samples, reason, late }
}

const utc = (...at: [number, number, number, number, number, number?]) => Date.UTC(...at)

describe('replay', () => {
  it('takes a file as R writes it: quoted, with row names that the header lacks', async () => {
    const text =
      '"date","Temperature","CO2"\n"1","2015-02-04 17:51:00",23.18,721.25\n"2","2015-02-04 17:51:59",23.15,714\n'
    const { open, reports } = await playing(text, { columns: { co2: 'CO2', temperature: 'Temperature' } })
    const { samples, reason } = await all(await open())
    assert.deepEqual(samples, [
      { t: utc(2015, 1, 4, 17, 51), values: { co2: 721.25, temperature: 23.18 } },
      { t: utc(2015, 1, 4, 17, 51, 59), values: { co2: 714, temperature: 23.15 } },
    ])
    assert.equal(reason, 'recording finished')
    assert.equal(reports.length, 0)
  })

  it('takes semicolons with decimal commas, tabs, and a byte order mark', async () => {
    for (const text of ['\uFEFFdate;CO2\r\n2026-01-01T00:00:00Z;812,5\r\n', 'date\tCO2\n1767225600\t812.5\n']) {
      const { samples } = await all(await (await playing(text)).open())
      assert.deepEqual(samples, [{ t: utc(2026, 0, 1, 0, 0), values: { co2: 812.5 } }])
    }
  })

  it('takes local times of a zone, through the hour that comes twice and the one that never comes', async () => {
    const rows = [
      '2026-03-29 01:59',
      '2026-03-29 03:00',
      '25.10.2026 02:30',
      '25.10.2026 02:45',
      '25.10.2026 02:30',
      '2026-10-25T04:00:00.250+01:00',
    ]
    const { open } = await playing(`date,CO2\n${rows.map((row) => `${row},1`).join('\n')}\n`, {
      timezone: 'Europe/Berlin',
    })
    const { samples } = await all(await open())
    assert.deepEqual(
      samples.map(({ t }) => t),
      [
        utc(2026, 2, 29, 0, 59),
        utc(2026, 2, 29, 1, 0),
        utc(2026, 9, 25, 0, 30),
        utc(2026, 9, 25, 0, 45),
        utc(2026, 9, 25, 1, 30),
        utc(2026, 9, 25, 3, 0) + 250,
      ],
    )
  })

  it('tells of a bad row with its line and takes all others; what is missing is null', async () => {
    const rows = [
      '2026-01-01 00:00,1',
      'yesterday,2',
      '2026-02-30 00:00,3',
      '2026-01-01 00:03',
      '2026-01-01 00:04,much',
      '2026-01-01 00:05,NA',
      '2026-01-01 00:06,7',
    ]
    const { open, reports } = await playing(`date,CO2\n${rows.join('\n')}\n`)
    const { samples, reason } = await all(await open())
    assert.deepEqual(
      samples.map(({ values }) => values.co2),
      [1, null, 7],
    )
    assert.deepEqual(
      reports.map(({ code, where }) => [code, Number(where?.split(':').at(-1))]),
      [3, 4, 5, 6].map((line) => ['replay/row', line]),
    )
    assert.equal(reason, 'recording finished, 4 rows skipped')
  })

  it('names the columns that there are where one is missing', async () => {
    const { open } = await playing('date,Temperature\n2026-01-01,2\n')
    await assert.rejects(open(), { code: 'replay/column', message: /no column CO2; there are date, Temperature/ })
  })

  it('says so where there is no file, or an empty one', async () => {
    await assert.rejects((await playing({ file: join(folder, 'none.csv') })).open(), { code: 'replay/unreadable' })
    await assert.rejects((await playing('')).open(), { code: 'replay/unreadable' })
  })

  it('keeps the pace of the recording and its gaps, so many times faster', async () => {
    const { clock, open } = await playing('date,CO2\n1767225600,1\n1767225660,2\n1767232860,3\n', { speed: 60 })
    const at: number[] = []
    const instrument = await open()
    const emit = async () => {
      at.push(clock.mono())
    }
    const playback = instrument.stream?.(emit, new AbortController().signal)
    // rows come when the disk gives them: time moves once the next one is waited for
    for (const ms of [1_000, 120_000]) {
      while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve))
      await clock.advance(ms)
    }
    assert.equal(await playback, 'recording finished')
    assert.deepEqual(at, [0, 1_000, 121_000])
    assert.equal(clock.pending, 0)
  })

  it('goes on after the last row that was taken, also when the file has grown', async () => {
    const file = await fileOf('date,CO2\n1767225600,1\n1767225660,2\n1767225720,3\n')
    const kept = {}
    const first = await (await playing({ file }, {}, kept)).open()
    const stop = new AbortController()
    const taken: number[] = []
    const emit = async ({ values }: Sample) => {
      taken.push(values.co2 ?? 0)
      if (taken.length === 2) stop.abort()
    }
    await first.stream?.(emit, stop.signal).catch(() => {})
    await appendFile(file, '1767225780,4\n')
    const { samples } = await all(await (await playing({ file }, {}, kept)).open())
    assert.deepEqual(taken, [1, 2])
    assert.deepEqual(
      samples.map(({ values }) => values.co2),
      [3, 4],
    )
    const { samples: rest, reason } = await all(await (await playing({ file }, {}, kept)).open())
    assert.deepEqual([rest, reason], [[], 'recording finished'])
  })

  it('keeps its place before every wait worth it, and not for every row of a rush', async () => {
    let saves = 0
    const kept = {
      get state() {
        return undefined as unknown as string
      },
      set state(_: string) {
        saves++
      },
    }
    const rows = Array.from({ length: 500 }, (_, i) => `${1_767_225_600 + i},${i}`).join('\n')
    await all(await (await playing(`date,CO2\n${rows}\n`, {}, kept)).open())
    assert.equal(saves, 1)
  })

  it('begins anew where another recording lies in its place, or what was kept is damaged', async () => {
    for (const state of [JSON.stringify({ header: 'time,CO2', line: 2, t: 0 }), '{"line":']) {
      const { samples } = await all(await (await playing('date,CO2\n1767225600,1\n', {}, { state })).open())
      assert.equal(samples.length, 1)
    }
  })

  it('takes no row before the last was taken, and marks a row that goes back in time as late', async () => {
    const { open } = await playing('date,CO2\n1767225600,1\n1767225660,2\n1767225630,3\n')
    const instrument = await open()
    let inFlight = 0
    const slowly = async () => {
      assert.equal(++inFlight, 1)
      await new Promise((resolve) => setImmediate(resolve))
      inFlight--
    }
    await instrument.stream?.(slowly, new AbortController().signal)
    assert.equal((await all(await (await playing('date,CO2\n1767225660,2\n1767225630,3\n')).open())).late, 1)
  })

  it('stops when it is disposed of', async () => {
    const { clock, open } = await playing('date,CO2\n1767225600,1\n1767229200,2\n', { speed: 1 })
    const instrument = await open()
    const first = Promise.withResolvers<void>()
    const playback = instrument.stream?.(async () => first.resolve(), new AbortController().signal)
    await first.promise
    await instrument[Symbol.asyncDispose]()
    await assert.rejects(async () => playback)
    assert.equal(clock.pending, 0)
  })
})
