/**
 * What conditioning adds to a reading on its way, in one thread: with nothing written about the device, and with all of
 * it. 200 devices ten times a second are 2,000 readings a second; on them it may spend a hundredth of a core.
 * What the loop itself takes is subtracted.
 */
import { Conditioning } from '@habtwin/gateway/conditioning/index'
import { plainConditioning, type Conditioning as Written } from '@habtwin/runtime/config/conditioning'
import { atMost, type Bench, round } from './support/bench.ts'

const DEVICES = 200
const READINGS = 500_000
const RATE = 2_000
const SHARE = 0.01

const everything: Written = {
  calibrate: { co2: { gain: 1.02, offset: 12, points: [[400, 412], [2_000, 2_050]] } }, // biome-ignore format: a table
  expect: { co2: { range: [300, 20_000], perMinute: 500, flat: 3_600_000 }, temperature: { perMinute: 5 } },
  warmup: 60_000,
  derive: [
    { kind: 'quantity', point: 'dew-point' },
    { kind: 'quantity', point: 'vpd' },
    { kind: 'expression', point: 'sum', expression: 'co2 * 2 + d0:temperature', unit: '1' },
  ],
  report: { deadbands: { co2: 5, temperature: 1, humidity: 1, 'dew-point': 1, vpd: 1, sum: 50 }, heartbeat: 60_000 },
}

export const conditioning: Bench = {
  name: 'conditioning',
  gate: true,
  async run() {
    const nothing = measure(undefined)
    const plain = measure(plainConditioning)
    const full = measure(everything)
    const share = (full - nothing) * 1e-6 * RATE
    const goal = atMost('share_of_a_core', share, SHARE)
    return {
      figures: {
        plain_us_per_reading: round(plain - nothing),
        full_us_per_reading: round(full - nothing),
        share_of_a_core: round(share),
      },
      goals: [goal],
      pass: goal.met,
    }
  },
}

/** µs of a core for each reading. */
function measure(written: Written | undefined): number {
  let mono = 0
  const points = { co2: { unit: '[ppm]' }, temperature: { unit: 'Cel' }, humidity: { unit: '%' } }
  const it = new Conditioning({ mono: () => mono, now: () => mono }, 1_013.25)
  const devices = Array.from({ length: DEVICES }, (_, i) => ({ id: `d${i}`, sample: { t: 0, values: {} } }))
  if (written) for (const { id } of devices) it.device({ id, zone: 'crew', every: 100, points, conditioning: written })
  const run = (count: number) => {
    for (let i = 0; i < count; i++) {
      const device = devices[i % DEVICES]
      if (device === undefined) continue
      if (i % DEVICES === 0) mono += 100
      // a new one each time, as drivers give it; kept, so that it is made even where nobody takes it
      device.sample = { t: mono, values: { co2: 800.5 + (i % 3), temperature: 21.5, humidity: 45.5 } }
      if (written) it.take(device.id, device.sample, false)
    }
  }
  run(READINGS)
  const used = process.cpuUsage()
  run(READINGS)
  const { user, system } = process.cpuUsage(used)
  return (user + system) / READINGS
}
