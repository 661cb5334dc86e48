/** Which registers are read together. */
import type { Register, Registers } from './registers.ts'
import { widthOf } from './registers.ts'

/** A run of neighbours that is read with one request. */
export interface Block {
  readonly function: Register['function']
  readonly address: number
  /** Registers, or bits. */
  readonly count: number
  readonly points: readonly string[]
}

/** What a device lets itself be asked. */
export interface Limits {
  /** How many registers that nobody asked for may lie between two neighbours; some devices refuse them all. */
  readonly gap: number
  /** Registers in one request at most; 1 asks for each by itself, as some devices need it (telegraf#12071). */
  readonly block: number
}

/** A request for bits takes sixteen times as many as one for registers, and up to 2,000 (Modbus 1.1b3, 6.1). */
const BITS = 16

/** Neighbours of one function, read together. A block never mixes functions, nor cuts a value in two. */
export function planBlocks(registers: Registers, { gap, block: most }: Limits): Block[] {
  const sorted = Object.entries(registers).sort(
    ([, a], [, b]) => a.function.localeCompare(b.function) || a.address - b.address,
  )
  const blocks: { -readonly [key in keyof Block]: Block[key] }[] = []
  for (const [point, entry] of sorted) {
    const last = blocks.at(-1)
    const end = last === undefined ? 0 : last.address + last.count
    const until = entry.address + widthOf(entry)
    const room = most === 1 ? 1 : most * (entry.function === 'coil' || entry.function === 'discrete' ? BITS : 1)
    // two points may be of one register, as its bits are
    const within = last?.function === entry.function && until <= end
    const joins = last?.function === entry.function && entry.address <= end + gap && until - last.address <= room
    if (last !== undefined && (within || joins)) {
      last.count = Math.max(end, until) - last.address
      last.points = [...last.points, point]
    } else {
      blocks.push({ function: entry.function, address: entry.address, count: widthOf(entry), points: [point] })
    }
  }
  return blocks
}

/**
 * A block that the device refuses, in smaller ones: at its gaps where it has any, or else every value by itself.
 * @returns undefined where it cannot be split any further
 */
export function split(block: Block, registers: Registers): Block[] | undefined {
  const own = Object.fromEntries(block.points.map((point) => [point, registers[point] as Register]))
  const gapless = planBlocks(own, { gap: 0, block: Number.POSITIVE_INFINITY })
  if (gapless.length > 1) return gapless
  const single = planBlocks(own, { gap: 0, block: 1 })
  return single.length > 1 ? single : undefined
}
