/** Checks a request and resolves it, in a thread: a scenario that takes long to read does not hold up the process. */
import type { Change, JobRequest, Sweep } from '@habtwin/contract'
import { HabtwinError } from '@habtwin/contract/errors'
import { applyChanges, invalid, type Model, type RunState, Simulation } from '../engine/index.ts'
import { isObject, libraryOf, readLibrary, resolve } from '../scenario/index.ts'
import { isSimoc } from '../scenario/simoc/import.ts'
import { begin, rowsBetween, savedState } from './execute.ts'
import { type Accepted, type EnsembleInput, type JobInput, QUANTILES } from './runner.ts'
import { reseeded } from './slab.ts'

/** What one job may ask for. */
export interface JobLimits {
  /** Values that are kept of it. */
  readonly values: number
  /** Steps over all runs. */
  readonly steps: number
}

/** Bytes that the figures and states of all runs of a point may take, at one row of results. */
const MEMORY = 128e6
/** Of a state beside its figures: the generator. */
const GENERATOR = 2_600
const MOST_RUNS = 100_000

/** An earlier job that another begins from. */
export interface Earlier {
  readonly input: JobInput
  /** At its end. */
  readonly saved: Uint8Array
  readonly scenario: string
}

export interface IntakeTask {
  readonly request: JobRequest
  readonly earlier: Earlier | undefined
  /** Folder of the library that SIMOC configurations refer to. */
  readonly library: string | undefined
  readonly limits: JobLimits
}

/**
 * The job of a request.
 * @throws HabtwinError scenario/invalid with the path of every fault, scenario/library, job/too-large
 */
export async function accept({ request, earlier, library, limits }: IntakeTask): Promise<Accepted> {
  const { changes = [], every = 1 } = request
  if (request.steps !== undefined) tooManySteps(request.steps, limits)
  const { model, from, scenario } = earlier ? goingOn(earlier, request) : fromScratch(request, library)
  const origin = from?.step ?? 0
  const steps = origin + (request.steps ?? model.steps)
  const seed = request.seed ?? model.seed
  const start = request.seed === undefined ? from : reseeded(from, seed)
  const plain: JobInput = { model, seed, steps, every, changes, from: start, origin, ensemble: undefined }
  tooManySteps(steps - origin, limits)
  const { program, columns } = new Simulation(model, { changes, origin, steps, every, ...(start && { from: start }) })
  const ensemble =
    request.ensemble && ensembleOf(request, applyFirst(model, changes), columns.length, program.layout.size)
  const points = ensemble?.points.length ?? 1
  const runs = (ensemble?.seeds ?? 1) * points
  tooManySteps((steps - origin) * runs, limits)
  const rows = rowsBetween(origin, steps, every) + (steps % every === 0 ? 0 : 1)
  const values = columns.length * rows * (ensemble ? QUANTILES.length * points : 1)
  if (values > limits.values) {
    const fits = Math.ceil((values / limits.values) * every)
    const figures = `${number(values)} values would be kept, and ${number(limits.values)} may be`
    throw new HabtwinError('job/too-large', `steps: ${figures}; with every: ${fits} it fits`, { where: 'steps' })
  }
  return { input: { ...plain, ensemble }, columns, steps: (steps - origin) * runs, runs, scenario }
}

interface Begin {
  readonly model: Model
  readonly from: RunState | undefined
  readonly scenario: string
}

function fromScratch({ scenario, library: own, seed, steps }: JobRequest, folder: string | undefined): Begin {
  if (scenario === undefined)
    throw invalid([{ path: 'scenario', what: 'give a scenario, or an earlier job or the live habitat in `from`' }])
  const given = own && libraryOf(own.agent_desc, own.currency_desc)
  const library = given ?? (folder === undefined ? undefined : readLibrary(folder))
  if (library === undefined && isObject(scenario) && isSimoc(scenario)) {
    const what = 'a SIMOC configuration needs its agent_desc and currency_desc, here or in the folder `jobs.library`'
    throw invalid([{ path: 'library', what }])
  }
  const model = resolve(scenario, { library, seed, steps })
  return { model, from: undefined, scenario: typeof scenario === 'string' ? scenario : model.label }
}

/** The model that an earlier job ended with, and its state. */
function goingOn({ input, saved, scenario }: Earlier, { scenario: other }: JobRequest): Begin {
  if (other !== undefined) throw invalid([{ path: 'scenario', what: 'an earlier job is given already, in `from`' }])
  return { model: begin(input, saved).program.model, from: savedState(saved), scenario }
}

function applyFirst(model: Model, changes: readonly Change[]): Model {
  return applyChanges(
    model,
    changes.filter(({ at = 0 }) => at === 0),
  )
}

function ensembleOf({ ensemble }: JobRequest, model: Model, columns: number, figures: number): EnsembleInput {
  const { seeds = 1, sweep = [] } = ensemble ?? {}
  const points = sweep.reduce((count, { values }) => count * values.length, 1)
  if (points * seeds > MOST_RUNS) {
    const what = `ensemble: ${number(points * seeds)} runs; there may be ${number(MOST_RUNS)}`
    throw new HabtwinError('job/too-large', what, { where: 'ensemble' })
  }
  const most = Math.floor(MEMORY / ((columns + figures) * 8 + GENERATOR))
  if (seeds > most) {
    const what = `ensemble.seeds: ${number(seeds)} runs of this scenario do not fit side by side; ${number(most)} do`
    throw new HabtwinError('job/too-large', what, { where: 'ensemble.seeds' })
  }
  for (const [i, one] of sweep.entries()) {
    for (const [j, value] of one.values.entries()) {
      applyChanges(model, [changeOf(one, value)], () => `ensemble.sweep[${i}].values[${j}]`)
    }
  }
  const grid = sweep.reduce<EnsembleInput['points']>(
    (before, one) =>
      before.flatMap(({ at, changes }) =>
        one.values.map((value) => ({
          at: { ...at, [`${one.agent}.${one.what}`]: value },
          changes: [...changes, changeOf(one, value)],
        })),
      ),
    [{ at: {}, changes: [] }],
  )
  return { seeds, points: grid, columns, figures }
}

function changeOf({ agent, what }: Sweep, value: Sweep['values'][number]): Change {
  const [key, currency] = what.split('.') as ['amount' | 'rate' | 'storage', string | undefined]
  return currency === undefined ? { agent, [key]: value } : { agent, storage: { [currency]: value } }
}

function tooManySteps(steps: number, limits: JobLimits): void {
  if (steps <= limits.steps) return
  const what = `steps: ${number(steps)} would be run, and ${number(limits.steps)} may be`
  throw new HabtwinError('job/too-large', what, { where: 'steps' })
}

const number = (value: number) => value.toLocaleString('en')
