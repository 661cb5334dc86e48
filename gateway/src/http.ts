/** The gateway's own small HTTP: is it alive, is it ready, what has it counted. No framework: it must never fall. */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { HabtwinError, messageOf } from '@habtwin/contract'
import { type Address, mayEnter } from '@habtwin/runtime'
import { guardHandshakes, type TlsRefusal } from '@habtwin/runtime/tls/door'
import type { Identity } from '@habtwin/runtime/tls/identity'

export interface HttpTls {
  readonly identity: Identity
  /** What a handshake may take, ms. */
  readonly handshake: number
  /** Told of each connection that came to nothing. */
  readonly refused: (reason: TlsRefusal, from: string) => void
}

export interface GatewayHttpParts {
  readonly address: Address
  readonly names: readonly string[]
  /** Why the gateway is not ready, or undefined. */
  readonly notReady: () => string | undefined
  /** Prometheus text, version 0.0.4. */
  readonly metrics: () => string
  /** True where a request may see them. */
  readonly mayRead: (request: IncomingMessage) => boolean
  /** The authority that is handed out, PEM; undefined where there is none of ours. */
  readonly authority?: () => string | undefined
  /** Where TLS is spoken. */
  readonly tls?: HttpTls | undefined
}

/** A metric and its value: `[name, help, type, value]`; labels are part of the name. */
export type Metric = readonly [name: string, help: string, type: 'counter' | 'gauge', value: number]

/** Metrics in the text format of Prometheus (exposition format 0.0.4). */
export function prometheus(metrics: Iterable<Metric>): string {
  let out = ''
  let family = ''
  for (const [name, help, type, value] of metrics) {
    const base = name.replace(/\{.*$/, '')
    if (base !== family) out += `# HELP ${base} ${help}\n# TYPE ${base} ${type}\n`
    family = base
    out += `${name} ${value}\n`
  }
  return out
}

/**
 * Listens until disposed.
 * @throws HabtwinError listen/address-in-use
 */
export async function listenHttp(parts: GatewayHttpParts): Promise<AsyncDisposable & { readonly address: string }> {
  const { tls } = parts
  const secure = tls !== undefined
  const answer: RequestListener = (request, response) => {
    const reply = (status: number, type: string, body: string) => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
    }
    if (!mayEnter(request.headers.host, request.headers.origin, parts.address.host, parts.names, { secure }))
      return reply(403, 'text/plain', 'unknown host name\n')
    const path = request.url?.split('?')[0]
    if (path === '/healthz') return reply(200, 'text/plain', 'alive\n')
    if (path === '/metrics') {
      if (parts.mayRead(request)) return reply(200, 'text/plain; version=0.0.4', parts.metrics())
      return reply(401, 'text/plain', 'it takes a token: `Authorization: Bearer …` (habtwin user token)\n')
    }
    if (path === '/readyz') {
      const why = parts.notReady()
      return why === undefined ? reply(200, 'text/plain', 'ready\n') : reply(503, 'text/plain', `${why}\n`)
    }
    const authority = path === '/ca.pem' ? parts.authority?.() : undefined
    if (authority !== undefined) return reply(200, 'application/x-x509-ca-cert', authority)
    return reply(404, 'text/plain', 'there is /healthz, /readyz and /metrics\n')
  }
  const server =
    tls === undefined
      ? createServer(answer)
      : createHttpsServer({ ...tls.identity.context(), handshakeTimeout: tls.handshake }, answer)
  if (tls && 'setSecureContext' in server) guardHandshakes(server, tls.refused, tls.identity.handshakes)
  const follows = tls && 'setSecureContext' in server ? tls.identity.serve(server) : undefined
  await listen(server, parts.address)
  const { address, port } = server.address() as AddressInfo
  return {
    address: `${address}:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        follows?.[Symbol.dispose]()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const where = `${host}:${port}`
      const taken = error.code === 'EADDRINUSE'
      reject(
        taken
          ? new HabtwinError('listen/address-in-use', `${where} is taken by another program`, { where, cause: error })
          : new HabtwinError('listen/impossible', `cannot listen on ${where}: ${messageOf(error)}`, {
              where,
              cause: error,
            }),
      )
    })
    server.listen(port, host, resolve)
  })
}
