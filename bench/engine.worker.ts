/** One preset in an isolate of its own: told a seed's worth of steps, it says how many a second it ran. */
import { parentPort, workerData } from 'node:worker_threads'
import { type Chunk, compile, type Model, Run } from '../sim-core/src/engine/index.ts'

/** Steps of one measurement: enough that a clock of milliseconds says something. */
const STEPS = 48_000
/** Steps between two takings of records, as a job does it. */
const SLICE = 2_400

const run = new Run(compile(workerData as Model))

/** Runs of the preset one after the other, each whole, each with its records, as many as make up the steps. */
function stepsPerSecond(): number {
  const kept: Chunk[] = []
  let steps = 0
  let took = 0
  for (let seed = 0; steps < STEPS; seed++) {
    const begin = performance.now()
    run.restart(seed)
    while (!run.done) {
      steps += run.advance(SLICE)
      const chunk = run.take()
      if (chunk !== undefined) kept.push(chunk)
    }
    took += performance.now() - begin
    kept.length = 0
  }
  return (steps / took) * 1000
}

parentPort?.on('message', () => parentPort?.postMessage(stepsPerSecond()))
