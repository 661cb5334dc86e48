/** Looks at the demo's mission control, which runs beside it, past the link that is simulated between the two. */
import type { HabitatRow } from '@habtwin/contract/habitats'
import type { Tally } from '@habtwin/contract/tally'
import type { Across, AcrossView } from './http/routes/across.ts'

/** It may take so long to answer, ms: it gives way to the habitat's own processes. */
const PATIENCE = 5_000

/** @param panel its origin, such as `http://127.0.0.1:8082` */
export function acrossTo(panel: string, habitat: string): Across {
  const own = `${panel}/habitats/${habitat}/`
  return {
    async look(): Promise<AcrossView> {
      const [rows, tally] = await Promise.all([ask<HabitatRow[]>(`${panel}/api/habitats`), ask<Tally>(`${own}api/tally`)]) // biome-ignore format: one line
      return { panel: own, row: rows?.find((row) => row.habitat === habitat) ?? null, tally: tally ?? null }
    },
  }
}

/** What it answers; undefined where it does not, or not yet. */
async function ask<T>(url: string): Promise<T | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) })
    return answer.ok ? ((await answer.json()) as T) : undefined
  } catch {
    return undefined // it has not begun, or is being started again
  }
}
