/** Examines the habitats that it is told, one after the other. */
import { parentPort } from 'node:worker_threads'
import { examine } from './examine.ts'
import { makeTwin } from './twin.ts'

parentPort?.on('message', (seed: number) => parentPort?.postMessage(examine(seed, makeTwin)))
