/** Trajectories of SIMOC's own engine, where they are there: every recorded value of every preset and seed. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { columnName, compile, Run } from '../../engine/index.ts'
import { importSimoc } from './import.ts'
import { readLibrary } from './library.ts'

const FOLDER = fileURLToPath(new URL('../../../../../shared/reference/simoc', import.meta.url))
const PRESETS = ['1h', '1hrad', '4h', '4hg']
const SEEDS = [1000, 7]
const HEAD = ['preset', 'seed', 'steps', 'values', 'equal to the bit', 'worst relative', 'worst absolute']
const row = (cells: readonly unknown[]) =>
  cells.map((cell, i) => String(cell).padStart(HEAD[i]?.length ?? 0)).join('  ')
const RELATIVE = 1e-9
const ABSOLUTE = 1e-12
/** Below this an error is told as it is, and not as a part of next to nothing. */
const SMALL = 1e-6

interface Trajectory {
  readonly steps: number
  readonly every: number
  readonly step_num: number[]
  readonly agents: Record<
    string,
    { active: number[]; storage: Record<string, number[]>; cause_of_death: string | null }
  >
}

const read = (file: string) => {
  const bytes = readFileSync(join(FOLDER, file))
  return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString())
}

it('presets run as in the engine that they come from, value for value', {
  skip: existsSync(FOLDER) ? false : `the trajectories are not there: ${FOLDER}`,
}, (context) => {
  const library = readLibrary(FOLDER)
  context.diagnostic(row(HEAD))
  for (const preset of PRESETS) {
    for (const seed of SEEDS) {
      const model = importSimoc(read(`config_${preset}.json`), library, { seed })
      const { values, equal, absolute, relative } = compare(model, read(`trajectory_${preset}_seed${seed}.json.gz`))
      const cells = [preset, seed, model.steps, values, equal, relative.toExponential(1), absolute.toExponential(1)]
      context.diagnostic(row(cells))
    }
  }
})

function compare(model: Parameters<typeof compile>[0], expected: Trajectory) {
  const program = compile(model)
  const run = new Run(program, { every: expected.every })
  run.advance(Number.POSITIVE_INFINITY)
  const chunk = run.take()
  assert.ok(chunk)
  const { rows, steps, values } = chunk
  assert.deepEqual([...steps], expected.step_num)
  assert.equal(model.steps, expected.steps)
  const places = new Map(program.columns.map((column, c) => [columnName(column), c]))
  const found = { values: 0, equal: 0, absolute: 0, relative: 0 }
  for (const [id, { active, storage, cause_of_death }] of Object.entries(expected.agents)) {
    assert.equal(run.causes()[id], cause_of_death)
    const lists = { [`${id}.active`]: active, ...prefixed(`${id}.storage.`, storage) }
    for (const [name, list] of Object.entries(lists)) {
      const c = places.get(name)
      assert.ok(c !== undefined, `${name} is not recorded`)
      for (const [row, y] of list.entries()) {
        const x = values[c * rows + row] as number
        const error = Math.abs(x - y)
        found.values++
        found.absolute = Math.max(found.absolute, error)
        if (error === 0) found.equal++
        else if (Math.abs(y) >= SMALL) found.relative = Math.max(found.relative, error / Math.abs(y))
        assert.ok(error <= ABSOLUTE || error <= RELATIVE * Math.abs(y), `${name}, row ${row}: ${x}, not ${y}`)
      }
    }
  }
  return found
}

function prefixed<Value>(prefix: string, record: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [prefix + key, value]))
}
