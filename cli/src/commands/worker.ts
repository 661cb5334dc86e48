/** `habtwin worker` */
import { HabtwinError } from '@habtwin/contract'
import { createLog, systemClock } from '@habtwin/runtime'
import { redisAddress } from '@habtwin/sim-core/jobs/redis/address'
import { runWorker } from '@habtwin/sim-core/jobs/redis/worker'
import { readConfig } from '../habitat.ts'
import { untilStopped } from '../stop.ts'
import { version } from '../version.ts'

export interface WorkerOptions {
  readonly config?: string
  readonly habitat?: string
  readonly redis?: string
  readonly concurrency?: number
}

/** The options go before the file, as the environment does, and are checked as it is. */
export async function worker(options: WorkerOptions): Promise<undefined> {
  process.title = 'habtwin worker'
  const given = {
    HABTWIN_HABITAT__ID: options.habitat,
    HABTWIN_JOBS__REDIS__URL: options.redis,
    HABTWIN_JOBS__WORKERS: options.concurrency?.toString(),
  }
  const set = Object.entries(given).filter(([, value]) => value !== undefined)
  const { habitat, jobs } = await readConfig(options.config, { ...process.env, ...Object.fromEntries(set) })
  if (jobs.redis === undefined) {
    throw new HabtwinError('config/invalid', 'No Redis is given: write jobs.redis.url, or give --redis')
  }
  const log = await createLog('worker')
  const { workers: slots } = jobs
  const onReady = () => log.info({ habitat: habitat.id, slots, version }, 'ready for jobs')
  const address = redisAddress(jobs.redis)
  const parts = { habitat: habitat.id, address, version, slots, clock: systemClock, log, onReady }
  await runWorker(parts, untilStopped())
}
