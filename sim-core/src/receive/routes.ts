/** What mission control asks of all habitats together, and the way to each. */
import { type ConfigStatus, configStatus, id } from '@habtwin/contract'
import { HabtwinError } from '@habtwin/contract/errors'
import { type Change, change, type HabitatRow, habitatRow } from '@habtwin/contract/habitats'
import type { Principal } from '@habtwin/runtime/access'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { App } from '../http/app.ts'
import { moment } from '../http/words.ts'
import type { Desk } from './desk.ts'
import type { Habitat } from './habitat.ts'
import type { Members } from './members.ts'
import { askPeer, handOn } from './peers.ts'
import { habitatOf, scope } from './scope.ts'
import type { HabitatServices } from './services.ts'

export interface RouteParts {
  /** As the configuration has it now. */
  readonly named: () => { readonly label: string; readonly timezone: string }
  /** How the configuration stands, where its file is followed. */
  readonly config: () => ConfigStatus | undefined
  readonly version: string
  readonly desk: Pick<Desk, 'habitats' | 'get' | 'known'>
  readonly members: Pick<Members, 'id' | 'all' | 'ownerOf' | 'socketOf'>
  readonly services: (habitat: Habitat) => HabitatServices
  /** Whether the broker is there, and since when, ms. */
  readonly broker: () => { readonly up: boolean; readonly since: number }
  readonly now: () => number
}

/** Changes that one answer holds, at most. */
const MOST = 1_000
/** Changes that are looked through of one habitat. */
const EACH = 500

const receiver = z.object({
  label: z.string(),
  timezone: z.string(),
  version: z.string(),
  now: z.number(),
  /** The receiver's connection to its broker. */
  broker: z.object({ up: z.boolean(), since: z.number() }),
  /** Processes that share the habitats between them. */
  processes: z.int(),
  /** How its configuration stands, where its file is followed. */
  config: configStatus.optional(),
})
const own = z.stringbool().default(false).describe('Only those that this very process records.')
const since = z.object({ since: moment, habitat: id.optional(), own })

/** Whoever is let into one habitat alone sees no other. */
function maySee(who: Principal | undefined, habitat: string): boolean {
  return who?.habitat === undefined || who.habitat === habitat
}

/** Sends requests about a habitat to the process that records it, and tells the routes which one it is. */
export function habitatScope(app: App, { desk, members, services }: RouteParts): void {
  app.addHook('onRequest', async ({ raw, who }, reply) => {
    const habitat = habitatOf(raw)
    if (habitat !== undefined && !maySee(who, habitat))
      throw new HabtwinError('request/forbidden', `${who?.name} is let into the habitat ${who?.habitat} alone`)
    if (habitat === undefined || desk.get(habitat)) return
    const owner = members.ownerOf(habitat)
    if (owner === members.id || !desk.known.includes(habitat)) {
      throw desk.known.includes(habitat)
        ? new HabtwinError('link/unavailable', `${habitat} is being taken over`, { where: habitat })
        : new HabtwinError('request/not-found', `Nothing was heard of a habitat ${habitat}`)
    }
    reply.hijack()
    handOn(members.socketOf(owner), `/habitats/${habitat}${raw.url}`, who, raw, reply.raw)
  })
  app.addHook('preHandler', ({ raw }, _, done) => {
    const name = habitatOf(raw)
    const habitat = name === undefined ? undefined : desk.get(name)
    if (habitat === undefined) done()
    else scope.run(services(habitat), done)
  })
}

export function habitatRoutes(app: App, parts: RouteParts): void {
  const { desk, members, named, version, now, broker, config } = parts
  const others = async <T>(path: string, { headers: { host = '' }, who }: FastifyRequest): Promise<T[]> => {
    const asked = members.all.filter((member) => member !== members.id)
    const answers = await Promise.all(
      asked.map((member) => askPeer<T[]>(members.socketOf(member), path, { host, who })),
    )
    return answers.flatMap((answer) => answer ?? [])
  }
  app.get(
    '/api/receiver',
    { schema: { tags: ['mission control'], summary: 'Who receives', response: { 200: receiver } } },
    () => {
      const { label, timezone } = named()
      const stands = config()
      return {
        ...{ label, timezone, version, now: now(), broker: broker(), processes: members.all.length },
        ...(stands === undefined ? {} : { config: stands }),
      }
    },
  )
  app.get(
    '/api/habitats',
    {
      schema: {
        tags: ['mission control'],
        summary: 'Every habitat that was heard of, and how it stands as far as can be known here',
        querystring: z.object({ own }),
        response: { 200: z.array(habitatRow) },
      },
    },
    async (request) => {
      const rows = desk.habitats.filter(({ id }) => maySee(request.who, id)).map((habitat) => habitat.row())
      if (!request.query.own) rows.push(...(await others<HabitatRow>('/api/habitats?own=true', request)))
      return rows.sort((a, b) => a.habitat.localeCompare(b.habitat))
    },
  )
  app.get(
    '/api/changes',
    {
      schema: {
        tags: ['mission control'],
        summary: 'What became known here since a moment, of one habitat or all, the newest first',
        querystring: since,
        response: { 200: z.array(change) },
      },
    },
    async (request) => {
      const { since, habitat, own } = request.query
      const asked = desk.habitats.filter(({ id }) => (habitat ?? id) === id && maySee(request.who, id))
      const found = asked.flatMap((one) => one.changes(since, EACH))
      const path = `/api/changes?own=true&since=${since}${habitat === undefined ? '' : `&habitat=${habitat}`}`
      if (!own) found.push(...(await others<Change>(path, request)))
      return found.sort((a, b) => b.at - a.at).slice(0, MOST)
    },
  )
}
