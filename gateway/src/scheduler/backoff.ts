/** How long to leave a device alone that fails: doubling, capped, and jittered so that many do not come at once. */
export interface Backoff {
  /** ms after the first failure that counts. */
  readonly first: number
  /** ms at most. */
  readonly max: number
  /** ms at most where the bus itself is gone: plugged in again, it is to be back within 5 s, first reading and all. */
  readonly gone: number
  /** From 0 to 1; a test hands in its own. */
  readonly random: () => number
}

export const defaultBackoff: Backoff = { first: 1_000, max: 30_000, gone: 2_000, random: Math.random }

/** @param failures in a row, from 1; the wait is jittered downwards by up to a quarter, so `max` holds */
export function wait(backoff: Backoff, failures: number): number {
  const full = Math.min(backoff.max, backoff.first * 2 ** Math.min(failures - 1, 30))
  return full * (1 - backoff.random() / 4)
}
