/**
 * The twin in virtual habitats whose hidden figures it has to find out, whose days it has to foresee, and whose faults
 * it has to name. The seeds are fixed, and nothing was tuned on them: that was done on seeds 1001 to 1040.
 *
 *   npm run bench -- habitats [--habitats 300] [--tuning] [--results FILE]
 */
import { appendFileSync } from 'node:fs'
import type { Result } from './habitats/examine.ts'
import { examineAll } from './habitats/pool.ts'
import { summarize } from './habitats/summary.ts'
import type { Bench, BenchOptions, Outcome } from './support/bench.ts'

const VERDICT = { first: 10_001, most: 300 }
const TUNING = { first: 1_001, most: 40 }

export const habitats: Bench = { name: 'habitats', gate: false, run: measure }

/** An interruption gives the table of those that are done. */
async function measure({ habitats, tuning = false, results: file }: BenchOptions): Promise<Outcome> {
  const { first, most } = tuning ? TUNING : VERDICT
  const seeds = Array.from({ length: Math.min(most, habitats ?? most) }, (_, i) => first + i)
  const results: Result[] = []
  const stop = new AbortController()
  const interrupt = () => stop.abort()
  process.once('SIGINT', interrupt)
  try {
    await examineAll(
      seeds,
      (result) => {
        results.push(result)
        if (file !== undefined) appendFileSync(file, `${JSON.stringify(result)}\n`)
        if (process.stderr.isTTY) process.stderr.write(`\rhabitats ${results.length} of ${seeds.length}`)
      },
      { signal: stop.signal },
    )
  } finally {
    process.off('SIGINT', interrupt)
  }
  if (process.stderr.isTTY) process.stderr.write('\n')
  return summarize(results)
}
