/** Between the bytes of a register and the value of a point in its own unit. */
import { convert, isPoint, pointInfo } from '@habtwin/contract'
import { type Register, rawOf, registerTypes, widthOf } from './registers.ts'

/** The value of a point in its own unit, from the bytes of its registers; null where they say that there is none. */
export function decode(point: string, entry: Register, bytes: Buffer): number | null {
  const raw = rawValue(entry, bytes)
  if (entry.none?.includes(raw) || !Number.isFinite(raw)) return null
  if (entry.within !== undefined && (raw < entry.within[0] || raw > entry.within[1])) return null
  const value = toPoint(point, entry, raw * entry.scale + entry.offset)
  // 851 × 0.1 is 85.10000000000001 in binary; what was neither scaled nor converted is as it came
  return value === raw ? raw : Number(value.toPrecision(12))
}

/** What the bytes hold, before scale and unit. */
export function rawValue(entry: Pick<Register, 'type' | 'order' | 'bit'>, bytes: Buffer): number {
  const data = fromWire(bytes, entry.order)
  if (entry.bit !== undefined) return ((data[data.length - 1 - (entry.bit >> 3)] ?? 0) >> (entry.bit & 7)) & 1
  switch (entry.type) {
    case 'u16':
      return data.readUInt16BE()
    case 'i16':
      return data.readInt16BE()
    case 'u32':
      return data.readUInt32BE()
    case 'i32':
      return data.readInt32BE()
    case 'f32':
      // seven digits are all that 32 bits hold; the rest would be 21.100000381469727
      return Number(data.readFloatBE().toPrecision(7))
    case 'u48':
      return data.readUIntBE(0, 6)
    case 'i48':
      return data.readIntBE(0, 6)
    case 'u64':
      return Number(data.readBigUInt64BE())
    case 'i64':
      return Number(data.readBigInt64BE())
    case 'f64':
      return data.readDoubleBE()
  }
}

/**
 * The bytes that set a point to a value in its own unit, or to a word of its enum.
 * Throws a RangeError where it does not fit the type.
 */
export function encode(point: string, entry: Register, value: number | string): Buffer {
  const raw =
    typeof value === 'string' ? rawOf(entry, value) : (fromPoint(point, entry, value) - entry.offset) / entry.scale
  if (raw === undefined || Number.isNaN(raw)) throw new RangeError(`${value} is no value of ${point}`)
  return rawBytes(entry, raw)
}

/** The bytes of a raw value. Throws a RangeError where it does not fit the type. */
export function rawBytes(entry: Pick<Register, 'function' | 'type' | 'order'>, raw: number): Buffer {
  const data = Buffer.alloc(widthOf(entry) * 2)
  const whole = Math.round(raw)
  const put = {
    u16: () => data.writeUInt16BE(whole),
    i16: () => data.writeInt16BE(whole),
    u32: () => data.writeUInt32BE(whole),
    i32: () => data.writeInt32BE(whole),
    f32: () => data.writeFloatBE(raw),
    u48: () => data.writeUIntBE(whole, 0, 6),
    i48: () => data.writeIntBE(whole, 0, 6),
    u64: () => data.writeBigUInt64BE(BigInt(whole)),
    i64: () => data.writeBigInt64BE(BigInt(whole)),
    f64: () => data.writeDoubleBE(raw),
  }
  put[entry.type]()
  return toWire(data, entry.order)
}

/** Text of registers, two characters each, without what fills it up: serial numbers, names of a model. */
export function text(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[\0\s]+$/, '')
}

function fromWire(bytes: Buffer, order: string): Buffer {
  const places = placesOf(order, bytes.length)
  const data = Buffer.alloc(bytes.length)
  for (let i = 0; i < bytes.length; i++) data[places[i] as number] = bytes[i] as number
  return data
}

function toWire(data: Buffer, order: string): Buffer {
  const places = placesOf(order, data.length)
  return Buffer.from(places.map((place) => data[place] as number))
}

const known = new Map<string, readonly number[]>()

/** Where each byte that comes belongs, 0 the most significant. The four orders of 32 bits are stretched to any width. */
function placesOf(order: string, size: number): readonly number[] {
  const key = `${order}${size}`
  let places = known.get(key)
  if (places === undefined) {
    places = placesIn(order, size)
    known.set(key, places)
  }
  return places
}

function placesIn(order: string, size: number): number[] {
  if (order.length === size) return [...order].map((letter) => letter.charCodeAt(0) - 'A'.charCodeAt(0))
  const straight = Array.from({ length: size }, (_, i) => i)
  const inWords = (places: number[]) => places.map((_, i) => places[i ^ 1] as number)
  if (order === 'DCBA') return straight.reverse()
  if (order === 'CDAB') return inWords(straight.reverse())
  return order === 'BADC' ? inWords(straight) : straight
}

function toPoint(point: string, { unit }: Register, value: number): number {
  return unit === undefined || !isPoint(point) ? value : convert(value, unit, pointInfo(point).unit)
}

function fromPoint(point: string, { unit }: Register, value: number): number {
  return unit === undefined || !isPoint(point) ? value : convert(value, pointInfo(point).unit, unit)
}

/** What the same registers would be in each type and order, for whoever has no manual. */
export interface Decoding {
  readonly type: Register['type']
  readonly order: string
  readonly value: number
}

/** Every reading of the registers from the first on that they are enough for; what is no number is left out. */
export function decodings(bytes: Buffer): Decoding[] {
  const found: Decoding[] = []
  for (const type of registerTypes) {
    const size = 2 * widthOf({ function: 'holding', type })
    if (size > bytes.length) continue
    for (const order of size === 2 ? ['AB', 'BA'] : ['ABCD', 'CDAB', 'BADC', 'DCBA']) {
      const value = rawValue({ type, order }, bytes.subarray(0, size))
      if (Number.isFinite(value)) found.push({ type, order, value })
    }
  }
  return found
}
