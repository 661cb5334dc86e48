/**
 * The scenario engine on one thread, all records kept: steps/s per preset, whether the cost grows with anything but
 * the number of agents, and the ratio to SIMOC's own engine where a Python with it is present.
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { compile, type Model, Run } from '../sim-core/src/engine/index.ts'
import { presets, readLibrary, resolve } from '../sim-core/src/scenario/index.ts'
import { type Bench, type Figure, type Outcome, round } from './support/bench.ts'
import { median } from './support/statistics.ts'

/** SIMOC's presets, where they lie beside the checkout. */
const REFERENCE = fileURLToPath(new URL('../../shared/reference/simoc', import.meta.url))
const PEER = fileURLToPath(new URL('peers/simoc.py', import.meta.url))
/** The floor, on SIMOC's garden of 32 agents. */
const FLOOR = 150_000
const GARDEN = '4hg'
const TIMES = 9

export const engine: Bench = { name: 'engine', gate: false, run: () => measure() }

interface Preset {
  readonly name: string
  readonly model: Model
  /** Its file, where SIMOC's engine can read it too. */
  readonly file?: string
}

async function measure(): Promise<Outcome> {
  const all: Preset[] = [...reference(), ...presets().map(({ id }) => ({ name: id, model: resolve(id) }))]
  const rates = new Map<string, number[]>(all.map(({ name }) => [name, []]))
  const runs = all.map((preset) => ({ ...preset, lane: new Lane(preset.model) }))
  const peers = new Map<string, number[]>()
  for (const { lane } of runs) await lane.warmUp()
  // interleaved, so that what disturbs the machine disturbs all alike
  for (let i = 0; i < TIMES; i++) {
    for (const { name, lane, file, model } of runs) {
      rates.get(name)?.push(await lane.stepsPerSecond())
      const theirs = file !== undefined && i < 3 ? peerRate(file, model.steps) : undefined
      if (theirs !== undefined) peers.set(name, [...(peers.get(name) ?? []), theirs])
    }
  }
  for (const { lane } of runs) await lane.close()
  const figures: Record<string, Figure> = Object.fromEntries(
    all.map(({ name, model }) => {
      const found = rates.get(name) ?? []
      const theirs = peers.get(name)
      return [
        name,
        {
          agents: model.agents.length,
          steps_per_second: round(median(found)),
          least: round(Math.min(...found)),
          most: round(Math.max(...found)),
          ...(theirs === undefined
            ? {}
            : { simoc_steps_per_second: round(median(theirs)), ratio: round(median(found) / median(theirs)) }),
        },
      ]
    }),
  )
  const garden = rates.get(GARDEN)
  return {
    figures: { ...figures, peer: peers.size > 0 ? 'SIMOC on Python' : 'absent', ...(await growth()) },
    goals:
      garden === undefined
        ? []
        : [{ figure: `${GARDEN}.steps_per_second`, goal: `>= ${FLOOR}`, met: median(garden) >= FLOOR }],
  }
}

function reference(): Preset[] {
  if (!existsSync(REFERENCE)) return []
  const library = readLibrary(REFERENCE)
  return ['1h', '1hrad', '4h', GARDEN].map((name) => {
    const file = join(REFERENCE, `config_${name}.json`)
    return { name, file, model: resolve(JSON.parse(readFileSync(file, 'utf8')), { library }) }
  })
}

/** A model in an isolate of its own: what one preset taught the compiler does not slow another. */
class Lane {
  readonly #worker: Worker

  constructor(model: Model) {
    this.#worker = new Worker(new URL('engine.worker.ts', import.meta.url), { workerData: model })
  }

  async warmUp(): Promise<void> {
    for (let i = 0; i < 2; i++) await this.stepsPerSecond()
  }

  async stepsPerSecond(): Promise<number> {
    this.#worker.postMessage('run')
    return (await once(this.#worker, 'message'))[0] as number
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}

/** What a step costs with eight times the agents, for each of them; and late in a run of a million steps. */
async function growth(): Promise<Record<string, Figure>> {
  const few = new Lane(chain(16))
  const many = new Lane(chain(128))
  const long = new Run(compile(chain(32)), { steps: 1_000_000 })
  for (const lane of [few, many]) await lane.warmUp()
  const ratios: number[] = []
  for (let i = 0; i < TIMES; i++) {
    ratios.push(((await few.stepsPerSecond()) * 16) / ((await many.stepsPerSecond()) * 128))
  }
  for (const lane of [few, many]) await lane.close()
  const tenths: number[] = []
  while (!long.done) {
    const begin = performance.now()
    for (let i = 0; i < 50; i++) {
      long.advance(2_000)
      long.take()
    }
    tenths.push(performance.now() - begin)
  }
  return {
    cost_per_agent_128_to_16: round(median(ratios)),
    cost_per_step_last_to_second_tenth: round((tenths.at(-1) as number) / (tenths[1] as number)),
  }
}

/** So many tanks in a ring, each filled by a pump of its own from the one before. */
function chain(agents: number): Model {
  const tanks = Array.from({ length: agents / 2 }, (_, i) => i)
  const plain = { label: '', class: 'plain', amount: 1, delay: 0, properties: {}, attributes: {}, thresholds: [] }
  const flow = { currency: 'water', value: 1, requires: [], criteria: [], growth: [], weighted: [], deprive: undefined }
  return {
    rule: 'simoc',
    label: 'chain',
    start: 0,
    dt: 1,
    steps: 2_400,
    seed: 1,
    priorities: ['pumps'],
    currencies: [{ id: 'water', category: 'water', unit: 'kg', label: 'Water' }],
    agents: tanks.flatMap((i) => [
      { ...plain, id: `tank${i}`, group: 'tanks', capacity: { water: 100 }, storage: { water: 50 }, flows: [] },
      {
        ...plain,
        id: `pump${i}`,
        group: 'pumps',
        capacity: {},
        storage: {},
        flows: [
          { ...flow, direction: 'in' as const, connections: [`tank${i}`] },
          { ...flow, direction: 'out' as const, requires: ['water'], connections: [`tank${(i + 1) % tanks.length}`] },
        ],
      },
    ]),
  }
}

/** Steps/s of SIMOC's engine; undefined where it is not here. */
function peerRate(file: string, steps: number): number | undefined {
  const { status, stdout } = spawnSync('python3', [PEER, file, String(steps)], { encoding: 'utf8', timeout: 300_000 })
  if (status !== 0) return undefined
  const told = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as { steps: number; seconds: number }
  return told.steps / told.seconds
}
