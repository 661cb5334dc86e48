/** Commands to devices: in the demo, how a visitor disturbs the virtual habitat. */
import { randomUUID } from 'node:crypto'
import { type Command, type CommandResult, commandResult, id } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import { z } from 'zod'
import { allowCommand } from '../access.ts'
import type { App } from '../app.ts'

/** Milliseconds that an answer is waited for. */
export const PATIENCE = 5_000
/** Milliseconds after which a command is not acted on any more, where the sender does not say. */
const EXPIRES = 30_000

const body = z.object({
  device: id,
  point: id,
  value: z.union([z.number(), z.string().max(256), z.boolean()]),
  by: z.string().min(1).max(128).optional().describe('Needed of whoever has not logged in.'),
  id: id.optional().describe('Names the command for ever: sent again, it is answered again and not done again.'),
  expires: z.number().optional().describe('Not acted on after this moment, ms.'),
})

/** The way of a command that goes far: when it was sent, leaves, arrives, and may be answered at the earliest, ms. */
const journey = z.object({ sent: z.number(), leaves: z.number(), arrives: z.number(), answer: z.number() }).optional()

/** The result without what only the journal needs. */
const answer = commandResult.pick({ id: true, state: true, reason: true, readback: true }).extend({ journey })
const told = commandResult.omit({ journal: true, seq: true }).extend({ journey })

/** A command that was answered: what was asked, by whom, when, and what became of it. */
export type ToldCommand = z.output<typeof told>

export interface Commands {
  /** True for devices that anybody at this machine may command. */
  mayCommand(device: string): boolean
  /** What commands came to, the newest first, each once. */
  recent(query: { device?: string | undefined; limit: number }): readonly ToldCommand[]
  /**
   * Sends a command and resolves with its first result that is final.
   * @param signal aborted when nobody waits any more
   */
  send(device: string, point: string, command: Command, signal: AbortSignal): Promise<z.input<typeof answer>>
  /** Until when a command that is sent now may be acted on, ms; left out where that is soon. */
  expires?(): number
}

export function commandRoutes(app: App, commands: Commands, clock: Clock): void {
  app.get(
    '/api/commands',
    {
      schema: {
        tags: ['commands'],
        summary: 'What was commanded, by whom, and what became of it, the newest first',
        querystring: z.object({ device: id.optional(), limit: z.coerce.number().int().min(1).max(1_000).default(50) }),
        response: { 200: z.object({ commands: z.array(told) }) },
      },
    },
    (request) => ({ commands: [...commands.recent(request.query)] }),
  )
  app.post(
    '/api/commands',
    {
      schema: {
        tags: ['commands'],
        summary: 'Set a point of a device, and wait up to 5 s for what becomes of it',
        body,
        response: { 200: answer, 202: answer },
      },
    },
    async (request, reply) => {
      const {
        device,
        point,
        value,
        by,
        id = randomUUID(),
        expires = commands.expires?.() ?? clock.now() + EXPIRES,
      } = request.body
      const signature = allowCommand(request, device, point, by, (name) => commands.mayCommand(name))
      const result = await sent(commands, device, point, { id, value, ...signature, expires }, clock)
      return reply.code(result.state === 'waiting' ? 202 : 200).send(result)
    },
  )
}

/** Sends a command; what is not answered in time is `waiting`, and may still be done. Throws link/unavailable. */
export async function sent(
  commands: Pick<Commands, 'send'>,
  device: string,
  point: string,
  command: Command,
  clock: Clock,
): Promise<z.infer<typeof answer>> {
  const ended = new AbortController()
  const late = clock.sleep(PATIENCE, ended.signal).then(
    () => undefined,
    () => undefined, // woken because the result is there
  )
  try {
    const waiting: CommandResult = { id: command.id, state: 'waiting' }
    const result = (await Promise.race([commands.send(device, point, command, ended.signal), late])) ?? waiting
    return answer.parse(result)
  } finally {
    ended.abort()
  }
}
