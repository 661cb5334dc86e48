/** Writes `docs/errors.md` from the table of errors: `node scripts/gen-errors.ts`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorTable } from '../contract/src/errors.ts'

export const errorsFile = join(import.meta.dirname, '../docs/errors.md')

const kinds = {
  input: 'a mistake in what habtwin was given; it is told to whoever made it',
  outside: 'the world is not as it should be; habtwin tries again by itself, for ever',
  bug: 'habtwin is wrong; the process ends with a clear last line and is started again',
}

/** The text of the page. */
export function generate(): string {
  const entries = Object.entries(errorTable).map(([code, entry]) => {
    const status = 'status' in entry ? `, HTTP ${entry.status}` : ''
    return `## ${code}\n\n${entry.title} (${entry.kind}${status}).\n\n${entry.remedy}\n`
  })
  return [
    '# Errors\n',
    '<!-- Generated from contract/src/errors.ts by scripts/gen-errors.ts. -->\n',
    'Every error says what failed, where, and what to do. Its code never changes its meaning. There are three kinds:\n',
    ...Object.entries(kinds).map(([kind, meaning]) => `- **${kind}**: ${meaning}.`),
    '',
    ...entries,
  ].join('\n')
}

if (import.meta.main) writeFileSync(errorsFile, generate())
