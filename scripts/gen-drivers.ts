/** Writes the registry of drivers from the folder that holds them: `node scripts/gen-drivers.ts`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../gateway/src/drivers')
export const registryFile = join(folder, 'registry.generated.ts')

/** The text of the registry: every file of the folder that exports a driver by default, by name. */
export function generate(): string {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) =>
      /^export default (?:defineDriver|modbusDevice|genericDevice)\b/m.test(readFileSync(join(folder, file), 'utf8')),
    )
    .map((file) => file.slice(0, -'.ts'.length))
    .sort()
  const entries = names.map((name) => `  '${name}': () => import('./${name}.ts').then((module) => module.default),`)
  return [
    '// Generated from this folder by scripts/gen-drivers.ts; a test holds it equal.',
    "import type { Driver } from './driver.ts'",
    '',
    'export const registry: Readonly<Record<string, () => Promise<Driver>>> = {',
    ...entries,
    '}',
    '',
  ].join('\n')
}

if (import.meta.main) writeFileSync(registryFile, generate())
