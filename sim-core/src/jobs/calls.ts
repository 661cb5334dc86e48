/** What a thread of `threads.ts` does when it is called. Calls take turns at the pauses that each of them makes. */
import { flushCompileCache } from 'node:module'
import { type MessagePort, parentPort } from 'node:worker_threads'
import { isHabtwinError, messageOf } from '@habtwin/contract/errors'
import { execute } from './execute.ts'
import type { Save, Sink } from './runner.ts'
import { reduceSlab, runSlab, type States } from './slab.ts'
import type { Asked, Call, Told } from './threads.ts'

if (parentPort === null) throw new Error('this is for a worker thread')
const port: MessagePort = parentPort

let flushed = false

/** What goes on, by its number. */
const calls = new Map<number, { stopped: boolean; kept: (error: string | undefined) => void }>()

port.on('message', (asked: Asked) => {
  const known = calls.get(asked.id)
  if ('stop' in asked) {
    if (known) known.stopped = true
  } else if ('kept' in asked) known?.kept(asked.error)
  else void answer(asked)
})

async function answer(asked: Extract<Asked, { call: Call }>): Promise<void> {
  const { id } = asked
  calls.set(id, { stopped: false, kept: () => {} })
  try {
    const { result, given } = await called(asked)
    tell({ id, result }, given)
  } catch (error) {
    const code = isHabtwinError(error) ? error.code : undefined
    tell({ id, error: { code, message: messageOf(error), stack: error instanceof Error ? error.stack : undefined } })
  } finally {
    calls.delete(id)
    // at the first end of a call everything is loaded; a thread that is ended later has no time for this
    if (!flushed) flushCompileCache()
    flushed = true
  }
}

async function called(asked: Extract<Asked, { call: Call }>): Promise<{ result: unknown; given?: ArrayBuffer[] }> {
  const { id } = asked
  const stopped = () => calls.get(id)?.stopped === true
  switch (asked.call) {
    case 'warm':
      return { result: void (await import('./intake.ts')) }
    case 'accept': {
      // what reads scenarios is large, and threads that only run jobs do without
      const { accept } = await import('./intake.ts')
      return { result: await accept(asked.data) }
    }
    case 'run':
      return { result: await execute(asked.data, sinkOf(id), stopped) }
    case 'slab': {
      const result = await runSlab(asked.data, (steps) => tell({ id, progress: steps }), stopped)
      return { result, given: (result?.states ?? []).flatMap(buffersOf) }
    }
    case 'reduce': {
      const result = await reduceSlab(asked.data, stopped)
      return { result, given: handed((result ?? []).flat()) }
    }
  }
}

function sinkOf(id: number): Sink {
  return {
    started: () => tell({ id, started: true }),
    progress: (steps) => tell({ id, progress: steps }),
    save: (save: Save) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const call = calls.get(id)
      if (call) call.kept = (error) => (error === undefined ? resolve() : reject(new Error(error)))
      tell({ id, save }, handed([...save.pieces.flatMap(({ blocks }) => blocks), save.state]))
      return promise
    },
  }
}

function tell(told: Told, given: ArrayBuffer[] = []): void {
  port.postMessage(told, given)
}

/** Buffers that hold nothing but these bytes: others are copied. */
function handed(bytes: readonly Uint8Array[]): ArrayBuffer[] {
  const whole = bytes.filter((one) => one.byteLength === one.buffer.byteLength)
  return [...new Set(whole.map((one) => one.buffer as ArrayBuffer))]
}

function buffersOf(states: States | undefined): ArrayBuffer[] {
  return states === undefined
    ? []
    : [states.figures, states.words, states.index].map((one) => one.buffer as ArrayBuffer)
}
