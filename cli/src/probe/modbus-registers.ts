/** What the registers of a unit hold, in every way that it can be meant. */
import { decodings } from '@habtwin/gateway/drivers/modbus/values'
import { type Guess, guess, orderOf } from './guess.ts'
import type { ModbusWire } from './modbus-wire.ts'

export type Kind = 'holding' | 'input'

export interface RegisterRow {
  readonly address: number
  /** Undefined where it refuses to be read, or nobody answers. */
  readonly word?: number
  /** Why there is no word. */
  readonly lacks?: string
  /** `u16`, `i16`, `f32 CDAB` … → value; those of 32 bits begin with this register. */
  readonly values: ReadonlyMap<string, number>
  readonly guess?: Guess
}

/** The columns of 32 bits, in this order. */
export const ORDERS = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const

/** Registers in one question: few enough for any device. */
const BLOCK = 16

export interface Reading {
  readonly unit: number
  readonly kind: Kind
  /** Both included. */
  readonly from: number
  readonly to: number
}

/** Reads them in blocks; where a block is refused, one by one. */
export async function readRegisters(
  wire: Pick<ModbusWire, 'ask'>,
  { unit, kind, from, to }: Reading,
  tell: (done: number, what: string) => void,
  signal: AbortSignal,
): Promise<RegisterRow[]> {
  const words = new Map<number, number | string>()
  const read = async (address: number, count: number): Promise<boolean> => {
    const code = kind === 'holding' ? 3 : 4
    const question = Buffer.from([code, address >> 8, address & 0xff, 0, count])
    const answer = await wire.ask(unit, question, signal)
    for (let i = 0; i < count; i++) {
      if (answer.is === 'answer' && answer.data.length >= 3 + 2 * i)
        words.set(address + i, answer.data.readUInt16BE(1 + 2 * i))
      else words.set(address + i, why(answer))
    }
    return answer.is === 'answer'
  }
  for (let address = from; address <= to; address += BLOCK) {
    const count = Math.min(BLOCK, to - address + 1)
    tell(address - from, `register ${address}`)
    if ((await read(address, count)) || count === 1) continue
    for (let i = 0; i < count; i++) {
      tell(address + i - from, `register ${address + i}`)
      await read(address + i, 1)
    }
  }
  return rowsOf(words)
}

function why(answer: Awaited<ReturnType<ModbusWire['ask']>>): string {
  if (answer.is === 'exception') return answer.code === 2 ? 'refused' : `exception ${answer.code}`
  return answer.is === 'silence' ? 'no answer' : 'garbled'
}

/** @param words register → what it holds, or why that is not known */
export function rowsOf(words: ReadonlyMap<number, number | string>): RegisterRow[] {
  const read = [...words]
    .sort(([a], [b]) => a - b)
    .map(([address, word]) => ({ address, word, values: valuesOf(word, words.get(address + 1)) }))
  const order = orderOf(
    read.map(({ values }) => values),
    ORDERS,
  )
  const rows: RegisterRow[] = []
  for (const { address, word, values } of read) {
    if (typeof word === 'string') {
      rows.push({ address, lacks: word, values })
      continue
    }
    // the second half of a figure is none of its own
    const before = rows.at(-1)
    const isHalf = before?.address === address - 1 && before.guess?.type === 'f32'
    const found = isHalf ? undefined : guess(values, order)
    rows.push({ address, word, values, ...(found === undefined ? {} : { guess: found }) })
  }
  return rows
}

/** What a register is, and what it is with the next. */
function valuesOf(word: number | string, next: number | string | undefined): Map<string, number> {
  const values = new Map<string, number>()
  if (typeof word === 'string') return values
  const bytes = Buffer.alloc(typeof next === 'number' ? 4 : 2)
  bytes.writeUInt16BE(word)
  if (typeof next === 'number') bytes.writeUInt16BE(next, 2)
  for (const { type, order, value } of decodings(bytes)) {
    if (order === 'BA') continue // bytes of one register are not seen swapped
    values.set(order === 'AB' ? type : `${type} ${order}`, value)
  }
  return values
}
