/** The link to mission control: how it stands, what waits for the crew, and what is said on the safety channel. */
import { randomUUID } from 'node:crypto'
import { bridgeState, id, linkDevices, type Safety, safety, waitingCommand } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import { z } from 'zod'
import { allowCommand } from '../access.ts'
import type { App } from '../app.ts'
import type { Commands } from './commands.ts'

const said = safety.omit({ journal: true, seq: true })

export type SaidSafety = z.output<typeof said>

export interface LinkDesk {
  bridges(): readonly z.output<typeof bridgeState>[]
  /** How much of each device has crossed each bridge, as the gateway here has counted it. */
  devices(): readonly z.output<typeof linkDevices>[]
  /** Commands from afar that wait for a crew member. */
  waiting(): readonly z.output<typeof waitingCommand>[]
  /** What was said, the newest first. */
  safety(): readonly SaidSafety[]
  /** Which side of the link this is. */
  readonly side: Safety['side']
  /** Says it to both sides, in real time. Throws link/unavailable, command/refused. */
  say(message: SaidSafety): Promise<void>
}

const body = z.strictObject({
  id: id.optional().describe('Names it for ever: sent again, it is not said again.'),
  text: safety.shape.text,
  by: z.string().trim().min(1).max(128).optional().describe('Needed of whoever has not logged in.'),
})

export function linkRoutes(app: App, desk: LinkDesk, commands: Pick<Commands, 'mayCommand'>, clock: Clock): void {
  app.get(
    '/api/link',
    {
      schema: {
        tags: ['link'],
        summary: 'How each bridge stands, which commands wait for the crew, and what was said on the safety channel',
        response: {
          200: z.object({ bridges: z.array(bridgeState), waiting: z.array(waitingCommand), safety: z.array(said) }),
        },
      },
    },
    () => ({ bridges: [...desk.bridges()], waiting: [...desk.waiting()], safety: [...desk.safety()] }),
  )
  app.get(
    '/api/link/devices',
    {
      schema: {
        tags: ['link'],
        summary: 'Of each device, how much has crossed each bridge, and what will never come',
        description:
          'Counted each ten seconds by the gateway of this habitat; at mission control see `/api/completeness`.',
        response: { 200: z.array(linkDevices) },
      },
    },
    () => [...desk.devices()],
  )
  app.post(
    '/api/safety',
    {
      schema: {
        tags: ['link'],
        summary: 'Say something in real time, outside of any simulated delay',
        body,
        response: { 201: said },
      },
    },
    async (request, reply) => {
      const { id = randomUUID(), text, by: name } = request.body
      const { by } = allowCommand(request, 'safety', 'say', name, (device) => commands.mayCommand(device))
      const message: SaidSafety = { id, t: clock.now(), by, side: desk.side, text }
      await desk.say(message)
      return reply.code(201).send(message)
    },
  )
}
