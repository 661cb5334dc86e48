/** Registers of a Modbus device as data: where a point lies, how its bits are meant, and which are read together. */
import { convert, convertible, type DevicePoint, HabtwinError, isPoint, pointInfo, unitCode } from '@habtwin/contract'
import { z } from 'zod'

const types = { u16: 1, i16: 1, u32: 2, i32: 2, f32: 2, u64: 4, i64: 4, f64: 4 } as const

/** One point of a device. */
export const register = z.strictObject({
  function: z.enum(['holding', 'input', 'coil', 'discrete']).default('holding'),
  /** As on the wire, from 0: 40001 of a manual is 0 here. */
  address: z.int().min(0).max(65_535),
  /** Left out for a coil or discrete input. */
  type: z.enum(Object.keys(types) as [keyof typeof types]).default('u16'),
  /** Bytes in the order they come: CDAB has its words swapped, BADC the bytes of each word. */
  order: z.enum(['ABCD', 'CDAB', 'BADC', 'DCBA']).default('ABCD'),
  /** value = raw × scale + offset */
  scale: z.number().default(1),
  offset: z.number().default(0),
  /** What the value is then in; converted where the point of the vocabulary has another unit. */
  unit: z.string().optional(),
  label: z.string().optional(),
  range: z.tuple([z.number(), z.number()]).optional(),
  /** The values that a command may set. */
  writable: z.array(z.number()).nonempty().optional(),
})

export type Register = z.output<typeof register>

/** A run of neighbours that is read with one request. */
export interface Block {
  readonly function: Register['function']
  readonly address: number
  /** Registers, or bits. */
  readonly count: number
  readonly points: readonly string[]
}

export function isBit({ function: kind }: Pick<Register, 'function'>): boolean {
  return kind === 'coil' || kind === 'discrete'
}

/** How many registers (or bits) it takes. */
export function widthOf(entry: Register): number {
  return isBit(entry) ? 1 : types[entry.type]
}

/**
 * Neighbours of one kind, read together.
 * @param gap how many registers that nobody asked for may lie between two neighbours; some devices refuse them all
 * @param most registers in one request; 1 asks for each by itself, as some devices need it
 */
export function planBlocks(registers: Readonly<Record<string, Register>>, gap: number, most: number): Block[] {
  const sorted = Object.entries(registers).sort(
    ([, a], [, b]) => a.function.localeCompare(b.function) || a.address - b.address,
  )
  const blocks: { function: Register['function']; address: number; count: number; points: string[] }[] = []
  for (const [point, entry] of sorted) {
    const last = blocks.at(-1)
    const end = last === undefined ? 0 : last.address + last.count
    const until = entry.address + widthOf(entry)
    const joins = last?.function === entry.function && entry.address <= end + gap && until - last.address <= most
    if (last !== undefined && joins) {
      last.count = Math.max(end, until) - last.address
      last.points.push(point)
    } else {
      blocks.push({ function: entry.function, address: entry.address, count: widthOf(entry), points: [point] })
    }
  }
  return blocks
}

/** What a device with these registers declares. Throws config/unit where a unit does not fit its point. */
export function declare(registers: Readonly<Record<string, Register>>): Record<string, DevicePoint> {
  return Object.fromEntries(
    Object.entries(registers).map(([point, entry]) => {
      const { label, writable } = entry
      const info = pointInfo(point)
      const code = entry.unit === undefined ? undefined : unitCode(entry.unit)
      if (entry.unit !== undefined && (code === undefined || (isPoint(point) && !convertible(code, info.unit)))) {
        const message = `${entry.unit} does not convert to ${info.unit}, the unit of ${point}`
        throw new HabtwinError('config/unit', message, { where: `registers.${point}.unit` })
      }
      const range = entry.range ?? (isPoint(point) ? ([...info.range] as [number, number]) : undefined)
      const declared: DevicePoint = {
        unit: isPoint(point) ? info.unit : (code ?? '1'),
        label: label ?? info.label,
        ...(range === undefined ? {} : { range }),
        ...(writable === undefined ? {} : { writable }),
      }
      return [point, declared]
    }),
  )
}

/** The value of a point in its own unit, from the bytes of its registers. */
export function decode(point: string, entry: Register, bytes: Buffer): number {
  const data = ordered(bytes, entry.order)
  const raw = {
    u16: () => data.readUInt16BE(),
    i16: () => data.readInt16BE(),
    u32: () => data.readUInt32BE(),
    i32: () => data.readInt32BE(),
    // seven digits are all that 32 bits hold; the rest would be 21.100000381469727
    f32: () => Number(data.readFloatBE().toPrecision(7)),
    u64: () => Number(data.readBigUInt64BE()),
    i64: () => Number(data.readBigInt64BE()),
    f64: () => data.readDoubleBE(),
  }[entry.type]()
  if (entry.scale === 1 && entry.offset === 0) return toPoint(point, entry, raw)
  // 851 × 0.1 is 85.10000000000001 in binary
  return toPoint(point, entry, Number((raw * entry.scale + entry.offset).toPrecision(12)))
}

/** The bytes that set a point to a value in its own unit. Throws a RangeError where it does not fit the type. */
export function encode(point: string, entry: Register, value: number): Buffer {
  const raw = (fromPoint(point, entry, value) - entry.offset) / entry.scale
  const data = Buffer.alloc(widthOf(entry) * 2)
  const whole = Math.round(raw)
  const put = {
    u16: () => data.writeUInt16BE(whole),
    i16: () => data.writeInt16BE(whole),
    u32: () => data.writeUInt32BE(whole),
    i32: () => data.writeInt32BE(whole),
    f32: () => data.writeFloatBE(raw),
    u64: () => data.writeBigUInt64BE(BigInt(whole)),
    i64: () => data.writeBigInt64BE(BigInt(whole)),
    f64: () => data.writeDoubleBE(raw),
  }
  put[entry.type]()
  return ordered(data, entry.order)
}

/** Turns bytes into big-endian order, or back: each of the four orders undoes itself. */
function ordered(bytes: Buffer, order: Register['order']): Buffer {
  const data = Buffer.from(bytes)
  if (order === 'DCBA') return data.reverse()
  if (order === 'BADC') return data.swap16()
  return order === 'CDAB' ? data.reverse().swap16() : data
}

function toPoint(point: string, { unit }: Register, value: number): number {
  return unit === undefined || !isPoint(point) ? value : convert(value, unit, pointInfo(point).unit)
}

function fromPoint(point: string, { unit }: Register, value: number): number {
  return unit === undefined || !isPoint(point) ? value : convert(value, pointInfo(point).unit, unit)
}
