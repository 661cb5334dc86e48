/**
 * Serial adapters that are pulled out and plugged in at random moments, under the gateway's own scheduler and drivers.
 *
 *   scheduler ─► fleet ─► drivers ─► socket or pty ─► simulated line ─► instruments that give values of their own only
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DeviceHealth } from '@habtwin/contract'
import { Fleet, loadDrivers } from '@habtwin/gateway/drivers/fleet'
import { Scheduler, type Stamped } from '@habtwin/gateway/scheduler/scheduler'
import { SerialLine, type SerialPeer } from '@habtwin/gateway/simulated/line'
import { SimulatedUnit } from '@habtwin/gateway/simulated/modbus'
import { RtuPeers } from '@habtwin/gateway/simulated/modbus-rtu'
import { NovaPeer } from '@habtwin/gateway/simulated/serial/nova'
import { PlantowerPeer } from '@habtwin/gateway/simulated/serial/plantower'
import { WinsenPeer } from '@habtwin/gateway/simulated/serial/winsen'
import { type Served, servePty, serveTcp } from '@habtwin/gateway/simulated/serve'
import type { Clock } from '@habtwin/runtime/clock'
import { type Random, randomOf } from './random.ts'

export interface UnplugOptions {
  readonly clock: Clock
  readonly lines: number
  /** How often each line is unplugged. */
  readonly times: number
  readonly seed: number
  /** The first so many lines are ptys in this folder, the others sockets. */
  readonly ptys?: { readonly count: number; readonly folder: string }
}

export interface Unplugged {
  /** How often a line was pulled out. */
  readonly unplugged: number
  /** ms from plugging in until every device of the line had given a reading again, for each time. */
  readonly back: readonly number[]
  readonly readings: number
  /** Readings of a value that is another device's. */
  readonly wrong: number
  /** How often a device was told to be down, with the reason. */
  readonly downs: number
  readonly reasons: readonly string[]
  /** Open files, and what keeps the event loop, before and after. */
  readonly handles: { readonly before: number; readonly after: number }
  readonly resources: { readonly before: number; readonly after: number }
}

interface Wire {
  readonly served: Served
  /** Device → the only value that it may give. */
  readonly marks: Readonly<Record<string, number>>
  readonly bus: object
  readonly devices: Readonly<Record<string, object>>
}

/** ms after which a line that is not back counts as lost for good. */
const LOST = 60_000

export async function unplugLines(options: UnplugOptions): Promise<Unplugged> {
  const { clock, times, seed } = options
  await using stack = new AsyncDisposableStack()
  const wires: Wire[] = []
  for (let i = 0; i < options.lines; i++) wires.push(await layWire(i, options, stack))
  // loaded beforehand: a clock that the test moves would run ahead of the disk
  await Promise.all([
    import('@habtwin/gateway/drivers/modbus/open'),
    import('@habtwin/gateway/drivers/serial/bus'),
    import('@habtwin/gateway/drivers/serial/tcp'),
    import('@habtwin/gateway/drivers/serial/tty'),
  ])
  const drivers = await loadDrivers(['modbus-rtu', 'serial', ...kinds.map(({ driver }) => driver)])
  const fleet = stack.use(
    await Fleet.load({
      clock,
      habitat: { pressure: 1_013, timezone: 'UTC', zones: {} },
      buses: parsed(Object.assign({}, ...wires.map(({ bus }) => bus)), (driver) => drivers.get(driver)?.bus?.options),
      devices: parsed(
        Object.assign({}, ...wires.map(({ devices }) => devices)),
        (driver) => drivers.get(driver)?.options,
      ),
      report: () => {},
    } as Parameters<typeof Fleet.load>[0]),
  )
  const marks: Record<string, number> = Object.assign({}, ...wires.map((wire) => wire.marks))
  const witness = new Witness(marks)
  const abort = new AbortController()
  const scheduler = new Scheduler({ clock, devices: fleet.members, sink: witness, spread: 1_000 })
  const running = scheduler.run(abort.signal)
  const failed = running.then(() => new Promise<never>(() => {}))
  try {
    const all = Object.keys(marks)
    await Promise.race([failed, within(clock, witness.next(all), 'the first readings')])
    const before = counted()
    const back = await Promise.race([
      failed,
      Promise.all(wires.map((wire, i) => pull(wire, { clock, times, random: randomOf(seed + i), witness }))),
    ])
    // every line is there and was read once more: what is open now is what belongs to it
    await Promise.race([failed, within(clock, witness.next(all), 'the last readings')])
    const after = counted()
    return {
      unplugged: wires.length * times,
      back: back.flat(),
      readings: witness.readings,
      wrong: witness.wrong,
      downs: witness.downs,
      reasons: [...witness.reasons],
      handles: { before: before.handles, after: after.handles },
      resources: { before: before.resources, after: after.resources },
    }
  } finally {
    abort.abort()
    await running
  }
}

/** Pulls one line out and plugs it in, again and again; ms that it took to be back, each time. */
async function pull(
  { served, marks }: Wire,
  { clock, times, random, witness }: { clock: Clock; times: number; random: Random; witness: Witness },
): Promise<number[]> {
  const signal = new AbortController().signal
  const back: number[] = []
  for (let i = 0; i < times; i++) {
    await clock.sleep(50 + random(2_500), signal)
    await served.unplug()
    await clock.sleep(20 + random(2) * random(4_000), signal)
    await served.replug()
    const since = clock.mono()
    await within(clock, witness.next(Object.keys(marks)), `${Object.keys(marks)} to be back`)
    back.push(clock.mono() - since)
  }
  return back
}

/** What comes out of the scheduler, held against what each device may say. */
class Witness {
  readonly #marks: Readonly<Record<string, number>>
  #waiting: { left: Set<string>; resolve: () => void }[] = []
  readings = 0
  wrong = 0
  downs = 0
  readonly reasons = new Set<string>()

  constructor(marks: Readonly<Record<string, number>>) {
    this.#marks = marks
  }

  onSample(device: string, { values }: Stamped): void {
    this.readings++
    const said = values.co2 ?? values.pm25
    if (said !== this.#marks[device]) this.wrong++
    for (const { left, resolve } of this.#waiting) if (left.delete(device) && left.size === 0) resolve()
    this.#waiting = this.#waiting.filter(({ left }) => left.size > 0)
  }

  onHealth(_: string, { state, reason }: DeviceHealth): void {
    if (state !== 'down') return
    this.downs++
    this.reasons.add((reason ?? 'no reason').replaceAll(/\d+/g, 'N'))
  }

  /** Resolves when each of these devices has given a reading from now on. */
  next(devices: readonly string[]): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ left: new Set(devices), resolve }))
  }
}

/** Kinds of lines, with the instrument at their end: all it ever says is its mark. */
const kinds = [
  { driver: 'mhz19', keys: {}, peer: (mark: number) => new WinsenPeer(() => mark) },
  { driver: 'pms5003', keys: {}, peer: (mark: number) => new PlantowerPeer(() => mark) },
  { driver: 'sds011', keys: { mode: 'query' }, peer: (mark: number) => new NovaPeer(() => mark) },
  { driver: 'serial-text', keys: { points: { co2: {} } }, peer: talker },
] as const

async function layWire(i: number, options: UnplugOptions, stack: AsyncDisposableStack): Promise<Wire> {
  const { clock, ptys } = options
  const [wire, mark] = [`wire-${i}`, 401 + i]
  const kind = kinds[i % (kinds.length + 1)]
  const units = [1, 2].map((unit) => new SimulatedUnit(unit, { 'holding 0': mark + 10_000 * unit }))
  const line = new SerialLine({ clock, peers: [kind?.peer(mark) ?? new RtuPeers(units, clock)] })
  const pty = ptys !== undefined && i < ptys.count
  const served = stack.use(await (pty ? servePty(line, join(ptys.folder, wire)) : serveTcp(line)))
  const common = { zone: 'crew', bus: wire, every: 1_000, timeout: 1_000 }
  if (kind !== undefined) {
    return {
      served,
      marks: { [`it-${i}`]: mark },
      bus: { [wire]: { driver: 'serial', path: served.path } },
      devices: { [`it-${i}`]: { ...common, driver: kind.driver, ...kind.keys } },
    }
  }
  const registers = { co2: { address: 0 } }
  const names = units.map(({ unit }) => [`it-${i}-${unit}`, unit] as const)
  return {
    served,
    marks: Object.fromEntries(names.map(([name, unit]) => [name, mark + 10_000 * unit])),
    bus: { [wire]: { driver: 'modbus-rtu', path: served.path } },
    devices: Object.fromEntries(
      names.map(([name, unit]) => [name, { ...common, driver: 'modbus-rtu', unit, registers }]),
    ),
  }
}

/** Says its mark once a second, as text. */
function talker(mark: number): SerialPeer {
  return {
    receive() {},
    speak(send, clock) {
      const say = () => {
        send(Buffer.from(`co2=${mark} n=17\r\n`))
        timer = clock.after(1_000, say)
      }
      let timer = clock.after(1_000, say)
      return { [Symbol.dispose]: () => timer.cancel() }
    },
  }
}

type Options = { parse(keys: unknown): unknown } | undefined

/** Entries of a configuration as the drivers' schemas have them. */
function parsed(entries: Record<string, { driver: string }>, optionsOf: (driver: string) => Options): object {
  return Object.fromEntries(
    Object.entries(entries).map(([id, entry]) => [
      id,
      { ...entry, ...(optionsOf(entry.driver)?.parse(entry) as object) },
    ]),
  )
}

async function within<T>(clock: Clock, promise: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = clock.after(LOST, () => late.reject(new Error(`within ${LOST / 1_000} s nobody saw ${what}`)))
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    timer.cancel()
  }
}

/** Open files of this process, and sockets, pipes and children that keep it running. */
function counted(): { handles: number; resources: number } {
  const kept = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout' && name !== 'Immediate')
  return { handles: readdirSync('/proc/self/fd').length, resources: kept.length }
}
