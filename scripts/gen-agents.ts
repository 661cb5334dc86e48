/** Writes the registry of the classes of agents from the folder that holds them: `node scripts/gen-agents.ts`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../sim-core/src/engine/agents')
export const registryFile = join(folder, 'registry.generated.ts')

/** The text of the registry: every file of the folder that exports a class by default, by name. */
export function generate(): string {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) => /^} satisfies AgentClass$|^export default .* satisfies AgentClass$/m.test(text(file)))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort()
  return [
    '// Generated from this folder by scripts/gen-agents.ts; a test holds it equal.',
    "import type { AgentClass } from './agent-class.ts'",
    ...names.map((name) => `import ${name} from './${name}.ts'`),
    '',
    `export const registry: readonly AgentClass[] = [${names.join(', ')}]`,
    '',
  ].join('\n')
}

function text(file: string): string {
  return readFileSync(join(folder, file), 'utf8')
}

if (import.meta.main) writeFileSync(registryFile, generate())
