/**
 * One application for the panels of all habitats: `/habitats/{habitat}/…` is served by the same routes as a habitat's own
 * panel, which then answer from that habitat. An application of its own for each would cost some megabytes apiece.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage } from 'node:http'
import { HabtwinError } from '@habtwin/contract'
import type { HabitatServices } from './services.ts'

const prefix = /^\/habitats\/([a-z0-9-]{1,64})(?=\/)/

/** Of which habitat a request is, by its address. */
const asked = new WeakMap<IncomingMessage, string>()

/** The address without the habitat, which is remembered. Asked once for each request, before anything else. */
export function within(request: IncomingMessage): string {
  const url = request.url ?? '/'
  const habitat = prefix.exec(url)?.[1]
  if (habitat === undefined) return url
  asked.set(request, habitat)
  return url.slice(`/habitats/${habitat}`.length)
}

/** The habitat that a request is about; undefined where it is about all of them. */
export function habitatOf(request: IncomingMessage): string | undefined {
  return asked.get(request)
}

/** What the routes answer from while a request is worked on. */
export const scope = new AsyncLocalStorage<HabitatServices>()

/**
 * Services that are those of the habitat that is asked about.
 * @param otherwise where none is: the receiver's own
 */
export function scoped(otherwise: Partial<HabitatServices>): HabitatServices {
  const service = (name: keyof HabitatServices) =>
    new Proxy(
      {},
      {
        get(_, key) {
          const own = (scope.getStore() ?? otherwise)[name]
          if (own === undefined) throw new HabtwinError('request/not-found', 'Of which habitat? /api/habitats lists them, /habitats/{habitat}/api/… is about one') // biome-ignore format: one thought
          const value = Reflect.get(own, key)
          return typeof value === 'function' ? value.bind(own) : value
        },
      },
    )
  const names: readonly (keyof HabitatServices)[] = ['about', 'devices', 'history', 'twin', 'alerts', 'commands', 'events', 'reports', 'health', 'link'] // biome-ignore format: a table
  return Object.fromEntries(names.map((name) => [name, service(name)])) as unknown as HabitatServices
}
