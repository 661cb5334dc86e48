/**
 * Drivers for devices on a Modbus bus, made of a table of registers: the library's, where the table is the driver's, and
 * the generic ones, where it stands in the configuration.
 */
import { id } from '@habtwin/contract'
import { duration } from '@habtwin/runtime'
import { z } from 'zod'
import { modbusPeer } from '../../simulated/modbus.ts'
import { type About, type DeviceContext, type Driver, defineDriver } from '../driver.ts'
import type { SerialSettings } from '../serial/port.ts'
import { readingTime } from './airtime.ts'
import { type Limits, planBlocks } from './blocks.ts'
import type { ModbusBus } from './bus.ts'
import { openInstrument, type Plan, registersOf, type Status } from './instrument.ts'
import { declare, type Registers, register } from './registers.ts'
import type { Unit } from './unit.ts'

/** The buses that a Modbus device can ride on. */
const BUSES = ['modbus-tcp', 'modbus-rtu'] as const

/** What a device of the library is, in data. */
export interface ModbusDevice<Shape extends z.ZodRawShape> extends Omit<About, 'settings'> {
  readonly name: string
  /** How it comes from the factory. */
  readonly unit: number
  readonly line?: { readonly baud: number; readonly parity?: SerialSettings['parity']; readonly stopBits?: 1 | 2 }
  /** Keys that a device of this driver has beyond `unit` and `points`. */
  readonly options?: Shape
  /** Point → register; a function of the keys where it depends on them. */
  readonly registers: Table | ((options: z.output<z.ZodObject<Shape>>) => Table)
  readonly limits?: Partial<Limits & { pause: number; write: 'single' | 'multiple' }>
  readonly status?: readonly (Omit<Status, 'register'> & { readonly register: z.input<typeof register> })[]
  /** ms after power-up in which its values are not to be believed. */
  readonly warmup?: number
  /** What it has to be told before a reading; called for each device once, the result before each reading. */
  readonly before?: (device: DeviceContext<z.output<z.ZodObject<Shape>>, ModbusBus>) => Before
  /** What a stand-in holds in registers that no point shows: `function address` → word. */
  readonly holds?: Readonly<Record<string, number>>
}

type Before = (unit: Unit, signal: AbortSignal) => Promise<void>
type Table = Readonly<Record<string, z.input<typeof register>>>

const DEFAULTS = { gap: 0, block: 125, pause: 0, write: 'single' } as const

/** A driver of the library. */
export function modbusDevice<Shape extends z.ZodRawShape = Record<never, never>>(device: ModbusDevice<Shape>): Driver {
  const { name, maker, model, source, unit, line, warmup, status: written = [], before, holds } = device
  const tableOf = (options: unknown) =>
    parsed(typeof device.registers === 'function' ? device.registers(options as never) : device.registers)
  const status = written.map((entry) => ({ ...entry, register: register.parse(entry.register) }))
  const limits = { ...DEFAULTS, ...device.limits }
  const names = typeof device.registers === 'function' ? undefined : Object.keys(device.registers)
  const options = z.object({
    /** Unit number, as set at the device. */
    unit: z.int().min(0).max(255).default(unit),
    ...(names === undefined
      ? {}
      : {
          /** Those to be read, where not all are wanted; each block that is not read leaves the bus to others. */
          points: z.array(z.enum(names)).nonempty().optional(),
        }),
    ...device.options,
  })
  const planOf = (given: z.output<typeof options>): Plan => {
    const registers = chosen(tableOf(given), given.points as readonly string[] | undefined)
    const spoken = status.filter(({ of }) => of.some((point) => point in registers))
    return { options: { ...limits, unit: given.unit }, registers, status: spoken }
  }
  return modbusDriver<z.output<typeof options>>({
    name,
    about: { maker, model, source, settings: settingsOf(unit, line) },
    options: options as unknown as z.ZodType<z.output<typeof options>>,
    rides: BUSES,
    warmup,
    planOf,
    holds,
    ...(before === undefined ? {} : { before: before as never }),
  })
}

const genericOptions = z.object({
  /** Unit number; what a gateway to a serial line tells its devices apart by. */
  unit: z.int().min(0).max(255).default(1),
  /** Point → where it lies and how it is meant. */
  registers: z.record(id, register),
  /** Registers that nobody asked for and that may lie between two that are read together. */
  gap: z.int().min(0).max(124).default(0),
  /** Registers in one request at most. */
  block: z.int().min(1).max(125).default(125),
  /** What the device needs between an answer and the next question. */
  pause: duration('100 ms').optional(),
  /** How one register is set: by function 6, or by 16, which some devices know alone. */
  write: z.enum(['single', 'multiple']).default('single'),
})

/** The driver of devices whose registers stand in the configuration, on a bus of its own name. */
export function genericDevice<BO, B extends ModbusBus>(
  name: (typeof BUSES)[number],
  bus: NonNullable<Driver<z.output<typeof genericOptions>, BO, B>['bus']>,
): Driver {
  return modbusDriver<z.output<typeof genericOptions>>(
    {
      name,
      options: genericOptions,
      rides: [name],
      planOf: ({ registers, pause = 0, ...options }) => ({ options: { ...options, pause }, registers }),
    },
    bus as NonNullable<Driver['bus']>,
  )
}

interface Making<O> {
  readonly name: string
  readonly about?: About
  readonly options: z.ZodType<O>
  readonly rides: readonly string[]
  readonly warmup?: number | undefined
  readonly planOf: (options: O) => Plan
  readonly holds?: Readonly<Record<string, number>> | undefined
  readonly before?: (device: DeviceContext<O, ModbusBus>) => Before
}

function modbusDriver<O>(making: Making<O>, bus?: Driver['bus']): Driver {
  const { name, about, options, rides, warmup, planOf, holds, before } = making
  return defineDriver<O, unknown, ModbusBus>({
    name,
    ...(about === undefined ? {} : { about }),
    simulated: false,
    options,
    rides,
    ...(bus === undefined ? {} : { bus: bus as NonNullable<Driver<O, unknown, ModbusBus>['bus']> }),
    describe: (given) => ({
      points: declare(planOf(given).registers),
      ...(warmup === undefined ? {} : { warmup }),
    }),
    airtime(given, { options: line }) {
      const plan = planOf(given)
      if (!isSerial(line)) return 0
      const times = { settings: line, turnaround: line.turnaround ?? 0 }
      return readingTime(times, planBlocks(registersOf(plan), plan.options), plan.options.pause)
    },
    standIn: (given, air) => modbusPeer({ ...planOf(given), air, holds }),
    async open(device) {
      await device.bus.connect(device.signal)
      const own = before?.(device)
      return openInstrument(device, { ...planOf(device.options), ...(own === undefined ? {} : { before: own }) })
    },
  })
}

function isSerial(line: unknown): line is SerialSettings & { turnaround?: number } {
  return typeof line === 'object' && line !== null && 'baud' in line
}

function parsed(table: Table): Registers {
  return Object.fromEntries(Object.entries(table).map(([point, entry]) => [point, register.parse(entry)]))
}

/** The registers of the points that are wanted; all where none are named. */
function chosen(registers: Registers, points: readonly string[] | undefined): Registers {
  if (points === undefined) return registers
  return Object.fromEntries(Object.entries(registers).filter(([point]) => points.includes(point)))
}

function settingsOf(unit: number, line: ModbusDevice<z.ZodRawShape>['line']): string {
  if (line === undefined) return `unit ${unit}`
  const parity = (line.parity ?? 'none').charAt(0).toUpperCase()
  return `${line.baud} 8${parity}${line.stopBits ?? 1}, unit ${unit}`
}
