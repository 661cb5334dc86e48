/** Writes the dashboards that are committed beside their source: `node scripts/gen-grafana.ts`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { overview } from '../dashboards/grafana/src/overview.ts'

export const overviewFile = join(import.meta.dirname, '../dashboards/grafana/generated/overview.json')

/** The text of the file. */
export function generate(): string {
  return `${JSON.stringify(overview(), null, 2)}\n`
}

if (import.meta.main) {
  mkdirSync(dirname(overviewFile), { recursive: true })
  writeFileSync(overviewFile, generate())
}
