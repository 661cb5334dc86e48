import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { readNumber, readRows } from './rows.ts'
import { dateOrder, timeReader } from './times.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'habtwin-csv-'))
})
after(() => rm(folder, { recursive: true }))

let files = 0
async function rows(content: string | Buffer, name?: string): Promise<(readonly string[])[]> {
  const file = join(folder, `${files++}.csv`)
  await writeFile(file, content)
  const all: (readonly string[])[] = []
  for await (const { fields } of readRows(file, name)) all.push(fields)
  return all
}

describe('rows', () => {
  it('are the same however a spreadsheet, R or a logger writes them', async () => {
    const right = [
      ['date', 'CO2'],
      ['2026-01-01', '812.5'],
      ['2026-01-02', '813'],
    ]
    for (const text of [
      'date,CO2\n2026-01-01,812.5\n2026-01-02,813\n',
      '\uFEFF"date";"CO2"\r\n"2026-01-01";812.5\r\n"2026-01-02";813\r\n',
      'date\tCO2\n2026-01-01\t812.5\n\n2026-01-02\t813',
      // row names of R, and a delimiter behind the last field
      '"date","CO2"\n"1","2026-01-01",812.5\n"2","2026-01-02",813\n',
      'date;CO2\n2026-01-01;812.5;\n2026-01-02;813;\n',
      'date;CO2;\n2026-01-01;812.5;\n2026-01-02;813;\n',
      // lines before the header
      'sep=;\ndate;CO2\n2026-01-01;812.5\n2026-01-02;813\n',
      'Logger 7, office\n\n# second floor; by the door, left\ndate;CO2\n2026-01-01;812.5\n2026-01-02;813\n',
      Buffer.from('\uFEFFdate\tCO2\r\n2026-01-01\t812.5\r\n2026-01-02\t813\r\n', 'utf16le'),
    ]) {
      assert.deepEqual(await rows(text, 'date'), right, JSON.stringify(text))
    }
  })

  it('are read where names hold delimiters, quotes or letters of an old code page', async () => {
    assert.deepEqual(await rows('"date, local",CO2\n1,2\n', 'date, local'), [
      ['date, local', 'CO2'],
      ['1', '2'],
    ])
    assert.deepEqual((await rows(Buffer.from('Zeit;Temp °C\n1;2\n', 'latin1'), 'Zeit'))[0], ['Zeit', 'Temp °C'])
  })

  it('of R keep an empty last field where they begin with a name', async () => {
    assert.deepEqual(await rows('"date","CO2"\n"1","2026-01-01",\n"2","2026-01-02",813\n', 'date'), [
      ['date', 'CO2'],
      ['2026-01-01', ''],
      ['2026-01-02', '813'],
    ])
  })
})

it('numbers are read with points, commas and thousands, and not where they are text', () => {
  const read = ['812.5', '812,5', '-1e3', '1.234,5', '1,234.5', '1 234,5', '+,5', 'NA', '', '12 ppm', 'on', 'Infinity']
  assert.deepEqual(read.map(readNumber), [
    812.5,
    812.5,
    -1000,
    1234.5,
    1234.5,
    1234.5,
    0.5,
    null,
    null,
    undefined,
    undefined,
    undefined,
  ])
})

describe('times', () => {
  const at = Date.UTC(2015, 1, 4, 17, 51)

  it('of one moment are that moment, however they are written', () => {
    const read = timeReader({ timezone: 'UTC', order: 'month-first' })
    for (const text of [
      '2015-02-04 17:51:00',
      '2015-02-04T17:51Z',
      '2015-02-04 17:51:00.000 UTC',
      '2015/2/4 17:51',
      '20150204T175100Z',
      '2015-02-04T18:51:00+01',
      '2015-02-04 12:21-0530',
      '04.02.2015 17:51',
      '04.02.15, 17:51:00',
      '2/4/2015 5:51 PM',
      '02/04/15 17.51.00',
      '4-Feb-2015 17:51',
      'Wednesday, February 4, 2015 5:51:00 p.m.',
      '1423072260',
      '1423072260000',
      '1423072260000000',
      '1.42307226e9',
      '42039.74375',
    ]) {
      assert.equal(read(text, 0), at, text)
    }
  })

  it('that are none are not guessed', () => {
    const read = timeReader({ timezone: 'UTC' })
    for (const text of [
      '',
      'now',
      '2015-02-30',
      '2015-13-01',
      '2015-02-04 25:00',
      '03/04/2015',
      '4 Foo 2015',
      '13:51',
    ]) {
      assert.equal(read(text, 0), undefined, text)
    }
  })

  it('that are bare numbers count what is said', () => {
    assert.equal(timeReader({ timezone: 'UTC', unit: 'min' })('90', 0), 90 * 60_000)
    assert.equal(timeReader({ timezone: 'UTC', unit: 'h' })('1,5', 0), 90 * 60_000)
  })

  it('tell by themselves whether the day or the month comes first', () => {
    assert.equal(dateOrder(['10/03/2004 18.00.00', '13/03/2004 18.00.00']), 'day-first')
    assert.equal(dateOrder(['3/10/2004', '3/13/2004']), 'month-first')
    // both can be read: time goes on by hours, not by months
    assert.equal(dateOrder(['10/03/2004 23:00', '11/03/2004 00:00', '11/03/2004 01:00']), 'day-first')
    assert.equal(dateOrder(['3/10/2004 23:00', '3/11/2004 00:00', '3/11/2004 01:00']), 'month-first')
    assert.equal(dateOrder(['2004-03-10', '10.03.2004']), undefined)
  })
})
