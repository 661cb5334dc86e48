/** Examines the habitats that it is told, one after the other. */
import { parentPort } from 'node:worker_threads'
import { type Extent, examine } from './examine.ts'
import { Published } from './published.ts'
import { makeTwin } from './twin.ts'

/** One of five is watched for long; of one of ten what is told to people is scored, which takes longest. */
function extentOf(seed: number): Extent {
  const extent = { faults: true, week: seed % 5 === 0 }
  return seed % 10 === 1 ? { ...extent, published: (built) => new Published(built) } : extent
}

parentPort?.on('message', (seed: number) => parentPort?.postMessage(examine(seed, makeTwin, extentOf(seed))))
