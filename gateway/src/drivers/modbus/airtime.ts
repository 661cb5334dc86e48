/** How long a reading keeps a serial line: what the bytes take, the silences, and the time that units need to answer. */
import { bitsPerByte, type SerialSettings } from '../serial/port.ts'
import type { Block } from './blocks.ts'
import { isBit } from './registers.ts'
import { frameGap } from './rtu.ts'

/** Unit, function, address, count, check; and what is around the data of an answer. */
const REQUEST = 8
const ANSWER = 5

export interface Timing {
  readonly settings: SerialSettings
  /** ms between an answer and the next request, beyond the silence. */
  readonly turnaround: number
}

/** ms that one request and its answer keep the line, at the least: a unit that answers as soon as it may. */
export function exchangeTime({ settings, turnaround }: Timing, block: Pick<Block, 'function' | 'count'>): number {
  const data = isBit(block) ? Math.ceil(block.count / 8) : 2 * block.count
  const byte = (bitsPerByte(settings) * 1_000) / settings.baud
  const gap = frameGap(settings.baud)
  return (REQUEST + ANSWER + data) * byte + gap + Math.max(gap, turnaround)
}

/** ms that the blocks of one reading keep the line. `pause` is what the unit asks for between two of them. */
export function readingTime(line: Timing, blocks: readonly Block[], pause: number): number {
  const more = Math.max(0, pause - Math.max(frameGap(line.settings.baud), line.turnaround))
  return blocks.reduce((sum, block) => sum + exchangeTime(line, block), 0) + more * (blocks.length - 1)
}
