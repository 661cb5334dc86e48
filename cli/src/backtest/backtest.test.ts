/** `habtwin backtest` as people call it: a recording and what its columns are, in; figures, words or a refusal, out. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { habtwin, temporaryFolder } from '../../../test/support/line.ts'

const t0 = Date.UTC(2015, 1, 4, 17, 51)

/** CO2 of a room that fills and empties, and a temperature that follows. */
function readings(length: number): { t: number; co2: number; temperature: number }[] {
  let x = 500
  return Array.from({ length }, (_, k) => {
    x += (Math.sin(k / 40) > 0.4 ? 12 : 0) - 0.01 * (x - 420)
    return { t: t0 + k * 60_000, co2: Math.round(10 * x) / 10, temperature: Math.round(200 + x / 20) / 10 }
  })
}

const iso = (t: number) => new Date(t).toISOString().slice(0, 19).replace('T', ' ')

/** As R writes it. */
function asR(rows: ReturnType<typeof readings>): string {
  const lines = rows.map(({ t, co2, temperature }, i) => `"${i + 1}","${iso(t)}",${temperature},${co2}`)
  return `"date","Temperature","CO2"\n${lines.join('\n')}\n`
}

function place(context: TestContext) {
  const folder = temporaryFolder()
  context.after(() => folder[Symbol.dispose]())
  const write = (name: string, text: string) => {
    writeFileSync(join(folder.path, name), text)
    return join(folder.path, name)
  }
  const office = write('office.yaml', 'time: date\nzone: office\ncolumns: { co2: CO2, temperature: Temperature }\n')
  return { write, office }
}

test('prints scores as one JSON line, and nothing else on standard output', async (context) => {
  const { write, office } = place(context)
  const file = write('office.csv', asR(readings(400)))
  const { status, out, err } = await habtwin('backtest', file, '--config', office, '--json')
  assert.equal(status, 0, err)
  assert.equal(out.trim().split('\n').length, 1)
  const { series, step, rows } = JSON.parse(out)
  assert.deepEqual([step, rows], [1, 400])
  // 180 and 1440 min do not fit in the half that is scored
  assert.deepEqual(Object.keys(series.co2), ['5', '15', '30', '60', '180'])
  assert.match(err, /1440 min left out/)
  assert.deepEqual(Object.keys(series), ['co2', 'temperature'])
  for (const lines of Object.values(series)) {
    for (const [minutes, line] of Object.entries(lines as Record<string, Record<string, number>>)) {
      assert.equal(line.n, 200 - Number(minutes))
      for (const key of ['mae', 'crps', 'coverage90', 'width', 'persistence', 'trend', 'ar30', 'skill']) {
        assert.ok(Number.isFinite(line[key]), `${minutes}: ${key}`)
      }
    }
  }
})

test('reads the same from a spreadsheet with commas, local times and another unit as from R', async (context) => {
  const { write, office } = place(context)
  const rows = readings(300)
  const berlin = (t: number) => {
    const [date = '', time] = iso(t + 3_600_000).split(' ')
    return `${date.split('-').reverse().join('.')} ${time}`
  }
  const comma = (x: number) => String(x).replace('.', ',')
  const lines = rows.map(
    ({ t, co2, temperature }) => `${berlin(t)};${comma(Number((co2 / 1e4).toFixed(5)))};${comma(temperature)}`,
  )
  const excel = write('excel.csv', `\uFEFFZeit;CO2 in %;°C\r\n${lines.join('\r\n')}\r\n`)
  const config = write(
    'excel.yaml',
    'time: Zeit\ntimezone: Europe/Berlin\nvolume: 144 m3\ncolumns: { co2: { column: CO2 in %, unit: "%" }, temperature: °C }\n',
  )
  const args = ['--json', '--horizons', '15']
  const one = await habtwin('backtest', write('r.csv', asR(rows)), '--config', office, ...args)
  const other = await habtwin('backtest', excel, '--config', config, ...args)
  const [a, b] = [JSON.parse(one.out), JSON.parse(other.out)]
  assert.deepEqual([b.from, b.to, b.step], [a.from, a.to, a.step])
  for (const key of ['n', 'mae', 'persistence', 'ar30']) {
    assert.ok(Math.abs(a.series.co2[15][key] - b.series.co2[15][key]) < 1e-3 * a.series.co2[15].persistence, key)
  }
  assert.deepEqual(b.series.temperature, a.series.temperature)
})

test('tells how many rows and values were not taken, and why', async (context) => {
  const { write, office } = place(context)
  const lines = asR(readings(200)).trimEnd().split('\n')
  lines[10] = '"10","yesterday",23,700'
  lines[20] = '"20","2015-02-04 18:10:00",much,700'
  lines[30] = '"30","2015-02-04 18:20:00",-999,NA'
  lines.splice(50, 0, lines[50] as string)
  ;[lines[90], lines[91]] = [lines[91] as string, lines[90] as string]
  const file = write('odd.csv', `${lines.join('\n')}\n`)
  const { status, out, err } = await habtwin('backtest', file, '--config', office, '--json', '--horizons', '15')
  assert.equal(status, 0, err)
  const notes = JSON.parse(out).notes.join('\n')
  assert.match(notes, /1 rows left out, first in line 11: "yesterday" is not a time/)
  assert.match(notes, /1 values of temperature left out, first in line 21: "much" is not a number/)
  assert.match(notes, /1 values of temperature left out, as -999/)
  assert.match(notes, /1 values of co2 are missing/)
  assert.match(notes, /1 earlier than a row before/)
  assert.match(notes, /1 at the same time as another/)
  for (const note of notes.split('\n')) assert.ok(err.includes(note))
})

test('learns from another recording of the room, and scores all where that is asked for', async (context) => {
  const { write, office } = place(context)
  const rows = readings(500)
  const [train, file] = [write('before.csv', asR(rows.slice(0, 300))), write('after.csv', asR(rows.slice(300)))]
  const args = ['--json', '--horizons', '15', '--score', 'all']
  const fresh = JSON.parse((await habtwin('backtest', file, '--config', office, ...args)).out)
  const taught = JSON.parse((await habtwin('backtest', file, '--config', office, '--train', train, ...args)).out)
  assert.equal(fresh.series.co2[15].n, 185)
  assert.equal(taught.series.co2[15].n, 185)
  assert.ok(taught.series.co2[15].mae < fresh.series.co2[15].mae)
})

test('people get a table', async (context) => {
  const { write, office } = place(context)
  const file = write('office.csv', asR(readings(200)))
  const { out } = await habtwin('backtest', file, '--config', office, '--horizons', '5,15')
  assert.match(out, /^200 rows of .*office\.csv, a step of 1 min/)
  assert.match(out, /CO₂, ppm\nmin ahead +n +mae/)
  assert.match(out, /Temperature, °C\n.*\n +5 +95 /)
})

test('says what is wrong, where, and what to do: with the file, the column, the configuration', async (context) => {
  const { write, office } = place(context)
  const good = write('good.csv', asR(readings(200)))
  const cases: [args: string[], said: RegExp, status: number][] = [
    [[write('empty.csv', ''), '-c', office], /empty\.csv is empty \[replay\/unreadable\]/, 1],
    [[write('head.csv', 'date,CO2,Temperature\n'), '-c', office], /has a header and no rows/, 1],
    [[write('three.csv', asR(readings(3))), '-c', office], /spans 2 min .* \[backtest\/data\]/, 1],
    [[write('once.csv', asR(readings(1))), '-c', office], /one moment only \[backtest\/data\]/, 1],
    [['none.csv', '-c', office], /cannot read none\.csv/, 1],
    [[good, '-c', 'none.yaml'], /none\.yaml cannot be read/, 1],
    [[good, '-c', write('a.yaml', 'time: date\ncolumns: {co2: C}\n')], /no column "C"; there are date, Temp/, 1],
    [
      [good, '-c', write('b.yaml', 'time: date\ncolumns: {humidty: CO2}\n')],
      /b\.yaml:2:\d+ .*no point "humidty"; is it humidity/,
      1,
    ],
    [[good, '-c', write('c.yaml', 'time: date\ncolumns: {co2: {column: CO2, unit: lx}}\n')], /"lx" does not conv/, 1],
    [[good, '-c', write('d.yaml', 'columns: {co2: CO2}\n')], /time: must be the name of the column/, 1],
    [[good, '-c', write('e.yaml', 'time: [\n')], /\[config\/syntax\]/, 1],
    [[good, '-c', write('f.yaml', 'time: CO2\ncolumns: {co2: date}\n')], /column "date" has no numbers, as "2015/, 1],
    [[good, '-c', office, '--horizons', '0'], /Write minutes divided by commas/, 2],
    [[good], /required option/, 2],
  ]
  for (const [args, said, expected] of cases) {
    const { status, out, err } = await habtwin('backtest', ...args, '--json')
    assert.match(err, said)
    assert.deepEqual([status, out], [expected, ''], args.join(' '))
  }
})
