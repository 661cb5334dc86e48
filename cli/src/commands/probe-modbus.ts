/** `habtwin probe modbus`: who answers, and what the registers of one hold. It never writes a register. */
import { HabtwinError } from '@habtwin/contract'
import { frameGap } from '@habtwin/gateway/drivers/modbus/rtu'
import { openPort, serialOptions } from '@habtwin/gateway/drivers/serial/port'
import { systemClock } from '@habtwin/runtime'
import { z } from 'zod'
import { Machine, told } from '../doctor/machine.ts'
import { Bar } from '../probe/bar.ts'
import { entry, modbusBus, modbusDevice, type Target } from '../probe/entry.ts'
import { type Kind, type RegisterRow, readRegisters } from '../probe/modbus-registers.ts'
import { findUnits } from '../probe/modbus-units.ts'
import { ModbusWire } from '../probe/modbus-wire.ts'
import { registerTable, unitTable } from '../probe/tables.ts'
import { untilStopped } from '../stop.ts'

export interface ProbeModbusOptions {
  readonly port: string
  readonly baud: number
  readonly parity: 'none' | 'even' | 'odd'
  readonly stopBits: number
  /** 1 to 20 unless given. */
  readonly unit?: readonly number[]
  readonly registers?: readonly [from: number, to: number]
  readonly function: Kind
  /** ms */
  readonly timeout: number
  readonly json?: boolean
}

/** As a shell says of a process that Ctrl-C has ended. */
const STOPPED = 130
/** Numbers that instruments are given. */
const USUAL = Array.from({ length: 20 }, (_, i) => i + 1)

export async function probeModbus(options: ProbeModbusOptions): Promise<number> {
  const stop = untilStopped()
  const target = targetOf(options)
  warn(target)
  const wire = await open(target, options, stop)
  try {
    return await (options.registers === undefined
      ? units(wire, target, options, stop)
      : registers(wire, target, options.registers, options, stop))
  } catch (error) {
    if (stop.aborted) return STOPPED
    throw error
  } finally {
    await wire.close()
  }
}

async function units(
  wire: ModbusWire,
  target: Target,
  options: ProbeModbusOptions,
  stop: AbortSignal,
): Promise<number> {
  const found = await (async () => {
    const asked = options.unit ?? USUAL
    using bar = new Bar(asked.length, options.json !== true)
    return await findUnits(wire, asked, bar.at, stop)
  })()
  const good = found.filter(({ garbled }) => garbled === undefined)
  const yaml = good.length === 0 ? undefined : entry(modbusBus(target), good.flatMap(({ unit }) => modbusDevice(target, unit, '', []))) // biome-ignore format: one thought
  if (options.json) return print(`${JSON.stringify({ units: found, yaml })}\n`)
  if (found.length === 0) {
    const others = target.framing === 'rtu' ? 'another baud rate (--baud) or parity, swapped wires, ' : ''
    return print(`nobody answers at ${target.written}; ${others}other units (--unit 1-247), or more time (--timeout)\n`)
  }
  const more = `which registers: habtwin probe modbus --port ${target.written}${lineOf(options)} --unit ${good[0]?.unit} --registers 0-40`
  const next = yaml === undefined ? '' : `\n${yaml}\n\n# instruments that habtwin knows need no registers: docs/devices.md; of others\n# ${more}\n` // biome-ignore format: one thought
  return print(`${unitTable(found)}\n${next}`)
}

async function registers(
  wire: ModbusWire,
  target: Target,
  [from, to]: readonly [number, number],
  options: ProbeModbusOptions,
  stop: AbortSignal,
): Promise<number> {
  const [unit = 1] = options.unit ?? []
  const kind = options.function
  const rows = await (async () => {
    using bar = new Bar(to - from + 1, options.json !== true)
    return await readRegisters(wire, { unit, kind, from, to }, bar.at, stop)
  })()
  if (rows.every(({ lacks }) => lacks === 'no answer')) {
    throw new HabtwinError('device/timeout', `unit ${unit} does not answer at ${target.written}`)
  }
  const yaml = entry(modbusBus(target), modbusDevice(target, unit, kind, rows))
  if (options.json) return print(`${JSON.stringify({ unit, function: kind, registers: rows.map(plain), yaml })}\n`)
  const columns = process.stdout.columns ?? Number.POSITIVE_INFINITY
  const none = rows.some(({ guess }) => guess !== undefined)
    ? '* looks like a figure of an instrument: compare it with what the display shows'
    : 'nothing of it looks like a figure of an instrument; try the other --function, or other registers'
  return print(`${registerTable(rows, columns)}\n${none}\n\n${yaml}\n`)
}

function plain({ address, word, lacks, values, guess }: RegisterRow) {
  return { address, word, lacks, values: Object.fromEntries(values), guess }
}

function lineOf({ baud, parity }: ProbeModbusOptions): string {
  return `${baud === 9_600 ? '' : ` --baud ${baud}`}${parity === 'none' ? '' : ` --parity ${parity}`}`
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

/** `/dev/…` and `tcp://…` are serial lines; anything else is a host of Modbus TCP. */
function targetOf({ port: written, baud, parity }: Pick<ProbeModbusOptions, 'port' | 'baud' | 'parity'>): Target {
  if (/^(\/|tcp:)/.test(written)) return { framing: 'rtu', written, baud, parity }
  const [, bracketed, plain, port = '502'] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(written) ?? []
  const host = bracketed ?? plain
  if (host === undefined) {
    throw new HabtwinError('config/invalid', `"${written}" is no port: write /dev/…, tcp://host:port, or host[:port]`)
  }
  return { framing: 'tcp', written, host, port: Number(port), baud, parity }
}

async function open(target: Target, options: ProbeModbusOptions, stop: AbortSignal): Promise<ModbusWire> {
  const { baud, parity, timeout } = options
  const signal = AbortSignal.any([stop, AbortSignal.timeout(Math.max(5_000, timeout))])
  const path = target.framing === 'rtu' ? target.written : `tcp://${target.host?.includes(':') ? `[${target.host}]` : target.host}:${target.port}` // biome-ignore format: one thought
  const { stopBits } = z.object(serialOptions).parse({ path, stopBits: options.stopBits })
  const port = await openPort({ path, baud, parity, dataBits: 8, stopBits }, { where: target.written, signal })
  // the longest answer takes as long on the wire as the rate says
  const patience = timeout + (target.framing === 'rtu' ? (50 * 11 * 1_000) / baud : 0)
  const gap = target.framing === 'rtu' ? frameGap(baud) + 5 : 0
  return new ModbusWire({ port, framing: target.framing, clock: systemClock, gap, patience })
}

/** A serial port is locked by whoever has it; a socket can be shared, and some instruments have only one. */
function warn({ framing, port = 0, written }: Target): void {
  if (framing !== 'tcp') return
  const others = new Machine().talkers(port).filter(({ name }) => name.startsWith('habtwin'))
  if (others.length === 0) return
  process.stderr.write(
    `${told(others)} talks to a port ${port}: if that is ${written}, its readings may come late meanwhile\n`,
  )
}
