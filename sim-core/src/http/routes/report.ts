/** The daily operations report: as JSON, Markdown or CSV; and the crew's own words in it. */
import { HabtwinError, type Report, report, reportTexts, reportVersion } from '@habtwin/contract'
import { z } from 'zod'
import { csvOf, markdownOf, type Words } from '../../report/index.ts'
import { allowLog } from '../access.ts'
import type { App } from '../app.ts'

const formats = ['json', 'md', 'csv'] as const
type Format = (typeof formats)[number]

const asked = {
  sol: z.coerce.number().int().optional().describe('Day of the mission, from 1.'),
  date: z.string().max(32).optional().describe('Or a date of the habitat’s calendar, `2026-11-20`.'),
}
const query = z.object({
  ...asked,
  format: z.enum(formats).optional().describe('Else what `Accept` asks for; JSON where it says nothing.'),
  version: z.coerce.number().int().positive().optional().describe('An earlier version of the crew’s words.'),
})
const body = z.strictObject({
  sol: z.int().optional(),
  date: z.string().max(32).optional(),
  by: z.string().trim().min(1).max(128).optional().describe('Needed of whoever has not logged in.'),
  texts: z.strictObject(reportTexts.partial().shape).describe('Sections that are left out keep what they say.'),
  after: z.int().nonnegative().describe('The version that this is written upon; 0 for the first.'),
})

interface Day {
  readonly sol?: number | undefined
  readonly date?: string | undefined
}

export interface Reports {
  /** Throws request/invalid, request/not-found. */
  report(day: Day, version: number | undefined, signal: AbortSignal): Promise<Report>
  /** Throws request/invalid, report/conflict, data/unusable. */
  save(day: Day, words: Words): Pick<Report, 'texts' | 'versions'>
}

export function reportRoutes(app: App, reports: Reports): void {
  app.get(
    '/api/report',
    {
      schema: {
        tags: ['report'],
        summary: 'The daily operations report, by default of today',
        querystring: query,
        response: { 200: report },
      },
    },
    async (request, reply) => {
      const { sol, date, version } = request.query
      const format = request.query.format ?? accepted(request.headers.accept)
      const made = await reports.report({ sol, date }, version, request.signal)
      if (format === 'json') return made
      const [type, text] =
        format === 'md' ? ['text/markdown; charset=utf-8', markdownOf(made)] : ['text/csv; charset=utf-8', csvOf(made)]
      const name = `${made.habitat.id}-${made.day.key}.${format}`
      reply.header('content-disposition', `attachment; filename="${name}"`)
      return reply
        .serializer((whole) => String(whole))
        .type(type)
        .send(text as never)
    },
  )
  app.post(
    '/api/report',
    {
      schema: {
        tags: ['report'],
        summary: 'Save what the crew writes in a report, as a new version',
        body,
        response: { 201: z.object({ texts: reportTexts, versions: z.array(reportVersion) }) },
      },
    },
    async (request, reply) => {
      const by = allowLog(request, request.body.by)
      const { sol, date, ...words } = request.body
      if (sol === undefined && date === undefined) {
        throw new HabtwinError('request/invalid', 'sol: say of which day, by `sol` or `date`')
      }
      return reply.code(201).send(reports.save({ sol, date }, { ...words, by }))
    },
  )
}

/** The first of our formats that is asked for. */
function accepted(accept = ''): Format {
  const types: readonly (readonly [Format, string])[] = [
    ['json', 'application/json'],
    ['md', 'text/markdown'],
    ['csv', 'text/csv'],
  ]
  const wanted = accept.split(',').map((one) => one.split(';')[0]?.trim())
  return wanted.flatMap((type) => types.find(([, name]) => name === type)?.[0] ?? [])[0] ?? 'json'
}
