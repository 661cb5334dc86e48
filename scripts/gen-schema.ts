/**
 * Writes `docs/habtwin.schema.json`, the JSON Schema of the configuration, for editors: `node scripts/gen-schema.ts`.
 * An editor that knows the YAML language server takes it from a first line
 * `# yaml-language-server: $schema=…/docs/habtwin.schema.json`.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadDrivers } from '@habtwin/gateway/drivers/fleet'
import { configSchema, QUANTITY } from '@habtwin/runtime'
import { z } from 'zod'

export const schemaFile = join(import.meta.dirname, '../docs/habtwin.schema.json')

/** The schema as text: what a person may write, before any conversion. */
export async function generate(): Promise<string> {
  const drivers = await loadDrivers()
  const schema = z.toJSONSchema(configSchema([...drivers.values()]), {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // a bare number is only let in so that its refusal can say what is missing
      if (jsonSchema.description?.startsWith(QUANTITY)) jsonSchema.type = 'string'
    },
  })
  return `${JSON.stringify({ title: 'habtwin configuration', ...schema }, null, 2)}\n`
}

if (import.meta.main) writeFileSync(schemaFile, await generate())
