/** The doors: TCP, TLS, Unix sockets and WebSockets. Each hands over connections and knows its real address. */
import { chmod, mkdir, rm } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer, type SecureContextOptions, type Server as TlsServer } from 'node:tls'
import { HabtwinError, messageOf } from '@habtwin/contract'
import { isLoopback, isProxied, mayEnter } from '@habtwin/runtime/origin'
import { certifiedBy, guardHandshakes } from '@habtwin/runtime/tls/door'
import { createWebSocketStream, WebSocketServer } from 'ws'
import type { Refusal } from './counters.ts'
import type { NetAddress } from './options.ts'

export interface Listener extends AsyncDisposable {
  /** `127.0.0.1:1883`, or the path of a Unix socket. */
  readonly address: string
  /** The port that was taken, 0 for a Unix socket. */
  readonly port: number
}

/**
 * Given each connection, and who is at its other end: an IP address, or '' by a Unix socket; and the user that its
 * client certificate names, where it showed one that is believed.
 */
export type OnConnection = (conn: Duplex, from: string, certified?: string) => void

/** What a listener with TLS shows, and wants to see; an `Identity` of the runtime fits. */
export interface Secured {
  context(): SecureContextOptions
  /** Keeps a server up to date until disposed. */
  serve(server: Pick<TlsServer, 'setSecureContext'>): Disposable
  readonly clients: 'optional' | 'required' | undefined
  /** Handshakes of one address that may be open at once. */
  readonly handshakes: number | undefined
}

export interface ListenSettings {
  /** Connections at most. */
  readonly connections: number
  /** Bytes that a connection holds in either direction before its other end is asked to wait. */
  readonly buffer: number
  /** Largest WebSocket message, bytes. */
  readonly message: number
  /** Milliseconds that a WebSocket may take to introduce itself. */
  readonly timeout: number
  /** Milliseconds that a TLS handshake may take. */
  readonly handshake: number
}

/** MQTT over plain TCP. Throws listen/address-in-use, listen/impossible. */
export async function listenTcp(at: NetAddress, settings: ListenSettings, connected: OnConnection): Promise<Listener> {
  allowed(at)
  const server = createServer(
    { noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000, highWaterMark: settings.buffer },
    (socket) => connected(socket, socket.remoteAddress ?? ''),
  )
  server.maxConnections = settings.connections
  return open(server, { host: bare(at.host), port: at.port }, written(at))
}

/** MQTT over TLS, where clients may show certificates. Throws listen/address-in-use, listen/impossible. */
export async function listenTls(
  at: NetAddress,
  settings: ListenSettings,
  identity: Secured,
  connected: OnConnection,
  refused: (reason: Refusal, from: string) => void,
): Promise<Listener> {
  const { clients } = identity
  const shape = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000, highWaterMark: settings.buffer }
  // who shows a certificate that is not believed is turned away below, so that it can be said why
  const asked = { requestCert: clients !== undefined, rejectUnauthorized: false, handshakeTimeout: settings.handshake }
  const server = createTlsServer({ ...identity.context(), ...asked, ...shape }, (socket) => {
    const from = socket.remoteAddress ?? ''
    const by = clients && certifiedBy(socket, clients)
    if (by !== undefined && 'refused' in by) {
      refused(by.refused, from)
      socket.on('error', () => undefined)
      socket.destroy()
    } else {
      // TLS sockets of a server do not take it from its options
      roomFor(settings.buffer, socket)
      connected(socket, from, by?.user)
    }
  })
  server.maxConnections = settings.connections
  guardHandshakes(server, refused, identity.handshakes)
  return served(await open(server, { host: bare(at.host), port: at.port }, written(at)), identity, server)
}

/**
 * MQTT over a Unix socket that only this user can open (0600). A file left by a process that died is removed; one
 * behind which somebody answers is not.
 */
export async function listenUnix(path: string, settings: ListenSettings, connected: OnConnection): Promise<Listener> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new HabtwinError('config/invalid', `The path of a Unix socket is longer than ${MAX_SOCKET_PATH} bytes`, {
      where: path,
    })
  }
  const server = createServer({ highWaterMark: settings.buffer }, (socket) => connected(socket, ''))
  server.maxConnections = settings.connections
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  if (!(await answers(path))) await rm(path, { force: true })
  const listener = await open(server, { path }, path)
  await chmod(path, 0o600)
  return listener
}

// sun_path of Linux is 108 bytes with the closing zero (unix(7))
const MAX_SOCKET_PATH = 107

/**
 * MQTT over WebSocket on `/mqtt` (MQTT 3.1.1, section 6), for pages and names that are ours.
 * @param identity where it speaks TLS
 */
export async function listenWebSocket(
  at: NetAddress & { readonly names?: readonly string[] | undefined },
  settings: ListenSettings,
  connected: OnConnection,
  refused: (reason: Refusal, from: string) => void,
  identity?: Secured,
): Promise<Listener> {
  if (identity === undefined) allowed(at)
  const shape = { noDelay: true, keepAlive: true, connectionsCheckingInterval: 1_000 }
  const http =
    identity === undefined
      ? createHttpServer(shape)
      : createHttpsServer({ ...identity.context(), ...shape, handshakeTimeout: settings.handshake })
  if (identity && 'setSecureContext' in http) guardHandshakes(http, refused, identity.handshakes)
  http.on('request', (_, answer) => {
    answer.writeHead(426, { 'content-type': 'text/plain', connection: 'close' })
    answer.end('MQTT over WebSocket is spoken here, at /mqtt\n')
  })
  http.maxConnections = settings.connections
  http.headersTimeout = settings.timeout
  http.requestTimeout = settings.timeout
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: settings.message,
    perMessageDeflate: false,
    clientTracking: true,
    // [MQTT-6.0.0-4]; some clients of old ask for mqttv3.1
    handleProtocols: (asked) => ['mqtt', 'mqttv3.1'].find((name) => asked.has(name)) ?? false,
  })
  const secure = identity !== undefined
  http.on('upgrade', (request, socket, head) => {
    const path = request.url?.split('?')[0]
    const reason: Refusal | undefined =
      path !== '/mqtt'
        ? 'websocket-path'
        : mayEnter(request.headers.host, request.headers.origin, at.host, at.names ?? [], { neighbours: true, secure })
          ? undefined
          : 'websocket-origin'
    if (reason !== undefined) {
      refused(reason, request.socket.remoteAddress ?? '')
      socket.on('error', () => socket.destroy())
      socket.end(`HTTP/1.1 ${path === '/mqtt' ? '403 Forbidden' : '404 Not Found'}\r\nConnection: close\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const stream = createWebSocketStream(ws, { highWaterMark: settings.buffer })
      const address = request.socket.remoteAddress ?? ''
      // whoever it is that a proxy speaks for, it is nobody of this machine
      connected(stream, isProxied(request.headers) ? `by proxy ${address}` : address)
    })
  })
  const opened = await open(http, { host: bare(at.host), port: at.port }, written(at))
  const listener = identity && 'setSecureContext' in http ? served(opened, identity, http) : opened
  return {
    address: listener.address,
    port: listener.port,
    async [Symbol.asyncDispose]() {
      for (const ws of sockets.clients) ws.terminate()
      sockets.close()
      http.closeAllConnections()
      await listener[Symbol.asyncDispose]()
    },
  }
}

/** Sets how many bytes may wait to be written before the writer is asked to wait. */
function roomFor(bytes: number, socket: Socket): void {
  const { _writableState: state } = socket as unknown as { _writableState: { highWaterMark: number } }
  state.highWaterMark = bytes
}

/** A listener whose server shows what is in force until it is closed. */
function served(listener: Listener, identity: Secured, server: Pick<TlsServer, 'setSecureContext'>): Listener {
  const follows = identity.serve(server)
  return {
    address: listener.address,
    port: listener.port,
    async [Symbol.asyncDispose]() {
      follows[Symbol.dispose]()
      await listener[Symbol.asyncDispose]()
    },
  }
}

function allowed(at: NetAddress): void {
  if (isLoopback(at.host) || at.insecure === true) return
  const where = written(at)
  throw new HabtwinError('config/insecure', `${where} can be reached from other machines`, { where })
}

/** An IPv6 address without its brackets, as the system wants it. */
function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}

/** `127.0.0.1:1883`, `[::1]:1883`. */
function written({ host, port }: NetAddress): string {
  const name = bare(host)
  return `${name.includes(':') ? `[${name}]` : name}:${port}`
}

/** Starts a server; closing it also ends the connections that were not handed over. */
async function open(server: Server, options: ListenOptions, where: string): Promise<Listener> {
  const connections = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, where)))
    server.listen(options, resolve)
  })
  const bound = server.address()
  const port = bound !== null && typeof bound === 'object' ? bound.port : 0
  return {
    address: typeof bound === 'string' || bound === null ? where : `${where.slice(0, where.lastIndexOf(':'))}:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of connections) socket.destroy()
      await closed
    },
  }
}

function listenError(error: NodeJS.ErrnoException, where: string): HabtwinError {
  return error.code === 'EADDRINUSE'
    ? new HabtwinError('listen/address-in-use', `${where} is taken by another program`, { where, cause: error })
    : new HabtwinError('listen/impossible', `Listening on ${where} failed: ${messageOf(error)}`, {
        where,
        cause: error,
      })
}

/** True where somebody listens on this Unix socket. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
