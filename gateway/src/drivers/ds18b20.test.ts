import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { TestClock } from '@habtwin/runtime/clock'
import { ds18b20File, maximCrc } from '../simulated/w1.ts'
import ds18b20 from './ds18b20.ts'
import { Fleet, type FleetMember } from './fleet.ts'

const sensor = '28-0316a2793aff'
const slave = (bytes: string, crc: string, t: number) => `${bytes} : crc=${bytes.slice(-2)} ${crc}\n${bytes} t=${t}\n`

/** One reading of a sensor on a bus of this folder. */
async function reading(path: string) {
  const driver = 'ds18b20'
  await using fleet = await Fleet.load({
    clock: new TestClock(),
    habitat: { pressure: 1_013, timezone: 'UTC', zones: { bed: {} } },
    buses: { wire: { driver: 'w1', path } },
    devices: { root: { zone: 'bed', driver, bus: 'wire', every: 10_000, timeout: 1_000, sensor } },
    report: () => {},
  })
  const { signal } = new AbortController()
  await using instrument = await (fleet.members[0] as FleetMember).open(signal)
  return instrument.read?.(signal)
}

/** The same where its file holds this. */
async function told(text: string) {
  const home = await mkdtemp(join(tmpdir(), 'habtwin-w1-'))
  try {
    await mkdir(join(home, sensor))
    await writeFile(join(home, sensor, 'w1_slave'), text)
    return await reading(home)
  } finally {
    await rm(home, { recursive: true })
  }
}

describe('ds18b20', () => {
  it('is read with the CRC that the kernel checked', async () => {
    const warm = await told(slave('72 01 4b 46 7f ff 0e 10 57', 'YES', 23_125))
    assert.deepEqual(warm, { values: { temperature: 23.125 } })
    const cold = await told(slave('5e ff 4b 46 7f ff 02 10 b0', 'YES', -10_125))
    assert.deepEqual(cold, { values: { temperature: -10.125 } })
    const bent = told(slave('72 01 4b 46 7f ff 0e 10 58', 'NO', 23_125))
    await assert.rejects(bent, { code: 'device/garbled', message: /CRC/ })
  })

  it('tells the 85 °C of power-up from 85 °C', async () => {
    const up = await told(slave('50 05 4b 46 7f ff 0c 10 1c', 'YES', 85_000))
    assert.deepEqual(up, { values: { temperature: null }, quality: { temperature: 'bad:power-up' } })
    const hot = await told(slave('50 05 4b 46 7f ff 10 10 8f', 'YES', 85_000))
    assert.deepEqual(hot, { values: { temperature: 85 } })
  })

  it('on a wire that is shorted, or that gives nothing, is garbled', async () => {
    const short = told(slave('00 00 00 00 00 00 00 00 00', 'YES', 0))
    await assert.rejects(short, { code: 'device/garbled', message: /shorted/ })
    for (const text of ['', '\n', 'no such thing', '21437\n']) {
      await assert.rejects(told(text), { code: 'device/garbled' })
    }
  })

  it('that is not there, and a kernel without 1-Wire, are told with what to do', async () => {
    await assert.rejects(reading(tmpdir()), { code: 'device/unreachable', message: /is it plugged in/ })
    await assert.rejects(reading('/no/such/folder'), { code: 'device/unreachable', message: /dtoverlay=w1-gpio/ })
  })

  it('simulated says what the real one would, CRC included', async () => {
    // the scratchpad at power-up, as the datasheet has it
    assert.equal(maximCrc([0x50, 0x05, 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10]), 0x1c)
    for (const temperature of [-54.9, -0.4, 0, 22.1, 124.9]) {
      const text = ds18b20File(() => temperature)()
      const bytes = text
        .slice(0, 26)
        .split(' ')
        .map((byte) => Number.parseInt(byte, 16))
      assert.equal(maximCrc(bytes), 0)
      const values = (await told(text))?.values
      assert.ok(Math.abs((values?.temperature as number) - temperature) <= 1 / 32)
    }
    assert.ok(((await reading('simulated'))?.values.temperature as number) > 15)
  })

  it('keeps the bus while it measures, so that more of them than can be read in time are refused', () => {
    assert.ok((ds18b20.airtime?.({ sensor }, { options: {}, devices: [] }) ?? 0) >= 750)
  })
})
