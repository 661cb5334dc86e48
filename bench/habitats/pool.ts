/** Two threads that share the habitats between them, as the machine that it runs on has two cores. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Result } from './examine.ts'

/**
 * Examines every seed.
 * @param signal ends it early; what is done by then has been told
 */
export async function examineAll(
  seeds: readonly number[],
  done: (result: Result) => void,
  { threads = 2, signal }: { threads?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const waiting = [...seeds]
  const work = async () => {
    const worker = new Worker(new URL('./examine.worker.ts', import.meta.url))
    try {
      for (let seed = waiting.shift(); seed !== undefined && !signal?.aborted; seed = waiting.shift()) {
        worker.postMessage(seed)
        const [result] = (await once(worker, 'message', signal ? { signal } : {})) as [Result]
        done(result)
      }
    } catch (error) {
      if (!signal?.aborted) throw error
    } finally {
      await worker.terminate()
    }
  }
  await Promise.all(Array.from({ length: Math.min(threads, seeds.length) }, work))
}
