/** Registers of a Modbus device as data: where a point lies, how its bits are meant, and what it then is called. */
import {
  convertible,
  type DevicePoint,
  HabtwinError,
  isPoint,
  pointInfo,
  unitCode,
  writableRange,
} from '@habtwin/contract'
import { z } from 'zod'

/** Type → registers. u48 is what some energy meters count in (telegraf#8497). */
const types = { u16: 1, i16: 1, u32: 2, i32: 2, f32: 2, u48: 3, i48: 3, u64: 4, i64: 4, f64: 4 } as const

/** Any order of the bytes of 2, 4, 6 or 8, A the most significant. */
const permutation = /^(?!.*(.).*\1)(?:[AB]{2}|[A-D]{4}|[A-F]{6}|[A-H]{8})$/

/** The types that a register can be of. */
export const registerTypes = Object.keys(types) as (keyof typeof types)[]

/** The keys of a point. A bit takes the values 0 and 1; words of an enum come back as their numbers. */
const shape = z.strictObject({
  function: z.enum(['holding', 'input', 'coil', 'discrete']).default('holding'),
  /** As on the wire, from 0: 40001 of a manual is 0 here. */
  address: z.int().min(0).max(65_535),
  /** Left out for a coil or discrete input. */
  type: z.enum(registerTypes).default('u16'),
  /**
   * Bytes in the order in which they come, A the most significant. CDAB has its words swapped, BADC the bytes of each
   * word; for 48 and 64 bits these four mean the same of all the words, and any other order is written out: EFGHABCD.
   */
  order: z
    .string()
    .regex(permutation, { error: 'write the bytes in the order in which they come, as ABCD, CDAB, BADC or DCBA' })
    .default('ABCD'),
  /** Raw values that the device can give; any other means that there is none, as from a broken wire. */
  within: z.tuple([z.number(), z.number()]).optional(),
  /** Takes one bit of the register, 0 the lowest. */
  bit: z.int().min(0).max(63).optional(),
  /** Raw values that mean that there is none, as 32767 or 65535. */
  none: z.array(z.number()).optional(),
  /** Raw value → word, for a register that holds a state. The point is the number; the words stand in its label. */
  enum: z.record(z.string().regex(/^-?\d+$/, { error: 'a raw value is a whole number' }), z.string()).optional(),
  /** value = raw × scale + offset */
  scale: z
    .number()
    .refine((scale) => scale !== 0, { error: 'a scale of 0 leaves nothing of the value' })
    .default(1),
  offset: z.number().default(0),
  /** What the value is then in; converted where the point of the vocabulary has another unit. */
  unit: z.string().optional(),
  label: z.string().optional(),
  range: z.tuple([z.number(), z.number()]).optional(),
  /** The values that a command may set; words of the enum as well. A set-point has a range, in the point's unit. */
  writable: z.union([z.array(z.union([z.number(), z.string()])).nonempty(), writableRange]).optional(),
})

/** One point of a device. */
export const register = shape.check(({ value, issues }) => {
  const wrong = (path: string, message: string) => issues.push({ code: 'custom', input: value, path: [path], message })
  const bytes = isBit(value) ? 0 : widthOf(value) * 2
  if (value.order.length > 4 && value.order.length !== bytes)
    wrong('order', `${value.order} names ${value.order.length} bytes, ${value.type} has ${bytes}`)
  if (value.order.length === 2 && bytes !== 2)
    wrong('order', `${value.order} names 2 bytes, ${value.type} has ${bytes}`)
  if (value.bit !== undefined && (isBit(value) || value.type === 'f32' || value.type === 'f64'))
    wrong('bit', 'a bit is taken of a register that holds a whole number')
  else if (value.bit !== undefined && value.bit >= bytes * 8) wrong('bit', `${value.type} has no bit ${value.bit}`)
  if (value.writable !== undefined && (value.function === 'input' || value.function === 'discrete'))
    wrong('writable', `an ${value.function} register can only be read`)
  if (value.writable !== undefined && value.bit !== undefined)
    wrong('writable', 'a bit of a register cannot be set without the others')
  for (const word of Array.isArray(value.writable) ? value.writable : [])
    if (typeof word === 'string' && rawOf(value, word) === undefined) wrong('writable', `"${word}" is no word of enum`)
})

export type Register = z.output<typeof register>

/** The registers of a device, by point. */
export type Registers = Readonly<Record<string, Register>>

export function isBit({ function: kind }: Pick<Register, 'function'>): boolean {
  return kind === 'coil' || kind === 'discrete'
}

/** How many registers (or bits) it takes. */
export function widthOf(entry: Pick<Register, 'function' | 'type'>): number {
  return isBit(entry) ? 1 : types[entry.type]
}

/** The raw value of a word of its enum. */
export function rawOf(entry: Pick<Register, 'enum'>, word: string): number | undefined {
  const found = Object.entries(entry.enum ?? {}).find(([, name]) => name === word)
  return found === undefined ? undefined : Number(found[0])
}

/** What a device with these registers declares. Throws config/unit where a unit does not fit its point. */
export function declare(registers: Registers): Record<string, DevicePoint> {
  return Object.fromEntries(Object.entries(registers).map(([point, entry]) => [point, declared(point, entry)]))
}

function declared(point: string, entry: Register): DevicePoint {
  const info = pointInfo(point)
  const code = entry.unit === undefined ? undefined : unitCode(entry.unit)
  if (entry.unit !== undefined && (code === undefined || (isPoint(point) && !convertible(code, info.unit)))) {
    const message = `${entry.unit} does not convert to ${info.unit}, the unit of ${point}`
    throw new HabtwinError('config/unit', message, { where: `registers.${point}.unit` })
  }
  const range = entry.range ?? (isPoint(point) ? ([...info.range] as [number, number]) : undefined)
  const words = Object.entries(entry.enum ?? {}).map(([raw, word]) => `${raw} ${word}`)
  const label = entry.label ?? info.label
  return {
    unit: isPoint(point) ? info.unit : (code ?? '1'),
    label: words.length === 0 ? label : `${label} (${words.join(', ')})`,
    ...(range === undefined ? {} : { range }),
    ...(entry.writable === undefined
      ? {}
      : { writable: Array.isArray(entry.writable) ? [...entry.writable] : entry.writable }),
  }
}
