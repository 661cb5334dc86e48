/** What every route has in common: schemas in zod, errors as problems, and who may come in at all. */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import swagger from '@fastify/swagger'
import { HabtwinError } from '@habtwin/contract'
import type { Log } from '@habtwin/runtime/log'
import { isLoopback, mayEnter } from '@habtwin/runtime/origin'
import type { Identity } from '@habtwin/runtime/tls/identity'
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  fastify,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
  type RawServerDefault,
} from 'fastify'
import { jsonSchemaTransform, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { demand, needed } from './access.ts'
import type { Door } from './door.ts'
import { expected, problemOf, sendProblem } from './problem.ts'

/** Where routes are added. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>

export interface AppOptions {
  /** The address listened on. */
  readonly bound: string
  /** Names under which this machine is known, beyond the loopback's. */
  readonly names: readonly string[]
  readonly version: string
  readonly log: Log
  /** Knows who asks. */
  readonly door: Door
  /** Where TLS is spoken. */
  readonly tls?: AppTls | undefined
  /** The address that a request is worked on as: asked once for each, before anything else. */
  readonly rewrite?: ((request: IncomingMessage) => string) | undefined
}

export interface AppTls {
  readonly identity: Identity
  /** What a handshake may take, ms. */
  readonly handshake: number
  /** Whether browsers are to remember that there is TLS. */
  readonly hsts: boolean
}

/** Largest body that a request may bring, bytes. */
const MOST_BODY = 65_536

/**
 * What a browser is told about every answer: it runs nothing but our own files, and no page may frame them.
 * `connect-src 'self'` allows the WebSocket of the same host too (CSP level 3).
 */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

/** A year, in seconds. */
const HSTS = 'max-age=31536000'

/** An application without routes. */
export async function createApp({ bound, names, version, log, door, tls, rewrite }: AppOptions): Promise<App> {
  const options = {
    bodyLimit: MOST_BODY,
    requestTimeout: 30_000,
    keepAliveTimeout: 30_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 128 },
    ...(rewrite ? { rewriteUrl: rewrite } : {}),
  }
  const https = tls && { ...tls.identity.context(), handshakeTimeout: tls.handshake }
  // the routes need not know which of the two servers carries them
  const made = https === undefined ? fastify(options) : (fastify({ ...options, https }) as unknown as FastifyInstance)
  const app = made.withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  // answers are checked by types and by tests; checking each again at run time would cost more than making it
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.decorateRequest('who')
  app.decorateRequest('users', false)
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers)
    if (isApi(request)) reply.header('cache-control', 'no-store')
    if (tls?.hsts === true && isName(request.hostname)) reply.header('strict-transport-security', HSTS)
    if (!mayEnter(request.headers.host, request.headers.origin, bound, names, { secure: tls !== undefined })) {
      const asked = request.headers.origin ?? request.headers.host ?? 'nobody'
      throw new HabtwinError('request/origin', `${asked} is not this panel`)
    }
    request.who = door.who(request.raw)
    request.users = door.users > 0
    const deed = needed(request.url)
    if (deed !== undefined) demand(request, deed, request.url.split('?')[0] ?? '')
  })
  app.setErrorHandler((error, request, reply) => {
    const known = expected(error)
    if (known?.code === 'request/login' || known?.code === 'request/forbidden') door.refused(request.raw, request.who)
    if (known !== undefined) return sendProblem(reply, known)
    log.error({ err: error, method: request.method, url: request.url }, 'a request failed by an error of ours')
    return sendProblem(reply, problemOf(new HabtwinError('bug/unexpected', 'The request failed by an error of ours')))
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, problemOf(new HabtwinError('request/not-found', `${request.method} ${request.url}`))),
  )
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'habtwin',
        version,
        description:
          'The habitat’s instruments, its twin and its alerts. Times are milliseconds since the Unix epoch, or ISO ' +
          '8601 in a query. Errors are problem details (RFC 9457) with a `code` and a `remedy`.',
      },
    },
    transform: jsonSchemaTransform,
  })
  return app
}

/** A name of the network's: browsers remember nothing of addresses (RFC 6797, 8.3), and loopback is everybody's. */
function isName(host: string): boolean {
  return !isLoopback(host) && isIP(host.replace(/^\[|\]$/g, '')) === 0
}

function isApi(request: FastifyRequest): boolean {
  return /^\/(?:api\/|healthz|readyz|metrics)/.test(request.url)
}
