/**
 * Rows of results as bytes. Columns go in groups, each compressed by itself, so that a few columns can be read without
 * the others:
 *
 *   block 0        the steps of the rows
 *   block 1, 2 …   GROUP columns each, one after the other, as little-endian doubles
 */
import { fold, unfold } from '../store/compress.ts'

/** Columns of a block. */
export const GROUP = 32

/** Rows, column by column: `Chunk` of the engine is one. */
export interface Rows {
  readonly rows: number
  readonly steps: Float64Array
  readonly values: Float64Array
}

export function packRows({ rows, steps, values }: Rows): Uint8Array[] {
  const blocks = [fold(bytesOf(steps))]
  for (let at = 0; at < values.length; at += GROUP * rows) {
    blocks.push(fold(bytesOf(values.subarray(at, at + GROUP * rows))))
  }
  return blocks
}

/** The figures of a block. Throws where the bytes are damaged. */
export function unpackBlock(block: Uint8Array): Float64Array {
  const bytes = unfold(block)
  // what was not compressed may lie anywhere in its buffer, and doubles must be aligned
  return bytes.byteOffset % 8 === 0
    ? new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8)
    : new Float64Array(bytes.slice().buffer)
}

function bytesOf(figures: Float64Array): Uint8Array {
  return new Uint8Array(figures.buffer, figures.byteOffset, figures.byteLength)
}
