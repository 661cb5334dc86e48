/**
 * What the Modbus drivers keep of a bus: how near a full serial line comes to its rate, how evenly 32 devices over TCP
 * are read and at what cost, and how long a device that does not answer holds up its neighbours. Each beside pymodbus
 * (Debian's) where that is installed, in the same run.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fleet } from '@habtwin/gateway/drivers/fleet'
import { frameGap } from '@habtwin/gateway/drivers/modbus/rtu'
import sdm120 from '@habtwin/gateway/drivers/sdm120'
import { Scheduler } from '@habtwin/gateway/scheduler/scheduler'
import { simulatedAir } from '@habtwin/gateway/simulated/air'
import { SerialLine } from '@habtwin/gateway/simulated/line'
import { SimulatedUnit } from '@habtwin/gateway/simulated/modbus'
import { RtuPeers } from '@habtwin/gateway/simulated/modbus-rtu'
import { ModbusServer } from '@habtwin/gateway/simulated/modbus-tcp'
import { servePty, serveTcp } from '@habtwin/gateway/simulated/serve'
import { systemClock } from '@habtwin/runtime/clock'
import { Link } from '@habtwin/runtime/mqtt'
import { freePorts, Line, temporaryFolder } from '../test/support/line.ts'
import { missing } from '../test/support/servers.ts'
import { atMost, type Bench, type BenchOptions, type Outcome, round } from './support/bench.ts'
import { cpu, rss } from './support/process.ts'
import { quantile, trend } from './support/statistics.ts'

const BAUD = 9_600
const SCAN_SECONDS = 20
/** What the driver sdm120 asks for in one reading: first register and count. */
const SDM120_BLOCKS = [
  [0, 32],
  [70, 6],
  [342, 2],
]
const DEVICES = 32
const POINTS = 10
const MINUTES = 10
/**
 * Seconds that the gateway runs before it is watched: what it does is compiled by then. Its memory rises more and more
 * slowly for about eight minutes, and only then says anything of the next ten.
 */
const WARM = { short: 60, full: 480 }
const SECONDS_BESIDE_DEAD = 60

export const modbus: Bench = { name: 'modbus', gate: false, run: measure }

async function measure({ minutes = MINUTES }: BenchOptions): Promise<Outcome> {
  const scan = await fullLine()
  const dead = await besideDead()
  const even = await evenly(minutes)
  const { slope, low, high } = trend(even.resident)
  const figures = {
    rtu_9600: scan,
    dead_neighbour: dead,
    tcp_32_devices: { ...even.figures, minutes },
    tcp_rss_slope_mb_per_min: { slope: round(slope * 60), low: round(low * 60), high: round(high * 60) },
    ...(even.peer === undefined ? {} : { pymodbus_tcp_32_devices: even.peer }),
  }
  return {
    figures,
    goals: [
      { figure: 'rtu_9600.share', goal: '>= 0.9', met: scan.share >= 0.9 },
      atMost('dead_neighbour.beyond_its_slot_ms', dead.beyond_its_slot_ms, 50),
      atMost('tcp_32_devices.jitter_p99_ms', even.figures.jitter_p99_ms, 20),
      atMost('tcp_32_devices.cpu_share', even.figures.cpu_share, 0.15),
      { figure: 'tcp_rss_slope_mb_per_min', goal: '0 in its interval, or less', met: low <= 0 },
    ],
  }
}

/** Meters on a simulated line whose bytes take their time, at 9,600 baud 8N1. */
function meters(numbers = [1, 2, 3]): SerialLine {
  const units = numbers.map((unit) => sdm120.standIn?.(sdm120.options.parse({ unit }), simulatedAir(systemClock, unit)))
  const line = new SerialLine({
    clock: systemClock,
    baud: BAUD,
    peers: [new RtuPeers(units as SimulatedUnit[], systemClock)],
  })
  // a unit may answer after 3.5 characters of silence, and no sooner
  line.delay(frameGap(BAUD))
  return line
}

/** @param path of the line; `every` is the interval of each device, ms, and the readings are told one by one */
async function polled(path: string, every: number, timeout: number, seconds: number, told: (device: string) => void) {
  const keys = (unit: number) => ({
    ...(sdm120.options.parse({ unit }) as object),
    ...{ zone: 'crew', driver: 'sdm120', bus: 'rs485', every, timeout },
  })
  await using fleet = await Fleet.load({
    clock: systemClock,
    habitat: { pressure: 1_013, timezone: 'UTC', zones: {} },
    buses: { rs485: { driver: 'modbus-rtu', path, baud: BAUD, parity: 'none', dataBits: 8, stopBits: 1 } },
    devices: { 'meter-1': keys(1), 'meter-2': keys(2), 'meter-3': keys(3) },
    report: () => {},
  })
  const scheduler = new Scheduler({
    clock: systemClock,
    devices: fleet.members,
    sink: { onSample: (device) => told(device), onHealth: () => {} },
  })
  await scheduler.run(AbortSignal.timeout(seconds * 1_000))
  return fleet.members.map(({ airtime }) => airtime)
}

/** Readings a second of three meters that are read as fast as the line lets them, as a share of what it can carry. */
async function fullLine() {
  using folder = temporaryFolder()
  const pty = missing('socat') === false && spawnSync('socat', ['-V']).status === 0
  const path = join(folder.path, 'tty')
  await using served = pty ? await servePty(meters(), path) : await serveTcp(meters())
  let [readings, first, last] = [0, 0, 0]
  const airtimes = await polled(served.path, 1, 2_000, SCAN_SECONDS, () => {
    last = performance.now()
    if (readings++ === 0) first = last
  })
  const [airtime = 0] = airtimes
  const rate = ((readings - 1) * 1_000) / (last - first)
  const peer = pty ? await peerScans(served.path) : undefined
  return {
    over: pty ? 'pty' : 'tcp',
    theory_per_s: round(1_000 / airtime),
    readings_per_s: round(rate),
    share: round((rate * airtime) / 1_000),
    ...(peer === undefined
      ? {}
      : { pymodbus_readings_per_s: round(peer), pymodbus_share: round((peer * airtime) / 1_000) }),
  }
}

/** The same line and the same requests by pymodbus, readings a second. */
async function peerScans(path: string): Promise<number | undefined> {
  const said = await python('rtu', path, String(BAUD), String(SCAN_SECONDS), JSON.stringify(SDM120_BLOCKS))
  return said === undefined ? undefined : (said.readings ?? 0) / SCAN_SECONDS
}

/** How late the neighbours of a device are that answers nothing within a second, every five seconds. */
async function besideDead() {
  const [every, timeout] = [5_000, 1_000]
  const line = meters([1, 3])
  await using served = await serveTcp(line)
  const late: number[] = []
  const begin = performance.now()
  const airtimes = await polled(served.path, every, timeout, SECONDS_BESIDE_DEAD, (device) => {
    if (device !== 'meter-2') late.push((performance.now() - begin) % every)
  })
  // what the two that answer need themselves
  const own = 2 * (airtimes[0] ?? 0)
  const worst = quantile(late, 1)
  return {
    readings: late.length,
    timeout_ms: timeout,
    worst_delay_ms: round(worst),
    beyond_its_slot_ms: round(Math.max(0, worst - timeout - own)),
  }
}

/** The whole gateway with 32 devices over TCP, ten points each, once a second. */
async function evenly(minutes: number) {
  using folder = temporaryFolder()
  await using stack = new AsyncDisposableStack()
  const ports: number[] = []
  for (let i = 0; i < DEVICES; i++) {
    const words = Array.from({ length: POINTS }, (_, place) => [`holding ${place}`, 400 + place] as const)
    const server = await ModbusServer.start([new SimulatedUnit(1, Object.fromEntries(words))], systemClock)
    ports.push(stack.use(server).port)
  }
  const line = stack.use(new Line(folder.path, habitat(ports)))
  const { mqtt } = await line.ready
  await using link = new Link({ url: `mqtt://${mqtt}`, clientId: 'bench' })
  const last = new Map<string, number>()
  const jitter: number[] = []
  let warm = false
  link.subscribe('hab/+/device/+/reading', (topic, payload, { retain }) => {
    const { t } = JSON.parse(payload.toString()) as { t: number }
    const before = last.get(topic)
    last.set(topic, t)
    if (!retain && warm && before !== undefined) jitter.push(Math.abs(t - before - 1_000))
  })
  link.start()
  await sleep((minutes < MINUTES ? WARM.short : WARM.full) * 1_000)
  const pid = line.pid('gateway')
  if (pid === undefined) throw new Error(`the gateway has ended:\n${line.log}`)
  warm = true
  const resident: number[] = []
  const used = cpu(pid)
  const seconds = Math.round(minutes * 60)
  // beside it, not before it: what else the machine does delays both
  const peered = python('tcp', JSON.stringify(ports), String(seconds), String(POINTS))
  for (let second = 0; second < seconds; second++) {
    await sleep(1_000)
    resident.push(rss(pid))
  }
  const peer = await peered
  return {
    resident,
    peer: peer && Object.fromEntries(Object.entries(peer).map(([name, value]) => [name, round(value)])),
    figures: {
      readings: jitter.length,
      jitter_p50_ms: round(quantile(jitter, 0.5)),
      jitter_p99_ms: round(quantile(jitter, 0.99)),
      cpu_share: round((cpu(pid) - used) / seconds),
      rss_mb: round(quantile(resident, 0.5)),
    },
  }
}

function habitat(ports: readonly number[]): string {
  const points = Array.from({ length: POINTS }, (_, i) => `level-${i}: { address: ${i}, unit: "%", scale: 0.1 }`).join(
    ', ',
  )
  const buses = ports.map((port, i) => `  wire-${i}: { driver: modbus-tcp, host: 127.0.0.1, port: ${port} }`)
  const devices = ports.map(
    (_, i) => `  tank-${i}: { zone: crew, driver: modbus-tcp, bus: wire-${i}, every: 1 s, registers: { ${points} } }`,
  )
  return `habitat: { id: bench }
${freePorts}zones: { crew: { volume: 272 m3 } }
buses:
${buses.join('\n')}
devices:
${devices.join('\n')}
`
}

/** What the peer has measured; undefined where it is not installed. */
async function python(...args: string[]): Promise<Record<string, number> | undefined> {
  if (spawnSync('/usr/bin/python3', ['-c', 'import pymodbus']).status !== 0) return undefined
  const script = join(import.meta.dirname, 'peers/modbus.py')
  const child = spawn('/usr/bin/python3', [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (text: Buffer) => {
    said += text
  })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`the peer ended with ${code}`)
  return JSON.parse(said) as Record<string, number>
}
