/** `habtwin export`: what was stored, as a tidy table: one row a value, with its unit and quality. */
import { createWriteStream, existsSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { HabtwinError, messageOf, ucum } from '@habtwin/contract'
import { dataFolder } from '@habtwin/runtime'
import { type ExportChunk, type ExportRow, readAll } from '@habtwin/sim-core/store/export'
import { SingleBar } from 'cli-progress'

export interface ExportOptions {
  readonly data: string
  readonly out?: string
  readonly format: 'csv' | 'ndjson'
  readonly from?: string
  readonly to?: string
  readonly device?: readonly string[]
  readonly point?: readonly string[]
}

const HEADER = 'time,zone,device,point,value,unit,quality\n'

export async function exportReadings(options: ExportOptions): Promise<undefined> {
  const { sim } = dataFolder(options.data)
  if (!existsSync(join(sim, 'store.db'))) {
    throw new HabtwinError('data/unusable', `there is no store in ${sim}: nothing was recorded there yet`, {
      where: sim,
    })
  }
  const from = moment(options.from, '--from')
  const to = moment(options.to, '--to')
  const chunks = readAll(sim, {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(options.device === undefined ? {} : { devices: options.device }),
    ...(options.point === undefined ? {} : { points: options.point }),
  })
  const line = options.format === 'csv' ? csvLine : jsonLine
  const bar = progress(options.out)
  let rows = 0
  function* text(): Iterable<string> {
    if (options.format === 'csv') yield HEADER
    for (const chunk of chunks) {
      yield chunk.rows.map((row) => line(chunk, row)).join('')
      rows += chunk.rows.length
      bar?.update(Math.round(chunk.done * 100), { rows })
    }
  }
  try {
    const out = options.out === undefined ? process.stdout : createWriteStream(options.out)
    await pipeline(Readable.from(text()), out, { end: options.out !== undefined })
  } catch (error) {
    throw new HabtwinError('data/unusable', `the export cannot be written: ${messageOf(error)}`, { cause: error })
  } finally {
    bar?.stop()
  }
  process.stderr.write(`${rows} values${options.out === undefined ? '' : ` in ${options.out}`}\n`)
}

function csvLine({ device, point, unit }: ExportChunk, { t, value, quality, zone }: ExportRow): string {
  // ids and units hold neither comma nor quote
  return `${new Date(t).toISOString()},${zone ?? ''},${device},${point},${value ?? ''},${ucum(unit)},${quality ?? 'good'}\n`
}

function jsonLine({ device, point, unit }: ExportChunk, { t, value, quality, zone }: ExportRow): string {
  return `${JSON.stringify({ t, zone, device, point, value, unit, quality: quality ?? 'good' })}\n`
}

/** A bar on the terminal; none where its lines would get between the rows, or into a log. */
function progress(out: string | undefined): SingleBar | undefined {
  if (!process.stderr.isTTY || (out === undefined && process.stdout.isTTY)) return undefined
  const bar = new SingleBar({
    format: 'export {bar} {percentage} %  {rows} values',
    stream: process.stderr,
    hideCursor: true,
  })
  bar.start(100, 0, { rows: 0 })
  return bar
}

/** A moment as ISO 8601 or ms since the epoch. */
function moment(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined
  const t = /^-?\d{5,}$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isNaN(t))
    throw new HabtwinError('request/invalid', `${option} ${text} is no moment; write for example 2026-11-20T07:00:00Z`)
  return t
}
