/**
 * Columns of numbers as bytes, lossless to the bit (NaN apart, which stands for null).
 *
 *   integers (times, sequence numbers)   stride: first, step          where the step never changes
 *                                        delta: varints of the change of the change
 *                                        raw: float64                 where they are no integers
 *   values                               decimal: value = integer / 10^k, varints of the change
 *                                        float32: bytes of the change of the bits, in planes
 *                                        float64: bytes of the bits xor the bits before, in planes
 *
 * What sensors say has few decimals, or is a 32-bit float from a register; zstd takes what is left in the planes.
 */
import type { ByteReader, ByteWriter } from './bytes.ts'

const STRIDE = 0
const DELTA = 1
const RAW = 2

const FLOAT32 = 30
const FLOAT64 = 31

/** Beyond this the change of a change might not be an exact integer any more. */
const INTEGER_LIMIT = 2 ** 50
const MAX_DECIMALS = 9
const powers = Array.from({ length: MAX_DECIMALS + 1 }, (_, k) => 10 ** k)

type Numbers = ArrayLike<number>

/** Writes `n` numbers that are mostly integers in steps. No NaN. */
export function writeIntegers(out: ByteWriter, column: Numbers, n: number): void {
  let integers = true
  let stride = true
  const first = n > 0 ? (column[0] as number) : 0
  const step = n > 1 ? (column[1] as number) - first : 0
  let before = first
  for (let i = 0; i < n; i++) {
    const value = column[i] as number
    if (!Number.isInteger(value) || value > INTEGER_LIMIT || value < -INTEGER_LIMIT || Object.is(value, -0)) {
      integers = false
      break
    }
    if (i > 0 && value - before !== step) stride = false
    before = value
  }
  if (!integers) {
    out.byte(RAW)
    out.raw(new Uint8Array(Float64Array.from({ length: n }, (_, i) => column[i] as number).buffer))
    return
  }
  out.byte(stride ? STRIDE : DELTA)
  out.int(first)
  out.int(step)
  if (stride) return
  out.reserve(n * 8)
  let last = first + step
  let lastStep = step
  for (let i = 2; i < n; i++) {
    const value = column[i] as number
    const delta = value - last
    out.int(delta - lastStep)
    lastStep = delta
    last = value
  }
}

/** Reads what `writeIntegers` wrote. */
export function readIntegers(from: ByteReader, n: number): Float64Array {
  const mode = from.byte()
  if (mode === RAW) return floats(from, n)
  if (mode !== STRIDE && mode !== DELTA) throw new RangeError('an unknown kind of integer column')
  const column = new Float64Array(n)
  let last = from.int()
  let step = from.int()
  if (n > 0) column[0] = last
  if (mode === STRIDE) {
    for (let i = 1; i < n; i++) {
      last += step
      column[i] = last
    }
    return column
  }
  if (n > 1) {
    last += step
    column[1] = last
  }
  from.intsInto(column, 2)
  for (let i = 2; i < n; i++) {
    step += column[i] as number
    last += step
    column[i] = last
  }
  return column
}

/** Writes `n` values; NaN stands for null. */
export function writeValues(out: ByteWriter, column: Numbers, n: number): void {
  writeNulls(out, column, n)
  const decimals = decimalsOf(column, n)
  if (decimals >= 0) {
    const at = powers[decimals] as number
    out.byte(decimals)
    out.reserve(n * 8)
    let before = 0
    for (let i = 0; i < n; i++) {
      const value = column[i] as number
      if (Number.isNaN(value)) continue
      const scaled = Math.round(value * at)
      out.int(scaled - before)
      before = scaled
    }
  } else if (isFloat32(column, n)) {
    out.byte(FLOAT32)
    writeFloat32(out, column, n)
  } else {
    out.byte(FLOAT64)
    writeFloat64(out, column, n)
  }
}

/** Reads what `writeValues` wrote. */
export function readValues(from: ByteReader, n: number): Float64Array {
  const column = new Float64Array(n)
  const nulls = readNulls(from, column)
  const mode = from.byte()
  if (mode === FLOAT32) readFloat32(from, column)
  else if (mode === FLOAT64) readFloat64(from, column)
  else if (mode <= MAX_DECIMALS) {
    const at = powers[mode] as number
    if (nulls === 0) readDecimals(from, column, at)
    else {
      const dense = new Float64Array(n - nulls)
      readDecimals(from, dense, at)
      for (let i = 0, next = 0; i < n; i++) if (column[i] === 0) column[i] = dense[next++] as number
    }
  } else throw new RangeError('an unknown kind of value column')
  return column
}

/** Where the nulls are: their count and the distances between them. */
function writeNulls(out: ByteWriter, column: Numbers, n: number): void {
  let count = 0
  for (let i = 0; i < n; i++) if (Number.isNaN(column[i])) count++
  out.uint(count)
  if (count === 0) return
  let before = -1
  for (let i = 0; i < n; i++) {
    if (!Number.isNaN(column[i])) continue
    out.uint(i - before - 1)
    before = i
  }
}

function readDecimals(from: ByteReader, column: Float64Array, at: number): void {
  from.intsInto(column, 0)
  let scaled = 0
  for (let i = 0; i < column.length; i++) {
    scaled += column[i] as number
    column[i] = scaled / at
  }
}

/** Puts NaN where the nulls are; all else stays 0. @returns how many */
function readNulls(from: ByteReader, column: Float64Array): number {
  const count = from.count()
  let at = -1
  for (let i = 0; i < count; i++) {
    at += from.uint() + 1
    if (at >= column.length) throw new RangeError('a null lies beyond its column')
    column[at] = Number.NaN
  }
  return count
}

/** The fewest decimals that give every value exactly, or -1 where none do. */
function decimalsOf(column: Numbers, n: number): number {
  let k = 0
  for (let i = 0; i < n; i++) {
    const value = column[i] as number
    if (Number.isNaN(value)) continue
    while (!exact(value, powers[k] as number)) if (++k > MAX_DECIMALS) return -1
  }
  if (k === 0) return 0
  // more decimals than a value needs can round it elsewhere
  const at = powers[k] as number
  for (let i = 0; i < n; i++) {
    const value = column[i] as number
    if (!Number.isNaN(value) && !exact(value, at)) return -1
  }
  return k
}

function exact(value: number, at: number): boolean {
  const scaled = Math.round(value * at)
  if (scaled > INTEGER_LIMIT || scaled < -INTEGER_LIMIT) return false
  return scaled === 0 ? Object.is(value, 0) : scaled / at === value
}

function isFloat32(column: Numbers, n: number): boolean {
  for (let i = 0; i < n; i++) {
    const value = column[i] as number
    if (!Number.isNaN(value) && !Object.is(Math.fround(value), value)) return false
  }
  return true
}

function writeFloat32(out: ByteWriter, column: Numbers, n: number): void {
  const bits = new Int32Array(1)
  const float = new Float32Array(bits.buffer)
  const planes = new Uint8Array(4 * n)
  let used = 0
  let before = 0
  for (let i = 0; i < n; i++) {
    const value = column[i] as number
    if (Number.isNaN(value)) continue
    float[0] = value
    const now = bits[0] as number
    const delta = (now - before) | 0
    const zigzag = ((delta << 1) ^ (delta >> 31)) >>> 0
    for (let plane = 0; plane < 4; plane++) planes[plane * n + used] = zigzag >>> (8 * plane)
    used++
    before = now
  }
  for (let plane = 0; plane < 4; plane++) out.raw(planes.subarray(plane * n, plane * n + used))
}

function readFloat32(from: ByteReader, column: Float64Array): void {
  const bits = new Int32Array(1)
  const float = new Float32Array(bits.buffer)
  const used = countOf(column)
  const planes = from.raw(4 * used)
  let at = 0
  for (let i = 0; i < column.length; i++) {
    if (column[i] !== 0) continue
    let zigzag = 0
    for (let plane = 0; plane < 4; plane++) zigzag |= (planes[plane * used + at] as number) << (8 * plane)
    at++
    bits[0] = ((bits[0] as number) + ((zigzag >>> 1) ^ -(zigzag & 1))) | 0
    column[i] = float[0] as number
  }
}

function writeFloat64(out: ByteWriter, column: Numbers, n: number): void {
  const float = new Float64Array(1)
  const bytes = new Uint8Array(float.buffer)
  const before = new Uint8Array(8)
  const planes = new Uint8Array(8 * n)
  let used = 0
  for (let i = 0; i < n; i++) {
    const value = column[i] as number
    if (Number.isNaN(value)) continue
    float[0] = value
    for (let plane = 0; plane < 8; plane++) {
      const now = bytes[plane] as number
      planes[plane * n + used] = now ^ (before[plane] as number)
      before[plane] = now
    }
    used++
  }
  for (let plane = 0; plane < 8; plane++) out.raw(planes.subarray(plane * n, plane * n + used))
}

function readFloat64(from: ByteReader, column: Float64Array): void {
  const float = new Float64Array(1)
  const bytes = new Uint8Array(float.buffer)
  const used = countOf(column)
  const planes = from.raw(8 * used)
  let at = 0
  for (let i = 0; i < column.length; i++) {
    if (column[i] !== 0) continue
    for (let plane = 0; plane < 8; plane++)
      bytes[plane] = (bytes[plane] as number) ^ (planes[plane * used + at] as number)
    at++
    column[i] = float[0] as number
  }
}

/** How many of a fresh column's places are not null. */
function countOf(column: Float64Array): number {
  let count = 0
  for (let i = 0; i < column.length; i++) if (column[i] === 0) count++
  return count
}

function floats(from: ByteReader, n: number): Float64Array {
  const column = new Float64Array(n)
  new Uint8Array(column.buffer).set(from.raw(8 * n))
  return column
}
