import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SerialPeer } from '../../simulated/line.ts'
import { TextPeer } from '../../simulated/serial/text.ts'
import serialText, { type TextOptions } from '../serial-text.ts'
import { Lines } from './lines.ts'
import { rig } from './rig.ts'
import { lineReader, type TextFormat } from './text.ts'

const format: TextFormat = { format: 'pairs', separator: ',', decimal: '.', checksum: 'none', keys: ['co2', 't'] }
const read = (line: string, more: Partial<TextFormat> = {}) => lineReader({ ...format, ...more })(line)

describe('a line of text', () => {
  const good = { co2: 812, t: 22.1 }

  it('is read in each format', () => {
    for (const line of [
      'co2=812 t=22.1',
      'co2: 812, t: 22.1',
      'co2=812;t=22.1;n=17',
      't = 22.1 name=greenhouse co2 = 8.12e2',
    ]) {
      assert.deepEqual(read(line), { co2: 812, t: 22.1 }, line)
    }
    assert.deepEqual(read('812, 22.1,x', { format: 'csv', columns: ['co2', 't', 'n'] }), good)
    assert.deepEqual(read('{"co2": 812, "t": "22.1", "n": [1]}', { format: 'json' }), good)
    assert.deepEqual(read('{"air": {"co2": 812}}', { format: 'json', keys: ['air.co2'] }), { 'air.co2': 812 })
    const pattern = String.raw`^CO2: (?<co2>\d+) ppm, T: (?<t>[\d.]+) °C$`
    assert.deepEqual(read('CO2: 812 ppm, T: 22.1 °C', { format: 'regex', pattern }), good)
  })

  it('may have a decimal comma', () => {
    assert.deepEqual(read('co2=812 t=22,1', { decimal: ',' }), good)
    assert.deepEqual(read('812;22,1', { format: 'csv', separator: ';', columns: ['co2', 't'], decimal: ',' }), good)
    assert.equal(read('co2=812 t=22,1,3', { decimal: ',' }), undefined)
  })

  it('says that there is no figure, which is another thing than none being there', () => {
    for (const none of ['nan', 'NaN', '--', 'n/a', 'inf', 'failed']) {
      assert.deepEqual(read(`co2=812 t=${none}`), { co2: 812, t: null }, none)
    }
    assert.deepEqual(read('{"co2": null}', { format: 'json' }), { co2: null })
    assert.deepEqual(read('co2=812'), { co2: 812 })
  })

  it('gives nothing where it is damaged, or is two lines that ran into each other', () => {
    const damaged = [
      'co2=8co2=812 t=22.1',
      'co2=812 co2=813',
      'co2=81 2 t=22.1',
      'co2=8x2',
      'co2=',
      '=812',
      'co2==812',
      'booting',
    ]
    for (const line of damaged) assert.equal(read(line), undefined, line)
    for (const line of ['812', '812,22.1,3', '812,22.1.3', ',']) {
      assert.equal(read(line, { format: 'csv', columns: ['co2', 't'] }), undefined, line)
    }
    for (const line of ['{"co2": 812', '[812]', '812', '{"co2": true}', '{"co2": 0x10}']) {
      assert.equal(read(line, { format: 'json' }), undefined, line)
    }
  })

  it('counts only with its checksum where there is one', () => {
    const nmea = { checksum: 'nmea' } as const
    assert.deepEqual(read('$co2=812 t=22.1*0C', nmea), undefined)
    // the exclusive or of the example of NMEA 0183 is known to be 47
    const gga = 'GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,'
    const columns = ['id', 'time', ...'abcdefghijklm'].slice(0, 15)
    assert.deepEqual(read(`$${gga}*47`, { ...nmea, format: 'csv', columns, keys: ['time'] }), { time: 123_519 })
    assert.equal(
      read(`$${gga.replace('545.4', '545.5')}*47`, { ...nmea, format: 'csv', columns, keys: ['time'] }),
      undefined,
    )
  })

  it('does not hold up the gateway where a pattern backtracks without end', () => {
    const pattern = '^(?<co2>(\\d+)+)$'
    assert.equal(read(`${'1'.repeat(60)}x`, { format: 'regex', pattern, keys: ['co2'] }), undefined)
    assert.deepEqual(read('812', { format: 'regex', pattern, keys: ['co2'] }), { co2: 812 })
  })
})

describe('lines', () => {
  const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'))

  it('end as on any system, and the first is not counted, as it may be half a line', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const lines = new Lines(80)
      assert.deepEqual(lines.push(bytes(`2=812${end}co2=812${end}${end}co2=8`)), ['co2=812'])
      assert.deepEqual(lines.push(bytes(`13${end}`)), ['co2=813'])
      assert.equal(lines.dropped, 0)
    }
  })

  it('that are too long or no text are dropped, counted, and cost no other', () => {
    const lines = new Lines(10)
    const all = lines.push(bytes(`\na=1\n${'x'.repeat(1_000)}\na=2\n\x00\x01a=3\na=\xff4\na=5\x7f\n\x1b[2Ja=6\na=7\n`))
    assert.deepEqual(all, ['a=1', 'a=2', 'a=7'])
    assert.equal(lines.dropped, 5)
  })
})

describe('serial-text', () => {
  const points = { co2: {}, temperature: { from: 't', unit: 'degF', label: 'In the sun' } }
  const quiet: SerialPeer = { receive() {} }
  const say = (it: ReturnType<typeof rig>, text: string) => it.line.say(Buffer.from(text))

  it('maps keys to points, scales them, and converts them to the unit of the point', async () => {
    const written = { points: { ...points, pressure: { from: 'p', scale: 0.01, unit: 'hPa' } } }
    await using it = rig(serialText, written, quiet)
    await it.open()
    it.stream()
    say(it, '\nco2=812 t=71.6 p=87912 v=3\n')
    await it.clock.advance(200)
    assert.deepEqual(it.samples[0]?.values, { co2: 812, temperature: 22, pressure: 879.12 })
    assert.deepEqual(it.description().points.temperature, { unit: 'Cel', label: 'In the sun' })
  })

  it('makes no reading of a line that was cut off when it was plugged in or out', async () => {
    await using it = rig(serialText, { points: { co2: {} } }, quiet)
    await it.open()
    const first = it.stream()
    say(it, 'co2=7\nco2=812\nco2=8')
    await it.clock.advance(100)
    it.line.unplug()
    await assert.rejects(it.soon(first), { code: 'device/unreachable' })
    it.line.replug()
    await it.open()
    it.stream()
    say(it, 'co2=12\nco2=813\n')
    await it.clock.advance(100)
    assert.deepEqual(
      it.samples.map(({ values }) => values.co2),
      [812, 813],
    )
  })

  it('takes one line each time that it is due from a device that talks too fast', async () => {
    await using it = rig(serialText, { points: { co2: {} } }, quiet, 1_000)
    await it.open()
    it.stream()
    say(it, '\n')
    for (let i = 0; i < 300; i++) {
      say(it, `co2=${i}\n`)
      await it.clock.advance(10)
    }
    assert.equal(it.samples.length, 4)
    assert.ok((it.samples.at(-1)?.values.co2 ?? 0) > 250)
  })

  it('says what it heard instead of a line, or that it heard nothing', async () => {
    for (const [said, code] of [
      ['booting\n'.repeat(3), 'device/garbled'],
      ['', 'device/timeout'],
    ] as const) {
      await using it = rig(serialText, { points: { co2: {} } }, quiet)
      await it.open()
      const streaming = it.stream()
      say(it, said)
      await assert.rejects(it.soon(streaming, 20_000), { code })
    }
  })

  it('asks where it is told to, once it has heard where a line ends', async () => {
    const written = { points: { co2: {} }, ask: 'R\r\n', format: 'csv', columns: ['co2'] }
    const options = serialText.options.parse(written) as TextOptions
    await using it = rig(serialText, written, new TextPeer(options, () => 640))
    await it.open()
    assert.deepEqual(await it.read(), { values: { co2: 640 } })
  })

  it('is refused where its format is not wholly told', () => {
    const wrong = [
      [{ format: 'csv', points: { co2: {} } }, /`columns` has no co2/],
      [{ format: 'regex', points: { co2: {} }, pattern: '(\\d+)' }, /no group \(\?<co2>…\)/],
      [{ format: 'regex', points: { co2: {} }, pattern: '(?<co2>' }, /no regular expression/],
      [{ points: {} }, /no point/],
      [{ points: { co2: { unit: 'kPa' } } }, /kPa does not convert/],
    ] as const
    for (const [written, message] of wrong) {
      assert.throws(() => serialText.describe(serialText.options.parse(written), undefined, 1_000), { message })
    }
  })

  it('has a stand-in that writes what its own configuration reads, in every format', () => {
    for (const more of [
      { format: 'pairs' },
      { format: 'pairs', decimal: ',', checksum: 'nmea' },
      { format: 'csv', columns: ['x', 't', 'co2'] },
      { format: 'json', checksum: 'nmea' },
      { format: 'regex', pattern: String.raw`^CO2:\s+(?<co2>\d+(\.\d+)?) ppm T=(?<t>[\d.]+)$` },
    ]) {
      const options = serialText.options.parse({ points, ...more }) as TextOptions
      const line = new TextPeer(options, (point) => (point === 'co2' ? 812 : 22)).line()
      assert.deepEqual(lineReader({ ...options, keys: ['co2', 't'] })(line), { co2: 812, t: 71.6 }, line)
    }
  })
})
