/** The thread that reads: long queries and the making of blocks stay out of the way of what is written. */
import { parentPort } from 'node:worker_threads'
import { isHabtwinError, messageOf } from '@habtwin/contract/errors'
import { isDamage, sqliteCode } from './faults.ts'
import { SeriesReader } from './reader.ts'
import type { Answered, Asked } from './readers.ts'
import type { Reply, Request } from './thread.ts'

const port = parentPort
if (port === null) throw new Error('reader.worker is a worker thread')

/** Stores that are open at once: each has a page cache, and the newest rows decoded. */
const MOST = 16

/** By who asks, the one that was asked the longest ago first. */
const open = new Map<number, SeriesReader>()

port.on('message', ({ client, path, request }: Asked) => {
  if (request === undefined) return close(client)
  let reply: Reply
  try {
    reply = { id: request.id, result: run(readerOf(client, path), request) }
  } catch (error) {
    const code = isHabtwinError(error) ? error.code : undefined
    const stack = error instanceof Error ? (error.stack ?? '') : ''
    const told = { message: messageOf(error), code, errcode: sqliteCode(error), damage: isDamage(error), stack }
    reply = { id: request.id, error: told }
  }
  port.postMessage({ client, reply } satisfies Answered, buffersOf(reply.result))
})

function readerOf(client: number, path: string): SeriesReader {
  const reader = open.get(client) ?? new SeriesReader(path)
  open.delete(client)
  open.set(client, reader)
  const [oldest] = open.keys()
  if (open.size > MOST && oldest !== undefined) close(oldest)
  return reader
}

function close(client: number): void {
  open.get(client)?.[Symbol.dispose]()
  open.delete(client)
}

/** The columns of an answer, which are handed over instead of copied. */
function buffersOf(result: unknown): ArrayBuffer[] {
  if (typeof result !== 'object' || result === null) return []
  return Object.values(result).flatMap((value) => (value instanceof Float64Array ? (value.buffer as ArrayBuffer) : []))
}

function run(reader: SeriesReader, request: Request): unknown {
  switch (request.call) {
    case 'history':
      return reader.history(request.query)
    case 'count':
      return reader.count()
    case 'pack':
      return reader.pack(request.target, request.done, request.budget)
  }
}
