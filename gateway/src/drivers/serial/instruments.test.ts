import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NovaPeer } from '../../simulated/serial/nova.ts'
import { PlantowerPeer } from '../../simulated/serial/plantower.ts'
import { WinsenPeer } from '../../simulated/serial/winsen.ts'
import mhz16 from '../mhz16.ts'
import mhz19 from '../mhz19.ts'
import pms5003 from '../pms5003.ts'
import sds011 from '../sds011.ts'
import { closed, READING } from './nova.ts'
import { rig } from './rig.ts'

/** Air of fixed figures; `co2` may be turned. */
function still(figures: Record<string, number>) {
  return { figures, air: (point: string) => figures[point] ?? 0 }
}

describe('mhz19', () => {
  it('reads CO2 and the temperature in the sensor', async () => {
    await using it = rig(mhz19, {}, new WinsenPeer(still({ co2: 812, temperature: 22 }).air))
    await it.open()
    assert.deepEqual(await it.read(), { values: { co2: 812, 'sensor-temperature': 27, abc: 0 } })
    assert.equal(it.description().warmup, 180_000)
  })

  it('switches off the self-calibration, which has no place in a sealed habitat, once the sensor has started', async () => {
    const peer = new WinsenPeer(still({ co2: 812 }).air)
    peer.starting = true
    await using it = rig(mhz19, {}, peer)
    await it.open()
    assert.deepEqual((await it.read()).quality, { co2: 'uncertain:warmup' })
    await it.clock.advance(100)
    assert.equal(peer.calibratesItself, true)
    peer.starting = false
    assert.equal((await it.read()).quality, undefined)
    await it.clock.advance(100)
    assert.equal(peer.calibratesItself, false)
    // it lost its power, and has forgotten
    peer.starting = true
    peer.calibratesItself = true
    await it.read()
    peer.starting = false
    await it.read()
    await it.clock.advance(100)
    assert.equal(peer.calibratesItself, false)
  })

  it('takes commands: self-calibration and a zero point', async () => {
    const peer = new WinsenPeer(still({ co2: 812 }).air)
    await using it = rig(mhz19, {}, peer)
    await it.open()
    assert.equal(await it.write('abc', 1), 1)
    assert.equal(await it.write('zero-point', 400), 400)
    await it.clock.advance(100)
    assert.deepEqual([peer.calibratesItself, peer.zeroed], [true, 1])
    assert.equal((await it.read()).values.abc, 1)
    await assert.rejects(it.write('co2', 1), { code: 'command/refused' })
  })

  it('marks a figure at the end of its range, and gives none where the sensor has none', async () => {
    const { figures, air } = still({ co2: 5_000 })
    await using it = rig(mhz19, {}, new WinsenPeer(air))
    await it.open()
    assert.deepEqual((await it.read()).quality, { co2: 'uncertain:saturated' })
    for (const nothing of [0, 65_535]) {
      figures.co2 = nothing
      const { values, quality } = await it.read()
      assert.deepEqual([values.co2, quality?.co2], [null, 'bad:no-value'])
    }
  })

  it('tells silence from bytes that are no answer, and reads on when they are right again', async () => {
    await using it = rig(mhz19, {}, new WinsenPeer(still({ co2: 812 }).air))
    await it.open()
    it.line.freeze(true)
    await assert.rejects(it.read(), { code: 'device/timeout' })
    it.line.freeze(false)
    it.line.corrupt(1)
    await assert.rejects(it.read(), { code: 'device/garbled', message: /9 bytes .* baud rate/ })
    it.line.corrupt(0)
    assert.equal((await it.read()).values.co2, 812)
  })

  it('gives no reading of half an answer, and tells that the line was unplugged', async () => {
    await using it = rig(mhz19, {}, new WinsenPeer(still({ co2: 812 }).air))
    await it.open()
    const reading = it.read()
    it.clock.after(14, () => it.line.unplug())
    await assert.rejects(reading, { code: 'device/unreachable' })
    assert.equal(it.line.traffic.received > 0, true)
    await assert.rejects(it.read(), { code: 'device/unreachable' })
    it.line.replug()
    assert.equal((await it.read()).values.co2, 812)
  })

  it('listens to firmware that speaks by itself, and says when it has fallen silent', async () => {
    const { figures, air } = still({ co2: 700 })
    await using it = rig(mhz19, { mode: 'listen' }, new WinsenPeer(air, 1_000), 3_000)
    await it.open()
    const streaming = it.stream()
    await it.clock.advance(2_500)
    figures.co2 = 900
    await it.clock.advance(5_000)
    assert.deepEqual(
      it.samples.map(({ values }) => values.co2),
      [700, 900, 900],
    )
    it.line.freeze(true)
    await assert.rejects(it.soon(streaming, 20_000), { code: 'device/timeout', message: 'nothing came in 10 s' })
    assert.equal(it.clock.pending, 0)
  })

  it('opens a port anew on which nothing has come for long', async () => {
    await using it = rig(mhz19, {}, new WinsenPeer(still({ co2: 812 }).air))
    await it.open()
    it.line.freeze(true)
    for (let i = 0; i < 4; i++) await assert.rejects(it.read(), { code: 'device/timeout' })
    it.line.freeze(false)
    // nobody holds the line: the next reading opens it
    it.line.open().close()
    assert.equal((await it.read()).values.co2, 812)
  })

  it('is alone on its line, as it has no address', () => {
    const sketch = { options: { path: 'simulated' }, devices: ['a', 'b'] }
    assert.throws(() => mhz19.describe({}, sketch, 1_000), { code: 'config/invalid', message: /alone .* a, b/ })
  })
})

describe('mhz16', () => {
  it('reads CO2 up to what it was ordered for', async () => {
    await using it = rig(mhz16, { range: 10_000 }, new WinsenPeer(still({ co2: 10_000 }).air))
    await it.open()
    assert.deepEqual(await it.read(), { values: { co2: 10_000, abc: 0 }, quality: { co2: 'uncertain:saturated' } })
  })
})

describe('pms5003', () => {
  const dust = { pm1: 5, pm25: 8, pm10: 11 }

  it('gives one reading each time that it is due, however often the sensor speaks', async () => {
    await using it = rig(pms5003, {}, new PlantowerPeer(still(dust).air), 5_000)
    await it.open()
    it.stream()
    await it.clock.advance(16_500)
    assert.deepEqual(it.samples[0]?.values, dust)
    assert.deepEqual(
      it.samples.map(({ at }) => Math.round(at / 1_000)),
      [1, 5, 10, 15],
    )
  })

  it('passes readings over while one is taken, so that the newest counts and none pile up', async () => {
    const { figures, air } = still({ ...dust })
    await using it = rig(pms5003, {}, new PlantowerPeer(air), 1_000)
    await it.open()
    const slow = Promise.withResolvers<void>()
    it.stream(() => slow.promise)
    await it.clock.advance(10_500)
    figures.pm25 = 99
    slow.resolve()
    await it.clock.advance(1_000)
    assert.deepEqual(it.samples.map(({ values }) => values.pm25).slice(0, 2), [8, 99])
  })

  it('is asked in passive mode', async () => {
    const peer = new PlantowerPeer(still(dust).air)
    await using it = rig(pms5003, { mode: 'passive' }, peer)
    await it.open()
    assert.deepEqual(await it.read(), { values: dust })
    assert.equal(peer.active, false)
  })

  it('sleeps between readings, and is woken half a minute before each', async () => {
    const peer = new PlantowerPeer(still(dust).air)
    await using it = rig(pms5003, { mode: 'sleep' }, peer, 300_000)
    await it.open()
    const streaming = it.stream()
    await it.clock.advance(29_000)
    assert.deepEqual([peer.awake, it.samples.length], [true, 0])
    await it.clock.advance(2_000)
    assert.deepEqual([peer.awake, it.samples.length], [false, 1])
    await it.clock.advance(300_000)
    assert.deepEqual([peer.awake, it.samples.length], [false, 2])
    it.line.unplug()
    await assert.rejects(it.soon(streaming), { code: 'device/unreachable' })
    assert.equal(it.clock.pending, 0)
  })

  it('cannot sleep where its readings are too close', () => {
    assert.throws(() => pms5003.describe(pms5003.options.parse({ mode: 'sleep' }), undefined, 10_000), {
      code: 'config/invalid',
    })
  })

  it('tells of damaged frames once, and gives the whole ones', async () => {
    await using it = rig(pms5003, {}, new PlantowerPeer(still(dust).air))
    await it.open()
    it.stream()
    await it.clock.advance(2_500)
    it.line.corrupt(0.31)
    await it.clock.advance(3_000)
    it.line.corrupt(0)
    await it.clock.advance(3_000)
    assert.ok(it.samples.every(({ values }) => values.pm25 === 8))
    assert.ok(it.samples.length >= 4)
    assert.ok(it.reports.length <= 1)
  })
})

describe('sds011', () => {
  const dust = { pm25: 12.3, pm10: 45.6 }

  it('reads dust in tenths, asked or not', async () => {
    await using asked = rig(sds011, { mode: 'query' }, new NovaPeer(still(dust).air))
    await asked.open()
    assert.deepEqual(await asked.read(), { values: dust })
    await using heard = rig(sds011, {}, new NovaPeer(still(dust).air))
    await heard.open()
    heard.stream()
    await heard.clock.advance(2_500)
    assert.deepEqual(heard.samples[0]?.values, dust)
  })

  it('waits for each command to be confirmed, and goes on where nobody confirms', async () => {
    const peer = new NovaPeer(still(dust).air)
    peer.awake = false
    await using it = rig(sds011, { mode: 'query' }, peer)
    await it.open()
    assert.deepEqual([peer.awake, peer.active], [true, false])
    await using deaf = rig(sds011, {}, { receive() {}, speak: (send, clock) => peer.speak(send, clock) })
    peer.active = true
    await deaf.open()
    deaf.stream()
    await deaf.clock.advance(2_000)
    assert.ok(deaf.samples.length > 0)
  })

  it('rests between readings, and is missed only after its period', async () => {
    const peer = new NovaPeer(still(dust).air)
    await using it = rig(sds011, { period: 5 }, peer)
    await it.open()
    const streaming = it.stream()
    await it.clock.advance(620_000)
    assert.deepEqual([peer.period, it.samples.length], [5, 2])
    it.line.freeze(true)
    await assert.rejects(it.soon(streaming, 320_000), { code: 'device/timeout' })
  })

  it('takes no reading of another sensor, be it where the first was or where one is named', async () => {
    await using named = rig(sds011, { mode: 'query', id: 'a160' }, new NovaPeer(still(dust).air, 'A160'))
    await named.open()
    assert.deepEqual(await named.read(), { values: dust })
    await using it = rig(sds011, { mode: 'query' }, new NovaPeer(still(dust).air, 'A160'))
    await it.open()
    await it.read()
    it.line.unplug()
    it.line.replug()
    await it.open()
    const reading = it.read()
    it.clock.after(1, () => it.line.say(closed(Uint8Array.of(0xaa, READING, 1, 0, 1, 0, 0xb2, 0x71, 0, 0))))
    await assert.rejects(reading, { code: 'device/garbled', message: /sensor B271 answers where A160 should be/ })
  })

  it('takes nothing of what another kind of instrument says', async () => {
    await using it = rig(sds011, {}, new WinsenPeer(still({ co2: 800 }).air, 500))
    await it.open()
    const streaming = it.stream()
    await assert.rejects(it.soon(streaming, 20_000), { code: 'device/garbled', message: /say nothing/ })
    assert.equal(it.samples.length, 0)
  })
})
