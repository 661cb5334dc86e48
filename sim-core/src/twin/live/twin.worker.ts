/** The thread of the twin. */
import { enableCompileCache } from 'node:module'
import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import type { Asked, Given } from './words.ts'

// a thread does not take over what the process has turned on while it ran
if (process.env.NODE_COMPILE_CACHE !== undefined) enableCompileCache(process.env.NODE_COMPILE_CACHE)
// readings go first, then the twin, then jobs; on Linux this is said of a thread alone (setpriority(2))
if (process.platform === 'linux') setPriority(2)
const port = parentPort
if (port === null) throw new Error('this is for a worker thread')
const { TwinHost } = await import('./host.ts')
const host = new TwinHost(workerData as Given, {
  tell: (told, given) => port.postMessage(told, given),
  soon: (call) => void setImmediate(call),
  mono: () => performance.now(),
})
port.on('message', (asked: Asked) => host.hear(asked))
