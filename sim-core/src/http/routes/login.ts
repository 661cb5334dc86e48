/** Logging in and out, and who one is. */
import { type Deed, may, roles } from '@habtwin/runtime/access'
import { z } from 'zod'
import type { App } from '../app.ts'
import type { Door } from '../door.ts'

const name = z.string().min(1).max(64)

const body = z
  .strictObject({
    user: name.optional(),
    username: name.optional().describe('The same as `user`, as SIMOC says it.'),
    name: name.optional().describe('The same.'),
    password: z.string().min(1).max(1_024).describe('Or a token of that user.'),
  })
  .refine(({ user, username, name }) => (user ?? username ?? name) !== undefined, 'user: say who you are')

const change = z.strictObject({
  old: z.string().min(1).max(1_024).describe('The password that holds now.'),
  password: z.string().min(1).max(1_024).describe('The one that is to hold: ten letters or more; a sentence is best.'),
})

const deeds = ['read', 'log', 'run', 'command', 'public'] as const satisfies readonly Deed[]

const me = z.object({
  /** Null where nobody is logged in; `viewer` is whoever sits at this machine. */
  role: z.enum(roles).nullable(),
  name: z.string().nullable(),
  habitat: z.string().optional(),
  /** What may be done: see everything, log, run jobs, command; see what is for everyone. */
  may: z.array(z.enum(deeds)),
  /** True where there are users who could log in. */
  users: z.boolean(),
})

export type Me = z.infer<typeof me>

export function loginRoutes(app: App, door: Door): void {
  const told = (who: Parameters<typeof may>[0] | undefined): Me => ({
    role: who?.role ?? null,
    name: who?.name ?? null,
    ...(who?.habitat === undefined ? {} : { habitat: who.habitat }),
    may: who === undefined ? [] : deeds.filter((deed) => may(who, deed)),
    users: door.users > 0,
  })
  app.get(
    '/api/me',
    { schema: { tags: ['access'], summary: 'Who is logged in, and what they may do', response: { 200: me } } },
    (request) => told(request.who),
  )
  app.post(
    '/api/login',
    {
      schema: {
        tags: ['access'],
        summary: 'Log in: the answer sets a cookie',
        description: 'Programs send a token instead, with each request: `Authorization: Bearer …`.',
        body,
        response: { 200: me },
      },
    },
    async (request, reply) => {
      const { user, username, name, password } = request.body
      const { who, cookie } = await door.login(request.raw, user ?? username ?? name ?? '', password)
      reply.header('set-cookie', cookie)
      return told(who)
    },
  )
  app.post(
    '/api/password',
    {
      schema: {
        tags: ['access'],
        summary: 'Another password for whoever is logged in at the panel: the answer sets a new cookie',
        description: 'Every other login by the old one is over, here and by MQTT. Tokens stay.',
        body: change,
        response: { 200: me },
      },
    },
    async (request, reply) => {
      const { who, cookie } = await door.changePassword(request.raw, request.body.old, request.body.password)
      reply.header('set-cookie', cookie)
      return told(who)
    },
  )
  app.post(
    '/api/logout',
    { schema: { tags: ['access'], summary: 'Log out', response: { 204: z.undefined() } } },
    async (request, reply) => reply.header('set-cookie', door.logout(request.raw)).code(204).send(),
  )
}
