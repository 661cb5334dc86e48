/**
 * Follows a job until it has ended: by server-sent events, and by asking where those do not come. While the server is
 * away it is tried again for ever; the job goes on without this page.
 */
import type { Job } from '@habtwin/contract/scenario'
import { Problem } from '../../link/rest.ts'
import { hasEnded } from '../model/run.ts'
import { eventPath, fetchJob } from './jobs.ts'

export interface Follower {
  job(job: Job): void
  progress(said: Pick<Job, 'step' | 'progress'>): void
  /** There are so many rows of results now. */
  rows(rows: number): void
  /** The server does not answer, or answers again. */
  away(isAway: boolean): void
  /** There is no such job, or no longer. */
  gone(): void
  /** It is shown only to whoever logs in. */
  locked(): void
}

/** Event streams that are open at once: a browser opens six connections to one host, and others need some. */
const MOST_STREAMS = 3
/** ms between questions where no stream is open. */
const POLL = 1_500
/** ms of an open stream in which nothing came, after which it is asked: a connection may be gone without a word. */
const SILENCE = 20_000

let streams = 0

/** @returns ends it */
export function followJob(id: string, tell: Follower): () => void {
  let stopped = false
  let stream: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let tries = 0

  const close = () => {
    if (stream === undefined) return
    stream.close()
    stream = undefined
    streams--
  }
  const later = (ms: number) => {
    clearTimeout(timer)
    if (!stopped) timer = setTimeout(() => void look(), ms)
  }
  const heard = (job: Job): boolean => {
    tries = 0
    tell.away(false)
    tell.job(job)
    if (job.rows > 0) tell.rows(job.rows)
    if (hasEnded(job)) stop()
    return hasEnded(job)
  }

  function open(): void {
    streams++
    const opened = new EventSource(new URL(eventPath(id), document.baseURI))
    stream = opened
    let spoke = false
    const on = <T>(kind: string, take: (said: T) => void) =>
      opened.addEventListener(kind, ({ data }) => {
        spoke = true
        later(SILENCE)
        take(JSON.parse(data))
      })
    on<Job>('state', heard)
    on<Pick<Job, 'step' | 'progress'>>('progress', (said) => tell.progress(said))
    on<{ rows: number }>('results', ({ rows }) => tell.rows(rows))
    opened.addEventListener('error', () => {
      // what has become of it is asked for, and then listened to again
      close()
      later(spoke ? 200 : POLL)
    })
    later(SILENCE)
  }

  /** How it stands; and then by events, where there is a connection to spare. */
  async function look(): Promise<void> {
    close()
    try {
      const job = await fetchJob(id)
      if (stopped || heard(job)) return
      if (streams < MOST_STREAMS) open()
      else later(POLL)
    } catch (error) {
      if (stopped) return
      if (error instanceof Problem && error.status === 404) {
        tell.gone()
        stop()
        return
      }
      if (error instanceof Problem && error.needsLogin) tell.locked()
      else tell.away(true)
      later(Math.min(5_000, 500 * 2 ** tries++))
    }
  }

  function stop(): void {
    stopped = true
    clearTimeout(timer)
    close()
  }

  void look()
  return stop
}
