/**
 * A Modbus unit as its instrument would be: it holds the words of its registers, and answers questions with the real
 * bytes. How they come to it is the business of modbus-rtu.ts and modbus-tcp.ts.
 */
import { isPoint } from '@habtwin/contract'
import type { Air } from '../drivers/driver.ts'
import { isBit, type Register, type Registers, widthOf } from '../drivers/modbus/registers.ts'
import { encode } from '../drivers/modbus/values.ts'

type Kind = Register['function']

/** A unit at the far end of a Modbus bus. */
export interface ModbusPeer {
  readonly unit: number
  readonly faults: UnitFaults
  /** Function and data of a question → those of the answer. */
  answer(question: Buffer): Buffer
  /** True where a question asks for a register that is not there. */
  touchesGap(question: Buffer): boolean
}

/** What may be wrong with a unit; all of it can be set and taken back while it is asked. */
export interface UnitFaults {
  /** Says nothing. */
  frozen?: boolean
  /** ms that it takes to answer. */
  delay?: number
  /** Answers under the number of another unit. */
  as?: number
  /** Answers only so many bytes. */
  cut?: number
  /** Turns a bit of its answers over (a serial line alone: TCP has its own check). */
  corrupt?: boolean
  /** Answers everything with this exception. */
  exception?: number
  /** Refuses questions that touch a register that it does not have, with exception 2. */
  refusesGaps?: boolean
  /** Says nothing to those questions. */
  silentOnGaps?: boolean
  /** Registers in one question at most; more are refused with exception 3. */
  most?: number
}

/** Exceptions (Modbus Application Protocol 1.1b3, 7). */
const ILLEGAL_FUNCTION = 1
const ILLEGAL_ADDRESS = 2
const ILLEGAL_VALUE = 3

/** Functions that read, and what they read (6.1 to 6.4). */
const readers: Readonly<Record<number, Kind>> = { 1: 'coil', 2: 'discrete', 3: 'holding', 4: 'input' }

/** A unit whose words are set one by one. */
export class SimulatedUnit implements ModbusPeer {
  readonly unit: number
  readonly faults: UnitFaults = {}
  /** Words (or bits) that were set, by `holding 12`. */
  readonly words = new Map<string, number>()
  /** Questions that it has had. */
  asked = 0

  constructor(unit: number, words: Readonly<Record<string, number>> = {}) {
    this.unit = unit
    for (const [place, word] of Object.entries(words)) this.words.set(place, word)
  }

  answer(question: Buffer): Buffer {
    this.asked++
    const code = question[0] ?? 0
    try {
      if (this.faults.exception !== undefined) throw new Refusal(this.faults.exception)
      return Buffer.concat([Buffer.of(code), this.#answer(code, question)])
    } catch (error) {
      if (error instanceof Refusal) return Buffer.of(code | 0x80, error.code)
      throw error
    }
  }

  /** The word, or bit, of a register; undefined where there is none. */
  word(kind: Kind, address: number): number | undefined {
    return this.words.get(`${kind} ${address}`)
  }

  #answer(code: number, question: Buffer): Buffer {
    if (question.length < 5) throw new Refusal(ILLEGAL_VALUE)
    const address = question.readUInt16BE(1)
    const second = question.readUInt16BE(3)
    const kind = readers[code]
    if (kind !== undefined) return this.#read(kind, address, second)
    if (code === 5) this.#set('coil', address, second === 0xff00 ? 1 : 0)
    else if (code === 6) this.#set('holding', address, second)
    else if (code === 16) {
      if (question[5] !== 2 * second || question.length < 6 + 2 * second) throw new Refusal(ILLEGAL_VALUE)
      for (let i = 0; i < second; i++) this.#set('holding', address + i, question.readUInt16BE(6 + 2 * i))
    } else throw new Refusal(ILLEGAL_FUNCTION)
    return question.subarray(1, 5)
  }

  #read(kind: Kind, address: number, count: number): Buffer {
    const bits = isBit({ function: kind })
    if (count < 1 || count > (this.faults.most ?? (bits ? 2_000 : 125))) throw new Refusal(ILLEGAL_VALUE)
    const words = Array.from({ length: count }, (_, i) => this.word(kind, address + i))
    if (this.faults.refusesGaps && words.includes(undefined)) throw new Refusal(ILLEGAL_ADDRESS)
    const data = Buffer.alloc(bits ? Math.ceil(count / 8) : 2 * count)
    for (const [i, word = 0] of words.entries()) {
      if (bits) data[i >> 3] = (data[i >> 3] as number) | ((word & 1) << (i & 7))
      else data.writeUInt16BE(word, 2 * i)
    }
    return Buffer.concat([Buffer.of(data.length), data])
  }

  #set(kind: Kind, address: number, word: number): void {
    if (this.faults.refusesGaps && this.word(kind, address) === undefined) throw new Refusal(ILLEGAL_ADDRESS)
    this.words.set(`${kind} ${address}`, word)
  }

  /** True where a question asks for a register that is not there. */
  touchesGap(question: Buffer): boolean {
    const kind = readers[question[0] ?? 0]
    if (kind === undefined || question.length < 5) return false
    const [address, count] = [question.readUInt16BE(1), question.readUInt16BE(3)]
    return Array.from({ length: count }, (_, i) => this.word(kind, address + i)).includes(undefined)
  }
}

/** What a driver says of its instrument, for a stand-in of it. */
export interface StandIn {
  readonly options: { readonly unit: number }
  readonly registers: Registers
  readonly status?: readonly { readonly register: Register }[]
  readonly air: Air
  /** Words of registers that no point shows, by `holding 12`. */
  readonly holds?: Readonly<Record<string, number>> | undefined
}

/** A unit with the registers of a driver, in which the air is read. What a command has set stays as it was set. */
export function modbusPeer({ options, registers, status = [], air, holds = {} }: StandIn): SimulatedUnit {
  const quiet = Object.fromEntries(
    status.flatMap(({ register }) => placesOf(register).map((place) => [place, 0] as const)),
  )
  return new AirUnit(options.unit, { ...quiet, ...holds }, registers, air)
}

class AirUnit extends SimulatedUnit {
  #places = new Map<string, { point: string; entry: Register; index: number }[]>()
  #air: Air

  constructor(unit: number, words: Readonly<Record<string, number>>, registers: Registers, air: Air) {
    super(unit, words)
    this.#air = air
    for (const [point, entry] of Object.entries(registers)) {
      for (const [index, place] of placesOf(entry).entries()) {
        const there = this.#places.get(place) ?? []
        there.push({ point, entry, index })
        this.#places.set(place, there)
      }
    }
  }

  override word(kind: Kind, address: number): number | undefined {
    const set = super.word(kind, address)
    const there = this.#places.get(`${kind} ${address}`)
    if (set !== undefined || there === undefined) return set
    return there.reduce((word, { point, entry, index }) => word | this.#measured(point, entry, index), 0)
  }

  #measured(point: string, entry: Register, index: number): number {
    const value = this.#air(quantityOf(point))
    if (isBit(entry)) return value >= 0.5 ? 1 : 0
    if (entry.bit !== undefined)
      return value >= 0.5 && index === widthOf(entry) - 1 - (entry.bit >> 4) ? 1 << (entry.bit & 15) : 0
    try {
      return encode(point, entry, value).readUInt16BE(2 * index)
    } catch (error) {
      if (error instanceof RangeError) return 0 // no value that its register could hold
      throw error
    }
  }
}

/** What a point measures: `voltage` for `voltage-l1`. */
function quantityOf(point: string): string {
  const parts = point.split('-')
  for (let count = parts.length; count > 0; count--) {
    const name = parts.slice(0, count).join('-')
    if (isPoint(name)) return name
  }
  return point
}

function placesOf(entry: Register): string[] {
  return Array.from({ length: widthOf(entry) }, (_, i) => `${entry.function} ${entry.address + i}`)
}

class Refusal extends Error {
  readonly code: number

  constructor(code: number) {
    super(`exception ${code}`)
    this.code = code
  }
}
