/** Errors as problem details (RFC 9457), in the words of the table of errors. */
import { errorTable, HabtwinError, isHabtwinError } from '@habtwin/contract'
import type { FastifyError, FastifyReply } from 'fastify'
import { z } from 'zod'

/** What every answer that is no success says. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  /** What failed, with the figures that matter. */
  detail: z.string(),
  /** A code of docs/errors.md. */
  code: z.string(),
  /** What to do about it. */
  remedy: z.string(),
})

export type Problem = z.infer<typeof problem>

/** @param status where the error's own does not say enough */
export function problemOf(error: HabtwinError, status: number = error.status): Problem {
  const { code, message, remedy } = error
  return { type: `urn:habtwin:error:${code}`, title: errorTable[code].title, status, detail: message, code, remedy }
}

export function sendProblem(reply: FastifyReply, body: Problem): FastifyReply {
  return reply.code(body.status).type('application/problem+json').send(JSON.stringify(body))
}

/** The problem behind anything that a route or fastify itself has thrown; undefined for a bug. */
export function expected(error: unknown): Problem | undefined {
  if (isHabtwinError(error)) return problemOf(error)
  if (!(error instanceof Error)) return undefined
  const { validation, statusCode, message } = error as FastifyError
  if (validation !== undefined) {
    const faults = validation.map(({ instancePath, message }) => {
      const name = instancePath.replace(/^\//, '')
      return name === '' ? message : `${name}: ${message}`
    })
    return problemOf(new HabtwinError('request/invalid', faults.join('; ')))
  }
  // fastify's own words about a body that is too large, no JSON, or of an unknown kind
  if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return undefined
  return problemOf(new HabtwinError(statusCode === 413 ? 'request/too-large' : 'request/invalid', message), statusCode)
}
