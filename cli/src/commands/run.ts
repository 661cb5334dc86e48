/**
 * `habtwin run`: a scenario from its beginning to its end, and its records in a file.
 *
 *   file or preset ─► model ─► drive ─► records ─► file
 *                                 └──► progress, summary
 */
import { type Change, HabtwinError, isHabtwinError } from '@habtwin/contract'
import { type Model, summarize } from '@habtwin/sim-core/engine/index'
import { isObject, readLibrary, resolve } from '@habtwin/sim-core/scenario/index'
import { isSimoc } from '@habtwin/sim-core/scenario/simoc/import'
import type { RecordsFile } from '../run/arguments.ts'
import { Drive } from '../run/drive.ts'
import { Output } from '../run/output.ts'
import { Progress } from '../run/progress.ts'
import { textOf } from '../run/records.ts'
import { checkRoom } from '../run/room.ts'
import { scenarioIn } from '../run/scenario.ts'
import { tell } from '../run/tell.ts'
import { bytes, whole } from '../run/words.ts'
import { untilStopped } from '../stop.ts'
import { version } from '../version.ts'

export interface RunOptions {
  readonly library?: string
  readonly seed?: number
  readonly steps?: number
  readonly every: number
  readonly out?: RecordsFile
  readonly json?: boolean
  readonly change?: readonly Change[]
}

/** As a shell says of a process that Ctrl-C has ended. */
const STOPPED = 130

export async function run(config: string, options: RunOptions): Promise<number> {
  const { out, every, change = [] } = options
  const stop = untilStopped()
  const { model, drive } = begin(config, options, out ? every : Number.MAX_SAFE_INTEGER, change)
  const { seed, steps } = model
  const began = performance.now()
  let [took, rows] = [0, 0]
  const written = await (async () => {
    await using output = out && (await Output.begin(out.file))
    if (out) checkRoom({ ...out, steps, every, columns: drive.simulation.columns.length })
    using progress = process.stderr.isTTY && !options.json ? new Progress(steps, model.dt) : undefined
    const chunks = counted(
      drive.run(stop, (step) => {
        took = (performance.now() - began) / 1000
        progress?.step(step)
      }),
      (kept) => {
        rows += kept
      },
    )
    if (output && out) return await output.write(textOf(drive, chunks, { format: out.format, model, seed, every }))
    for await (const _ of chunks); // nothing is kept
    return 0
  })()
  const { simulation, stopped } = drive
  const summary = summarize(simulation.program, simulation.state())
  const columns = simulation.columns.length
  if (options.json) {
    const file = out ? { file: out.file, rows, columns, bytes: written } : null
    const about = { scenario: model.label, rule: model.rule, seed, version, stopped, seconds: Number(took.toFixed(3)) }
    process.stdout.write(`${JSON.stringify({ ...about, ...summary, out: file })}\n`)
  } else {
    process.stdout.write(`${tell({ name: config, model, changes: change.length, summary, steps, took })}\n`)
    const kept = `${whole(rows)} steps × ${columns} columns, ${bytes(written)}`
    if (out) process.stdout.write(`\n${stopped ? 'What was run is in' : 'Records in'} ${out.file}: ${kept}\n`)
  }
  return stopped ? STOPPED : 0
}

/** From what was given to what can be run. @throws HabtwinError with every fault on a line of its own */
function begin(
  config: string,
  { library, seed, steps }: RunOptions,
  every: number,
  changes: readonly Change[],
): { model: Model; drive: Drive } {
  try {
    const scenario = scenarioIn(config)
    if (library === undefined && isObject(scenario) && isSimoc(scenario)) {
      throw new HabtwinError('scenario/library', `${config} is a SIMOC configuration and needs its library`)
    }
    const model = resolve(scenario, { library: library === undefined ? undefined : readLibrary(library), seed, steps })
    return { model, drive: new Drive(model, { changes, seed: model.seed, steps: model.steps, every }) }
  } catch (error) {
    if (!isHabtwinError(error, 'scenario/invalid')) throw error
    const faults = error.message.split('\n').map((fault) => `  ${fault.replace(/^: /, '')}`)
    throw new HabtwinError('scenario/invalid', [`${config} cannot be run:`, ...faults].join('\n'), { cause: error })
  }
}

/** The same, told how many rows go by. */
async function* counted<T extends { readonly rows: number }>(
  chunks: AsyncIterable<T>,
  tell: (rows: number) => void,
): AsyncGenerator<T> {
  for await (const chunk of chunks) {
    tell(chunk.rows)
    yield chunk
  }
}
