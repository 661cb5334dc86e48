/** What the crew does when an alert comes: the habitat's own checklists, else those that habtwin brings. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HabtwinError, id } from '@habtwin/contract'
import { z } from 'zod'
import type { App } from '../app.ts'

/** @param folders where `{name}.md` is looked for, in this order */
export function checklistRoutes(app: App, folders: readonly string[]): void {
  app.get(
    '/api/checklists/:name',
    {
      schema: {
        tags: ['alerts'],
        summary: 'A checklist, in Markdown',
        // one level of a path by its pattern: nothing outside the folders can be named
        params: z.object({ name: id }),
        response: { 200: { description: 'The checklist', content: { 'text/markdown': { schema: z.string() } } } },
      },
    },
    async (request, reply) => {
      const { name } = request.params
      for (const folder of folders) {
        const text = await checklist(join(folder, `${name}.md`))
        if (text !== undefined) return reply.type('text/markdown; charset=utf-8').send(text)
      }
      throw new HabtwinError('request/not-found', `There is no checklist ${name}`)
    },
  )
}

async function checklist(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}
