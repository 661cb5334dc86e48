/** Waiting for what other processes bring about. */
import { setTimeout as sleep } from 'node:timers/promises'

/** ms after which a test gives up: what comes about on a fast machine has to on one that is many times slower. */
export const LONG = 120_000

/**
 * Polls until something holds.
 * @param most ms; fails after that
 * @throws Error that says what did not come about
 */
export async function until(done: () => boolean | Promise<boolean>, what = 'it', most = LONG): Promise<void> {
  const end = performance.now() + most
  while (!(await done())) {
    if (performance.now() > end) throw new Error(`within ${most / 1000} s this did not come about: ${what}`)
    await sleep(50)
  }
}
