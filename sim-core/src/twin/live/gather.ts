/**
 * Readings on their way to the twin's thread, summed up by device, point and minute: what is handed over stays small
 * whatever the rate of the instruments.
 */
import type { Reading } from '@habtwin/contract'
import type { Sums } from '../index.ts'

const MINUTE = 60_000

interface Sum {
  device: string
  zone: string
  point: string
  t: number
  sum: number | null
  n: number
  trust: string
}

export class Gatherer {
  #sums: Sum[] = []
  /** The sum last added to, by device, zone and point: readings come in the order of time. */
  readonly #latest = new Map<string, Sum>()

  get empty(): boolean {
    return this.#sums.length === 0
  }

  add(device: string, zone: string, { t, values, quality }: Pick<Reading, 't' | 'values' | 'quality'>): void {
    for (const point in values) {
      const value = values[point] ?? null
      const doubt = quality?.[point]
      const trust = doubt === undefined ? 'good' : doubt.startsWith('uncertain') ? 'uncertain' : doubt
      if (value === null && trust === 'good') continue // nothing was measured, and nobody says why
      this.#add(`${device}/${zone}/${point}`, { device, zone, point, t, sum: value, n: 1, trust })
    }
  }

  /** A reading that was not taken, and why. */
  refuse(device: string, zone: string, { t, values }: Pick<Reading, 't' | 'values'>, trust: string): void {
    for (const point in values) this.#sums.push({ device, zone, point, t, sum: values[point] ?? null, n: 1, trust })
  }

  /** What there is, and begins anew. */
  take(): readonly Sums[] {
    const sums = this.#sums
    this.#sums = []
    this.#latest.clear()
    return sums
  }

  #add(key: string, one: Sum): void {
    const last = this.#latest.get(key)
    const same = last?.trust === one.trust && Math.floor(last.t / MINUTE) === Math.floor(one.t / MINUTE)
    if (last === undefined || !same || last.sum === null || one.sum === null) {
      this.#sums.push(one)
      this.#latest.set(key, one)
      return
    }
    last.sum += one.sum
    last.n++
    last.t = Math.max(last.t, one.t)
  }
}
