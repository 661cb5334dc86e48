/** Whether what a run keeps will fit: known before it begins, and not after a night. */
import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { HabtwinError } from '@habtwin/contract'
import type { Format } from './arguments.ts'
import { bytes, whole } from './words.ts'

/** Bytes of a value as text, with its comma, at the least: most runs have many zeros and whole numbers. */
const TEXT = 6
/** NDJSON names each value. */
const NAMED = 30

export interface Kept {
  readonly format: Format
  readonly file: string
  readonly steps: number
  readonly every: number
  readonly columns: number
}

/** @throws HabtwinError run/too-large, with the figures, and how to keep fewer */
export function checkRoom(kept: Kept): void {
  const { format, file, steps, every, columns } = kept
  const values = (n: number) => Math.ceil(steps / n) * columns
  const { bavail, bsize } = statfsSync(dirname(file))
  const disk = bavail * bsize
  // whole columns are held until the end; half is left for everything else
  const memory = process.availableMemory() / 2
  const one = format === 'ndjson' ? NAMED : TEXT
  const most = Math.min(disk / one, format === 'json' ? memory / 8 : Number.POSITIVE_INFINITY)
  if (values(every) <= most) return
  const isDisk = disk / one <= most
  const needs = isDisk
    ? `${bytes(values(every) * one)} of disk, and there are ${bytes(disk)}`
    : `${bytes(values(every) * 8)} of memory, and there are ${bytes(memory)}`
  const fitting = roundUp((steps * columns) / most)
  throw new HabtwinError(
    'run/too-large',
    `${whole(steps)} steps with ${columns} values each, every ${every === 1 ? 'step' : `${whole(every)} steps`} kept, ` +
      `need at least ${needs}: --every ${fitting} would fit`,
  )
}

/** A whole number of two digits and zeros, not below a figure. */
function roundUp(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1)
  return Math.ceil((value * 1.1) / unit) * unit
}
