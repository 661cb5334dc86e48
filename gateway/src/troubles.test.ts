/**
 * Each trouble of instruments in the field, from the wire to what the crew sees: real bytes on a simulated line, the real
 * bus, scheduler, conditioning and guard. docs/troubles.md says the same, in the same words.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { DeviceHealth } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import { plainConditioning } from '@habtwin/runtime/config/conditioning'
import modbus from 'modbus-serial'
import { Conditioning } from './conditioning/index.ts'
import { ModbusBus } from './drivers/modbus/bus.ts'
import { openInstrument } from './drivers/modbus/instrument.ts'
import { declare, register } from './drivers/modbus/registers.ts'
import { rtuMedium } from './drivers/modbus/rtu.ts'
import { openTty } from './drivers/serial/tty.ts'
import { Guard } from './guard/index.ts'
import { Scheduler, type Stamped } from './scheduler/scheduler.ts'
import { SerialLine } from './simulated/line.ts'
import { SimulatedUnit } from './simulated/modbus.ts'
import { RtuPeers } from './simulated/modbus-rtu.ts'

const SECOND = 1_000
const PATH = '/dev/serial/by-id/usb-FTDI_FT232R-if00-port0'
/** What the system itself says of a port that is not there. */
const gone = await openTty(
  { path: PATH, baud: 9_600, parity: 'none', dataBits: 8, stopBits: 1 },
  { where: 'rs485', signal: new AbortController().signal },
).then(
  () => assert.fail(`${PATH} is there`),
  (error: unknown) => error,
)
const page = readFileSync(join(import.meta.dirname, '../../docs/troubles.md'), 'utf8')
const told = new Set<string>()

/** A row of the page: the first column, and what of the others is shown as it is. */
function rowOf(trouble: string): string[] {
  const row = page.split('\n').find((line) => line.startsWith(`| ${trouble} `))
  assert.ok(row, `docs/troubles.md has a row "${trouble}"`)
  told.add(trouble)
  return row.split('|').map((cell) => cell.trim())
}

/** Two units on one line at 9,600 baud, each read every second as a device of its own. */
function world(...units: SimulatedUnit[]) {
  const clock = new TestClock()
  const line = new SerialLine({ clock, peers: [new RtuPeers(units, clock)] })
  const settings = { path: PATH, baud: 9_600, parity: 'none', dataBits: 8, stopBits: 1 } as const
  const openPort = async () => {
    if (!line.plugged) throw gone
    return line.open()
  }
  const bus = new ModbusBus(rtuMedium({ settings, turnaround: 0, clock, openPort }), () => new modbus.default())
  const conditioning = new Conditioning(clock, 1_013)
  const alerts: string[] = []
  const guard = new Guard(
    { zones: { crew: { label: 'Crew quarters', limits: {} } }, pressure: 1_013 },
    { clock, onAlert: ({ text, level, active }) => void (active && alerts.push(`${level}: ${text}`)) },
  )
  const health = new Map<string, DeviceHealth[]>()
  const samples = new Map<string, Stamped[]>()
  const device = (unit: number, table: Record<string, object>) => {
    const id = `meter-${unit}`
    const registers = Object.fromEntries(Object.entries(table).map(([point, entry]) => [point, register.parse(entry)]))
    const points = declare(registers)
    conditioning.device({ id, zone: 'crew', every: SECOND, points, conditioning: plainConditioning })
    guard.device({ device: id, zone: 'crew', label: id, every: SECOND })
    const options = { unit, gap: 8, block: 125, pause: 0, write: 'single' } as const
    const open = async (signal: AbortSignal) => {
      await bus.connect(signal)
      return openInstrument({ id, bus, clock }, { options, registers })
    }
    return { id, every: SECOND, timeout: 200, bus: 'rs485', points, open }
  }
  const put = <T>(map: Map<string, T[]>, id: string, one: T) => map.set(id, [...(map.get(id) ?? []), one])
  const run = (...devices: ReturnType<typeof device>[]) => {
    const scheduler = new Scheduler({
      clock,
      devices,
      backoff: { random: () => 0 },
      sink: {
        onSample(id, sample) {
          conditioning.take(id, sample, false)
          guard.reading(id, 'crew', sample.t, sample.values, sample.quality)
          put(samples, id, sample)
        },
        onHealth(id, state) {
          put(health, id, state)
          guard.health(id, state)
        },
      },
    })
    guard.start()
    const abort = new AbortController()
    const running = scheduler.run(abort.signal)
    return async () => {
      abort.abort()
      let ended = false
      void running.then(() => {
        ended = true
      })
      while (!ended) await clock.advance(10)
      guard[Symbol.dispose]()
      await bus[Symbol.asyncDispose]()
    }
  }
  const last = (id = 'meter-3') => health.get(id)?.at(-1)
  const sample = (id = 'meter-3') => samples.get(id)?.at(-1)
  return { clock, line, guard, device, run, last, sample, alerts, health, samples }
}

const meter = (unit: number, ...words: number[]) =>
  new SimulatedUnit(unit, Object.fromEntries(words.map((word, i) => [`holding ${i}`, word])))
const co2 = { co2: { address: 0, unit: 'ppm' } }

const code = (text: string | undefined) => (text === undefined ? '' : `\`${text}\``)

/** Holds what a trouble came to against its row: state, what health says, quality, and the alert where there is one. */
function shown(
  trouble: string,
  saw: { health?: DeviceHealth | undefined; quality?: string; alert?: string | undefined },
) {
  const [, , state, says, quality, alert] = rowOf(trouble)
  assert.equal(saw.health?.state, state, trouble)
  // what other adapters there are depends on the machine
  const reason = saw.health?.reason?.replace(/\/dev\/serial\/by-id\/.*$/, '{path}; …')
  assert.equal(code(reason), says, trouble)
  assert.equal(code(saw.quality), quality, trouble)
  assert.equal(code(saw.alert?.replace('meter-3', '{label}')), alert, trouble)
}

test('a device that does not answer is named, and its neighbour is read all the while', async () => {
  const dead = meter(3, 812)
  const w = world(dead, meter(4, 444))
  const stop = w.run(w.device(3, co2), w.device(4, co2))
  await w.clock.advance(5 * SECOND)
  dead.faults.frozen = true
  await w.clock.advance(30 * SECOND)
  shown('No answer', { health: w.last(), alert: w.alerts.at(-1) })
  assert.equal(w.last('meter-4')?.state, 'ok')
  assert.ok((w.samples.get('meter-4')?.length ?? 0) >= 34)
  dead.faults.frozen = false
  await w.clock.advance(40 * SECOND)
  assert.equal(w.last()?.state, 'ok')
  await stop()
})

test('an adapter that is pulled out is told at once, and is back when it is put in again', async () => {
  const w = world(meter(3, 812))
  const stop = w.run(w.device(3, co2))
  await w.clock.advance(5 * SECOND)
  w.line.unplug()
  await w.clock.advance(20 * SECOND)
  shown('Adapter pulled out', { health: w.last(), alert: w.alerts.at(-1) })
  w.line.replug()
  await w.clock.advance(5 * SECOND)
  assert.equal(w.last()?.state, 'ok')
  await stop()
})

test('a line that was not there when the gateway started is found when it comes', async () => {
  const w = world(meter(3, 812))
  w.line.unplug()
  const stop = w.run(w.device(3, co2))
  await w.clock.advance(20 * SECOND)
  shown('Not there at the start', { health: w.last(), alert: w.alerts.at(-1) })
  w.line.replug()
  await w.clock.advance(5 * SECOND)
  assert.equal(w.last()?.state, 'ok')
  assert.equal(w.sample()?.values.co2, 812)
  await stop()
})

test('noise on the wire makes no reading', async () => {
  const unit = meter(3, 812)
  const w = world(unit)
  const stop = w.run(w.device(3, co2))
  await w.clock.advance(5 * SECOND)
  const before = w.samples.get('meter-3')?.length
  unit.faults.corrupt = true
  await w.clock.advance(SECOND)
  shown('Garbled once', { health: w.last() })
  await w.clock.advance(15 * SECOND)
  shown('Garbled again and again', { health: w.last(), alert: w.alerts.at(-1) })
  assert.equal(w.samples.get('meter-3')?.length, before)
  await stop()
})

test('what another unit says is not taken', async () => {
  const unit = meter(3, 812)
  const w = world(unit)
  unit.faults.as = 7
  const stop = w.run(w.device(3, co2))
  await w.clock.advance(4 * SECOND)
  shown('Another unit answers', { health: w.last() })
  assert.equal(w.samples.size, 0)
  await stop()
})

test('a unit that refuses to be read across a gap is read in two, and nobody notices', async () => {
  const unit = meter(3, 812)
  unit.words.set('holding 5', 215)
  unit.faults.refusesGaps = true
  const w = world(unit)
  const stop = w.run(w.device(3, { ...co2, temperature: { address: 5, scale: 0.1, unit: 'Cel' } }))
  await w.clock.advance(3 * SECOND)
  shown('A gap is refused', { health: w.last() })
  assert.deepEqual(w.sample()?.values, { co2: 812, temperature: 21.5 })
  await stop()
})

test('a register that is not there takes its own value alone', async () => {
  const unit = meter(3, 812)
  unit.faults.refusesGaps = true
  const w = world(unit)
  const stop = w.run(w.device(3, { ...co2, temperature: { address: 9, scale: 0.1, unit: 'Cel' } }))
  await w.clock.advance(3 * SECOND)
  shown('A register is refused', { health: w.last(), quality: w.sample()?.quality?.temperature ?? '' })
  assert.deepEqual(w.sample()?.values, { co2: 812, temperature: null })
  await stop()
})

test('words in the wrong order make a value that cannot be, and it is not taken for one', async () => {
  // 21.5 as a float is 0x41ac0000; read with its words swapped it is 0x000041ac
  const w = world(meter(3, 0x0000, 0xc7ae))
  const stop = w.run(w.device(3, { temperature: { address: 0, type: 'f32', order: 'CDAB', unit: 'Cel' } }))
  await w.clock.advance(3 * SECOND)
  shown('Wrong word order', { health: w.last(), quality: w.sample()?.quality?.temperature ?? '' })
  await stop()
})

test('an instrument whose own time stands still is not taken for alive', async () => {
  const w = world(meter(3, 812))
  const { id, points } = w.device(3, co2)
  const repeat = { t: w.clock.now(), values: { co2: 812 } }
  const repeats = {
    ...{ id, every: SECOND, timeout: 200, bus: 'other', points },
    open: async () => ({ read: () => structuredClone(repeat), async [Symbol.asyncDispose]() {} }),
  }
  const stop = w.run(repeats)
  await w.clock.advance(40 * SECOND)
  shown('An old value again and again', {
    health: w.last(),
    quality: w.sample()?.quality?.co2 ?? '',
    alert: w.alerts.at(-1),
  })
  await stop()
})

after(() => {
  const rows = page.match(/^\| (?!Trouble|-|What)[A-Z][^|]*\|/gm) ?? []
  const untested = rows.map((row) => row.slice(2, -1).trim()).filter((trouble) => !told.has(trouble))
  assert.deepEqual(untested, [], 'every row of docs/troubles.md is held by a test')
})
