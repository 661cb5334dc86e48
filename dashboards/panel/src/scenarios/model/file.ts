/** Runs from files: what `habtwin run --out x.json` wrote, or the results of a job that were downloaded. */
import type { EnsembleRecord, RunRecord } from '@habtwin/contract/scenario'

export type Loaded =
  | { readonly kind: 'run'; readonly record: RunRecord }
  | { readonly kind: 'ensemble'; readonly record: EnsembleRecord }

/** A file that is no run, in words for the person who chose it. */
export class BadFile extends Error {
  override readonly name = 'BadFile'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Figures of every row; JSON has null for what is no number. */
function isFigures(value: unknown, rows: number): boolean {
  return Array.isArray(value) && value.length === rows && value.every((one) => one === null || typeof one === 'number')
}

function needFigures(value: unknown, rows: number, where: string): void {
  if (isFigures(value, rows)) return
  const length = Array.isArray(value) ? `has ${value.length} rows, or something in it is no number` : 'is no list'
  throw new BadFile(`“${where}” should have ${rows} numbers, one a step, but ${length}.`)
}

function stepsIn(file: Record<string, unknown>): number {
  const { step_num: steps } = file
  if (!Array.isArray(steps)) {
    throw new BadFile(
      'It has no “step_num”, which each run that habtwin saves begins with. Was it saved by another program?',
    )
  }
  if (steps.length === 0) throw new BadFile('It has no steps: the run was ended before its first.')
  if (!steps.every((step, i) => Number.isFinite(step) && (i === 0 || step > steps[i - 1]))) {
    throw new BadFile('The steps in “step_num” are not numbers that rise.')
  }
  return steps.length
}

function checkAgent(agent: unknown, rows: number, where: string): void {
  if (!isObject(agent)) throw new BadFile(`“${where}” is no agent.`)
  const { active, storage = {}, attributes = {}, flows = {} } = agent
  // a result that was asked for by columns leaves the others out
  if (active !== undefined && !(Array.isArray(active) && active.length === 0))
    needFigures(active, rows, `${where}.active`)
  for (const [key, group] of Object.entries({ storage, attributes })) {
    if (!isObject(group)) throw new BadFile(`“${where}.${key}” should hold lists of numbers by name.`)
    for (const [name, figures] of Object.entries(group)) needFigures(figures, rows, `${where}.${key}.${name}`)
  }
  if (!isObject(flows)) throw new BadFile(`“${where}.flows” should have “in” and “out”.`)
  for (const direction of ['in', 'out']) {
    for (const [name, connections] of Object.entries(flows[direction] ?? {})) {
      if (!isObject(connections)) throw new BadFile(`“${where}.flows.${direction}.${name}” should name connections.`)
      for (const [to, figures] of Object.entries(connections)) {
        needFigures(figures, rows, `${where}.flows.${direction}.${name}.${to}`)
      }
    }
  }
}

function checkPoints(points: unknown, quantiles: unknown, rows: number): void {
  if (!Array.isArray(quantiles) || !Array.isArray(points) || points.length === 0) {
    throw new BadFile('It has neither “agents”, as a run has, nor “quantiles” and “points”, as several runs have.')
  }
  for (const [i, point] of points.entries()) {
    if (!isObject(point) || !isObject(point.columns)) throw new BadFile(`“points[${i}]” has no “columns”.`)
    for (const [name, lines] of Object.entries(point.columns)) {
      if (!Array.isArray(lines) || lines.length !== quantiles.length) {
        throw new BadFile(`“points[${i}].columns.${name}” should have a list for each quantile.`)
      }
      for (const line of lines) needFigures(line, rows, `points[${i}].columns.${name}`)
    }
  }
}

/** The run in the text of a file. Throws a BadFile with words that say what is wrong, and where. */
export function readRun(text: string): Loaded {
  if (text.trim() === '') throw new BadFile('It is empty.')
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch (error) {
    const csv = /^[\w.]+(,[\w.]+)+\s/.test(text) ? ' It looks like CSV; the page reads the JSON of the same run.' : ''
    const lines = /^\{.*\}\s*\n\s*\{/.test(text)
      ? ' It looks like NDJSON; the page reads the JSON of the same run.'
      : ''
    const reason = error instanceof Error ? ` (${error.message})` : ''
    throw new BadFile(`It is not JSON, or was cut off${reason}.${csv}${lines}`)
  }
  if (!isObject(file)) throw new BadFile('It is JSON, but no run: a run is an object with “step_num” and “agents”.')
  const rows = stepsIn(file)
  if (!isObject(file.agents)) {
    checkPoints(file.points, file.quantiles, rows)
    return { kind: 'ensemble', record: file as unknown as EnsembleRecord }
  }
  if (Object.keys(file.agents).length === 0) throw new BadFile('It has no agents.')
  for (const [id, agent] of Object.entries(file.agents)) checkAgent(agent, rows, `agents.${id}`)
  return { kind: 'run', record: file as unknown as RunRecord }
}
