/**
 * Reads the registers of a unit, block by block, and finds its own way where the unit refuses one:
 *
 *   a block is refused ─► asked again in parts: at its gaps, or each value by itself; they stay parted from then on
 *   one value is refused ─► that point is bad, the others are not; it is tried again after a minute
 *
 * (ioBroker.modbus#581 and telegraf#16873: devices that refuse gaps, or requests of many registers.)
 */
import { isHabtwinError } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import { type Block, type Limits, planBlocks, split } from './blocks.ts'
import { exceptionOf } from './bus.ts'
import { isBit, type Register, type Registers, widthOf } from './registers.ts'
import type { Unit } from './unit.ts'
import { decode, rawValue } from './values.ts'

/** ms until a value that was refused is asked for again. */
const AGAIN = 60_000

/**
 * Exceptions that speak of the registers, not of the whole device: illegal function, address and value, and failure,
 * which some answer to a gap (Modbus Application Protocol 1.1b3, 7).
 */
const OF_REGISTERS = new Set([1, 2, 3, 4])

const FAILURE = 4

/** What one reading gave. */
export interface Reading {
  readonly values: Record<string, number | null>
  /** Point → `bad:<why>`. */
  readonly quality: Record<string, string>
  /** Point → what its registers hold, before scale and unit. */
  readonly raw: Record<string, number>
}

interface Planned {
  readonly block: Block
  /**
   * No answer came to it, and its gaps may be why: `apart` reads it once without them, `trial` once more with them,
   * and where that fails again it is parted for good.
   */
  readonly doubt?: 'apart' | 'trial'
  /** One value that was refused: when it may be asked again, monotonic ms, and what was answered. */
  readonly refused?: { readonly until: number; readonly error: unknown }
}

export class RegisterReader {
  #unit: Unit
  #registers: Registers
  #clock: Clock
  #plan: readonly Planned[]

  constructor(unit: Unit, registers: Registers, limits: Limits, clock: Clock) {
    this.#unit = unit
    this.#registers = registers
    this.#clock = clock
    this.#plan = planBlocks(registers, limits).map((block) => ({ block }))
  }

  /** The blocks as they are read at present. */
  get blocks(): Block[] {
    return this.#plan.map(({ block }) => block)
  }

  /** Throws a `device/*` error where not one value could be read. */
  async read(signal: AbortSignal): Promise<Reading> {
    const reading: Reading = { values: {}, quality: {}, raw: {} }
    const plan: Planned[] = []
    const left = [...this.#plan]
    try {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        try {
          plan.push(...(await this.#readBlock(next, reading, signal)))
        } catch (error) {
          plan.push(...this.#doubted(next, error))
          throw error
        }
      }
    } finally {
      this.#plan = [...plan, ...left]
    }
    const refused = this.#plan.find((planned) => planned.refused !== undefined)?.refused
    if (refused !== undefined && Object.keys(reading.raw).length === 0) throw refused.error
    return reading
  }

  /** One point, by itself. */
  async readOne(point: string, signal: AbortSignal): Promise<number | null> {
    const entry = this.#registers[point] as Register
    const block: Block = { function: entry.function, address: entry.address, count: widthOf(entry), points: [point] }
    return valueIn(point, entry, block, await this.#unit.read(block, signal)).value
  }

  /** @returns how it is to be read from now on */
  async #readBlock(planned: Planned, reading: Reading, signal: AbortSignal): Promise<Planned[]> {
    const { block, refused, doubt } = planned
    if (refused !== undefined && refused.until > this.#clock.mono()) {
      markBad(block, refused.error, reading)
      return [planned]
    }
    if (doubt === 'apart') {
      for (const part of this.#apart(block)) await this.#readBlock({ block: part }, reading, signal)
      return [{ block, doubt: 'trial' }]
    }
    let answer: Buffer
    try {
      answer = await this.#unit.read(block, signal)
    } catch (error) {
      if (!OF_REGISTERS.has(exceptionOf(error) ?? 0)) throw error
      return this.#refused(block, error, reading, signal)
    }
    for (const point of block.points) {
      const { value, raw } = valueIn(point, this.#registers[point] as Register, block, answer)
      reading.values[point] = value
      reading.raw[point] = raw
    }
    return [{ block }]
  }

  async #refused(block: Block, error: unknown, reading: Reading, signal: AbortSignal): Promise<Planned[]> {
    const parts = split(block, this.#registers)
    if (parts === undefined) {
      markBad(block, error, reading)
      // a failure passes, a register that is not there does not come
      const again = exceptionOf(error) === FAILURE ? 0 : AGAIN
      return [{ block, refused: { until: this.#clock.mono() + again, error } }]
    }
    const plan: Planned[] = []
    for (const part of parts) plan.push(...(await this.#readBlock({ block: part }, reading, signal)))
    return plan
  }

  /** What is made of a block to which no answer came. */
  #doubted(planned: Planned, error: unknown): Planned[] {
    const { block, doubt } = planned
    const parts = this.#apart(block)
    if (parts.length === 1 || !isHabtwinError(error, 'device/timeout')) return [planned]
    if (doubt === 'trial') return parts.map((part) => ({ block: part }))
    return [doubt === 'apart' ? { block } : { block, doubt: 'apart' }]
  }

  /** The block without the registers that nobody asked for. */
  #apart(block: Block): Block[] {
    const own = Object.fromEntries(block.points.map((point) => [point, this.#registers[point] as Register]))
    return planBlocks(own, { gap: 0, block: block.count })
  }
}

function markBad(block: Block, error: unknown, reading: Reading): void {
  for (const point of block.points) {
    reading.values[point] = null
    reading.quality[point] = `bad:exception-${exceptionOf(error)}`
  }
}

/** The value of one point out of the answer to its block. */
function valueIn(point: string, entry: Register, block: Block, answer: Buffer): { value: number | null; raw: number } {
  const from = entry.address - block.address
  if (isBit(entry)) {
    // bits come eight to a byte, the lowest first (Modbus Application Protocol 1.1b3, 6.1)
    const raw = ((answer[from >> 3] ?? 0) >> (from & 7)) & 1
    return { value: raw, raw }
  }
  const bytes = answer.subarray(2 * from, 2 * (from + widthOf(entry)))
  return { value: decode(point, entry, bytes), raw: rawValue(entry, bytes) }
}
