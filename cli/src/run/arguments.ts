/** What stands behind the options of `habtwin run`. Imports nothing that would make every command start later. */
import { extname } from 'node:path'
import type { Change } from '@habtwin/contract'
import { InvalidArgumentError } from 'commander'

const formats = ['json', 'ndjson', 'csv'] as const
export type Format = (typeof formats)[number]

export interface RecordsFile {
  readonly file: string
  readonly format: Format
}

export function recordsFile(file: string): RecordsFile {
  const format = formats.find((format) => extname(file).toLowerCase() === `.${format}`)
  if (format !== undefined) return { file, format }
  throw new InvalidArgumentError('Its name must end in .json, .ndjson or .csv.')
}

export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    const upTo = most < Number.MAX_SAFE_INTEGER ? ` and at most ${most}` : ''
    throw new InvalidArgumentError(`It is a whole number, at least ${least}${upTo}.`)
  }
}

/** who, what, the figure, from when on */
const CHANGE =
  /^(.+)\.(?:(amount|rate)|storage\.([^.=]+))=(\d+(?:\.\d+)?|[+-]\d+(?:\.\d+)? ?%?)(?:@(\d+(?:\.\d+)?) ?([hd])?)?$/

/** Adds a change to those before it: `human.amount=+2`, `*_lamp.rate=-20%@48h`. */
export function addChange(text: string, before: readonly Change[] = []): Change[] {
  const [, agent, what, currency, written, at, unit] = CHANGE.exec(text) ?? []
  if (agent === undefined || written === undefined) {
    throw new InvalidArgumentError(
      'Write AGENT.amount=6, AGENT.rate=-20% or AGENT.storage.CURRENCY=+100; behind it @48h or @2d for later.',
    )
  }
  const figure = /^\d/.test(written) ? Number(written) : written
  return [
    ...before,
    {
      agent,
      ...(currency !== undefined && { storage: { [currency]: figure } }),
      ...(what !== undefined && { [what]: figure }),
      ...(at !== undefined && { at: Number(at) * (unit === 'd' ? 24 : 1) }),
    },
  ]
}
