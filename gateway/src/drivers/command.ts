/** Figures that a program prints: run for each reading, without a shell, and ended with all that it began. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { HabtwinError, id, messageOf } from '@habtwin/contract'
import { z } from 'zod'
import { defineDriver } from './driver.ts'
import { declareFigures, figure, valuesIn } from './text/figures.ts'

const options = z.object({
  /** Program and arguments, each by itself, as they are: no shell looks at them. */
  run: z.array(z.string()).min(1),
  /** Point → where its figure lies in what is printed: a number alone, `key=value`, JSON, or by an expression. */
  points: z.record(id, figure).refine((points) => Object.keys(points).length > 0, 'name at least one point'),
})

type Child = ChildProcessByStdio<null, Readable, Readable>

/** Bytes; a program that prints more is ended. */
const MOST = 65_536

export default defineDriver<z.output<typeof options>>({
  name: 'command',
  simulated: false,
  options,
  describe: ({ points }) => ({ points: declareFigures(points) }),
  async open({ id: where, options: { run, points } }) {
    const running = new Set<Child>()
    return {
      read: async (signal) => ({ values: valuesIn(await printed(run, where, signal, running), points, where) }),
      async [Symbol.asyncDispose]() {
        for (const child of running) end(child)
      },
    }
  },
})

/** What the program prints. Throws `device/*`; where the signal aborts, the program and all that it began are ended. */
async function printed(run: string[], where: string, signal: AbortSignal, running: Set<Child>): Promise<string> {
  signal.throwIfAborted()
  const [program, ...rest] = run as [string, ...string[]]
  // a group of its own, so that it can be ended with its children
  const child = spawn(program, rest, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  const interrupted = Promise.withResolvers<never>()
  const stop = () => interrupted.reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([outcome(child, program, where), interrupted.promise])
  } finally {
    signal.removeEventListener('abort', stop)
    end(child)
    child.stdout.destroy()
    child.stderr.destroy()
    running.delete(child)
  }
}

function outcome(child: Child, program: string, where: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const fail = (code: 'device/unreachable' | 'device/exception' | 'device/garbled', message: string, cause?: unknown) =>
    reject(new HabtwinError(code, message, { where, cause }))
  const out: Buffer[] = []
  let complaint = ''
  let size = 0
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > MOST) fail('device/garbled', `${program} prints more than ${MOST} bytes`)
    else out.push(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-200)
  })
  child.on('error', (cause) => fail('device/unreachable', `${program} cannot be run: ${messageOf(cause)}`, cause))
  // what it left behind would hold the pipe open, and is not to outlive it
  child.on('exit', () => kill(child))
  child.on('close', (code, killed) => {
    if (code === 0) resolve(Buffer.concat(out).toString())
    else fail('device/exception', `${program} ended with ${killed ?? code}: ${complaint.trim() || 'no word why'}`)
  })
  return promise
}

/** Ends it and its children, unless it has ended: its number may be another's then. */
function end(child: Child): void {
  if (child.exitCode === null && child.signalCode === null) kill(child)
}

function kill(child: Child): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // nobody is left
  }
}
