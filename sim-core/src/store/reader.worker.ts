/** The thread that reads: long queries and the making of blocks stay out of the way of what is written. */
import { parentPort, workerData } from 'node:worker_threads'
import { isHabtwinError, messageOf } from '@habtwin/contract/errors'
import { isDamage, sqliteCode } from './faults.ts'
import { SeriesReader } from './reader.ts'
import type { Reply, Request } from './thread.ts'

const port = parentPort
if (port === null) throw new Error('reader.worker is a worker thread')

let reader: SeriesReader | undefined

port.on('message', (request: Request) => {
  let reply: Reply
  try {
    reader ??= new SeriesReader(workerData as string)
    reply = { id: request.id, result: run(reader, request) }
  } catch (error) {
    const code = isHabtwinError(error) ? error.code : undefined
    const stack = error instanceof Error ? (error.stack ?? '') : ''
    const told = { message: messageOf(error), code, errcode: sqliteCode(error), damage: isDamage(error), stack }
    reply = { id: request.id, error: told }
  }
  port.postMessage(reply, buffersOf(reply.result))
})

/** The columns of an answer, which are handed over instead of copied. */
function buffersOf(result: unknown): ArrayBuffer[] {
  if (typeof result !== 'object' || result === null) return []
  return Object.values(result).flatMap((value) => (value instanceof Float64Array ? (value.buffer as ArrayBuffer) : []))
}

function run(reader: SeriesReader, request: Request): unknown {
  switch (request.call) {
    case 'history':
      return reader.history(request.query)
    case 'pack':
      return reader.pack(request.target, request.done, request.budget)
  }
}
