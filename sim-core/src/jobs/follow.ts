/** Waiting for what becomes of a job: for readers who follow its results, and for those who hear its events. */
import type { Job } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import type { More } from './results.ts'
import type { JobEvent, Jobs } from './service.ts'

/** ms after which something is said where nothing happens: proxies close what is silent. */
const HEARTBEAT = 15_000

export const hasEnded = ({ state }: Job) => state !== 'queued' && state !== 'running'

/**
 * Follows the results of a job.
 * @param signal aborted when nobody reads any more
 */
export function follow(jobs: Pick<Jobs, 'get' | 'watch'>, id: string, signal: AbortSignal): More {
  // what comes while rows are written is not missed: it is noted from now on
  let [fresh, ended] = [false, false]
  let wake = () => {}
  const watching = jobs.watch(id, (event) => {
    if (event.kind === 'results') fresh = true
    if (event.kind === 'state') ended = hasEnded(event.job)
    wake()
  })
  const stop = () => {
    watching[Symbol.dispose]()
    ended = true
    wake()
  }
  signal.addEventListener('abort', stop, { once: true })
  ended ||= hasEnded(jobs.get(id))
  return async () => {
    while (!fresh && !ended) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    if (signal.aborted || !fresh) {
      watching[Symbol.dispose]()
      return false
    }
    fresh = false
    return true
  }
}

/** The id of a job's last event. */
export const LAST = 'end'

/**
 * Events of a job as `text/event-stream` (HTML, 9.2): first how it stands, then what becomes of it; ends with the job.
 * For a slow reader progress that is out of date is left out.
 */
export async function* events(
  jobs: Pick<Jobs, 'get' | 'watch'>,
  id: string,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const waiting = new Map<JobEvent['kind'], JobEvent>()
  let wake = () => {}
  let number = 0
  const stop = () => wake()
  signal.addEventListener('abort', stop, { once: true })
  using _watching = jobs.watch(id, (event) => {
    // how it stands is told after the results that it has
    waiting.delete(event.kind)
    waiting.set(event.kind, event)
    wake()
  })
  waiting.set('state', { kind: 'state', job: jobs.get(id) })
  try {
    yield 'retry: 1000\n\n'
    while (!signal.aborted) {
      let text = ''
      for (const [kind, event] of waiting) {
        waiting.delete(kind)
        const last = event.kind === 'state' && hasEnded(event.job)
        text += said(event, last ? LAST : String(++number))
        if (!last) continue
        yield text
        return
      }
      if (text !== '') yield text
      else if (await silence()) yield ': still here\n\n'
    }
  } finally {
    signal.removeEventListener('abort', stop)
  }

  /** Waits for something. @returns true where nothing came for a while */
  async function silence(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    wake = () => resolve(false)
    const timer = clock.after(HEARTBEAT, () => resolve(true))
    if (waiting.size > 0 || signal.aborted) wake()
    try {
      return await promise
    } finally {
      timer.cancel()
    }
  }
}

function said(event: JobEvent, id: string): string {
  const { kind, ...rest } = event
  const data = event.kind === 'state' ? event.job : rest
  return `event: ${kind}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`
}
