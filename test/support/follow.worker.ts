/** What the scenario page hears of a job: the page's own code, in a thread that has what a browser has. */
import { mock } from 'node:test'
import { parentPort, workerData } from 'node:worker_threads'
import { followJob } from '../../dashboards/panel/src/scenarios/link/follow.ts'

const { url, id } = workerData as { url: string; id: string }
Object.assign(globalThis, { document: { baseURI: url } })
// its pauses are moved by the test
mock.timers.enable({ apis: ['setTimeout'] })
parentPort?.on('message', (ms: number) => mock.timers.tick(ms))
const tell = (...said: unknown[]) => parentPort?.postMessage(said)
followJob(id, {
  job: ({ state }) => tell('job', state),
  progress: () => tell('progress'),
  rows: () => tell('rows'),
  away: (isAway) => tell('away', isAway),
  gone: () => tell('gone'),
  locked: () => tell('locked'),
})
