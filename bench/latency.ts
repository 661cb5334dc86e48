/**
 * How late a reading is at a subscriber, the estimate that it moves, and an alert after the limit was passed. A reading's time is in whole
 * milliseconds, so what is told of it is up to one too much.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Link } from '@habtwin/runtime/mqtt'
import { Dial } from '../test/support/dial.ts'
import { freePorts, Line, temporaryFolder } from '../test/support/line.ts'
import { Listener } from '../test/support/listener.ts'
import { until } from '../test/support/until.ts'
import { atMost, type Bench, type Outcome, round } from './support/bench.ts'
import { LoadedLine } from './support/line.ts'
import { quantile } from './support/statistics.ts'

const SECONDS = 20
const ALERTS = 10
/** Instruments, each in a zone of its own, whose estimates are waited for; ms between their readings: an estimate is told at most once a second. */
const ESTIMATES = 12
const ESTIMATED_EVERY = 1_500
/** ms between readings of the instruments whose limits are passed. */
const POLL = 100

export const latency: Bench = { name: 'latency', gate: false, run: measure }

async function measure(): Promise<Outcome> {
  const readings = await readingsLate()
  const estimates = await estimatesLate()
  const alerts = await alertsLate()
  return {
    figures: {
      readings: readings.length,
      reading_p50_ms: round(quantile(readings, 0.5)),
      reading_p99_ms: round(quantile(readings, 0.99)),
      reading_most_ms: round(quantile(readings, 1)),
      estimates: estimates.length,
      estimate_p50_ms: round(quantile(estimates, 0.5)),
      estimate_p99_ms: round(quantile(estimates, 0.99)),
      estimate_most_ms: round(quantile(estimates, 1)),
      alert_p50_ms: round(quantile(alerts, 0.5)),
      alert_most_ms: round(quantile(alerts, 1)),
      alert_poll_ms: POLL,
    },
    goals: [
      atMost('reading_p99_ms', quantile(readings, 0.99), 5),
      atMost('estimate_p99_ms', quantile(estimates, 0.99), 50),
      atMost('alert_most_ms', quantile(alerts, 1), 250),
    ],
  }
}

/** From the time that a reading bears to its arrival at a subscriber over TCP, at 1,000 readings/s; ms each. */
async function readingsLate(): Promise<number[]> {
  using folder = temporaryFolder()
  await using loaded = await LoadedLine.start(folder.path, { devices: 100, every: 100 })
  await using link = new Link({ url: `mqtt://${loaded.addresses.mqtt}`, clientId: 'bench' })
  await sleep(5_000) // for the compiler
  const late: number[] = []
  link.subscribe('hab/+/device/+/reading', (_topic, payload, { retain }) => {
    const now = performance.timeOrigin + performance.now()
    if (!retain) late.push(now - (JSON.parse(payload.toString()) as { t: number }).t)
  })
  link.start()
  await sleep(SECONDS * 1_000)
  return late
}

/** From the time that a reading bears to the arrival of the estimate that goes by it; ms each. */
async function estimatesLate(): Promise<number[]> {
  using folder = temporaryFolder()
  await using stack = new AsyncDisposableStack()
  let [zones, buses, devices] = ['', '', '']
  const dials: Dial[] = []
  for (let i = 0; i < ESTIMATES; i++) {
    const dial = stack.use(await Dial.start(600 + i))
    dials.push(dial)
    zones += `  zone-${i}: { volume: 200 m3, crew: 1 }\n`
    buses += `  wire-${i}: { driver: modbus-tcp, host: 127.0.0.1, port: ${dial.port} }\n`
    devices += `  dial-${i}: { zone: zone-${i}, driver: modbus-tcp, bus: wire-${i}, every: ${ESTIMATED_EVERY} ms, registers: { co2: { address: 0, type: u16 } } }\n`
  }
  const line = stack.use(new Line(folder.path, `${freePorts}zones:\n${zones}buses:\n${buses}devices:\n${devices}`))
  const addresses = await line.ready
  await using link = new Link({ url: `mqtt://${addresses.mqtt}`, clientId: 'bench' })
  await sleep(75_000) // nothing is estimated of a zone before its first minute is over
  const late: number[] = []
  link.subscribe('hab/+/twin/estimate/+/co2', (_topic, payload, { retain }) => {
    const now = performance.timeOrigin + performance.now()
    if (!retain) late.push(now - (JSON.parse(payload.toString()) as { t: number }).t)
  })
  link.start()
  const ends = performance.now() + SECONDS * 1_000
  while (performance.now() < ends) {
    for (const dial of dials) dial.value = 600 + Math.round(50 * Math.random())
    await sleep(ESTIMATED_EVERY)
  }
  return late
}

/** From turning the dial of a real instrument to the alert at a subscriber, with sim dead each time; ms each. */
async function alertsLate(): Promise<number[]> {
  using folder = temporaryFolder()
  await using stack = new AsyncDisposableStack()
  const dials: Dial[] = []
  let [zones, buses, devices] = ['', '', '']
  for (let i = 0; i < ALERTS; i++) {
    const dial = stack.use(await Dial.start(600))
    dials.push(dial)
    zones += `  zone-${i}: { limits: { co2: { warning: 5000 ppm } } }\n`
    buses += `  wire-${i}: { driver: modbus-tcp, host: 127.0.0.1, port: ${dial.port} }\n`
    devices += `  dial-${i}: { zone: zone-${i}, driver: modbus-tcp, bus: wire-${i}, every: ${POLL} ms, registers: { co2: { address: 0, type: u16 } } }\n`
  }
  const config = `${freePorts}zones:\n${zones}buses:\n${buses}devices:\n${devices}`
  const line = stack.use(new Line(folder.path, config))
  const addresses = await line.ready
  const listener = stack.use(new Listener({ url: `mqtt://${addresses.mqtt}` }, 'hab/#'))
  const isReading = /\/device\/dial-\d+\/reading$/
  await until(
    () => new Set(listener.heard.flatMap(({ topic }) => (isReading.test(topic) ? [topic] : []))).size === ALERTS,
    'a reading of each dial',
  )
  const late: number[] = []
  for (const [i, dial] of dials.entries()) {
    await sleep(2 * POLL + POLL * (i / ALERTS)) // each at another moment between two polls
    line.kill('sim')
    const begin = Date.now()
    dial.value = 9_000
    const { at } = await listener.hears(
      ({ topic, payload }) => topic.includes('/alert/') && payload.includes(`"zone":"zone-${i}"`),
      `an alert of zone ${i}`,
    )
    late.push(at - begin)
  }
  return late
}
