/**
 * `habtwin backtest`: how good the forecasts of a recording would have been.
 *
 *   CSV ─► rows ─► readings ─► grid of steps ─► forecaster, baselines ─► scores ─► table or JSON
 */
import { HabtwinError } from '@habtwin/contract'
import { type Report, backtest as score } from '@habtwin/sim-core/twin/backtest/backtest'
import { type Grid, toGrid } from '@habtwin/sim-core/twin/backtest/grid'
import { type BacktestConfig, readConfig } from '../backtest/config.ts'
import { Progress } from '../backtest/progress.ts'
import { readRecording } from '../backtest/read.ts'
import { tell } from '../backtest/tell.ts'

export interface BacktestCommand {
  readonly config: string
  readonly train?: string
  readonly horizons: readonly number[]
  readonly score: 'half' | 'all'
  readonly json?: boolean
}

/** Share of a horizon by which the nearest whole number of steps may differ from it. */
const OFF = 0.02
/** Steps after which other work, such as Ctrl-C, gets its turn. */
const BREATH = 500

export async function backtest(file: string, options: BacktestCommand): Promise<number> {
  const began = performance.now()
  const config = readConfig(options.config)
  const notes = [...config.notes]
  const { grid, rows } = await load(file, config, notes)
  const train = options.train === undefined ? undefined : (await load(options.train, config, notes, grid.step)).grid
  const from = options.score === 'all' ? 0 : Math.floor(grid.length / 2)
  const horizons = possible(options.horizons, grid, from, notes)
  if (horizons.length === 0) throw tooLittle(file, grid, options.horizons)
  const report = await run(grid, { horizons, from, train }, process.stderr.isTTY && !options.json)
  const scored = scoredOnly(report, notes)
  if (Object.values(scored).every((lines) => Object.keys(lines).length === 0)) {
    throw tooLittle(file, grid, options.horizons)
  }
  for (const note of notes) process.stderr.write(`${note}\n`)
  const seconds = Number(((performance.now() - began) / 1_000).toFixed(2))
  const at = (k: number) => new Date(grid.start + k * grid.step * 60_000).toISOString()
  if (options.json) {
    const about = { zone: config.zone, rows, step: grid.step, from: at(0), to: at(grid.length - 1), scored: at(from) }
    process.stdout.write(`${JSON.stringify({ series: scored, ...about, notes, seconds })}\n`)
    return 0
  }
  const said = `${rows} rows of ${file}, a step of ${Number(grid.step.toFixed(2))} min; scored are forecasts made from ${at(from)} on (${seconds} s)`
  process.stdout.write(`${said}\n\n${tell(scored)}\n`)
  return 0
}

async function load(
  file: string,
  config: BacktestConfig,
  notes: string[],
  step?: number,
): Promise<{ grid: Grid; rows: number }> {
  const { recording, rows, remarks } = await readRecording(file, config)
  notes.push(...remarks.map((text) => `${file}: ${text}`))
  if (new Set(recording.times).size < 2) {
    throw new HabtwinError('backtest/data', `${file} has readings of one moment only`, { where: file })
  }
  const grid = toGrid(recording, step)
  notes.push(...grid.remarks.map(({ count, text }) => `${file}: ${count} ${text}`))
  return { grid, rows }
}

/** Horizons that are a whole number of steps, and not longer than what is scored. */
function possible(horizons: readonly number[], grid: Grid, from: number, notes: string[]): number[] {
  return horizons.filter((minutes) => {
    const steps = Math.round(minutes / grid.step)
    const real = Number((steps * grid.step).toFixed(2))
    const step = Number(grid.step.toFixed(2))
    if (Math.abs(real / minutes - 1) > OFF)
      notes.push(`${minutes} min left out: not a whole number of steps of ${step} min`)
    else if (steps >= grid.length - from) notes.push(`${minutes} min left out: longer than what is scored`)
    else {
      if (real !== minutes) notes.push(`${minutes} min: ${steps} steps of ${step} min are ${real} min`)
      return true
    }
    return false
  })
}

/** Without the lines in which nothing could be compared. */
function scoredOnly(report: Report, notes: string[]): Report {
  return Object.fromEntries(
    Object.entries(report).map(([point, lines]) => [
      point,
      Object.fromEntries(
        Object.entries(lines).filter(([minutes, { n }]) => {
          if (n === 0) notes.push(`${point} at ${minutes} min left out: no reading came that far after another`)
          return n > 0
        }),
      ),
    ]),
  )
}

function tooLittle(file: string, grid: Grid, horizons: readonly number[]): HabtwinError {
  const span = Number(((grid.length - 1) * grid.step).toFixed(1))
  const what = `${file} spans ${span} min in steps of ${Number(grid.step.toFixed(2))} min: no forecast of ${horizons.join(', ')} min can be scored`
  return new HabtwinError('backtest/data', what, { where: file })
}

async function run(grid: Grid, options: Parameters<typeof score>[1], isSeen: boolean | undefined): Promise<Report> {
  using progress = isSeen ? new Progress(grid.length + (options.train?.length ?? 0)) : undefined
  const steps = score(grid, options)
  for (let told = 0; ; ) {
    const { done, value } = steps.next()
    if (done) return value
    progress?.step(value)
    if (value - told < BREATH) continue
    told = value
    await new Promise((resolve) => setImmediate(resolve))
  }
}
