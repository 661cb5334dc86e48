/** The doors: TCP, Unix sockets and WebSockets. Each hands over connections and knows its real address. */
import { chmod, mkdir, rm } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import type { Duplex } from 'node:stream'
import { HabtwinError, messageOf } from '@habtwin/contract'
import { isLoopback, mayEnter } from '@habtwin/runtime/origin'
import { createWebSocketStream, WebSocketServer } from 'ws'
import type { Refusal } from './counters.ts'
import type { NetAddress } from './options.ts'

export interface Listener extends AsyncDisposable {
  /** `127.0.0.1:1883`, or the path of a Unix socket. */
  readonly address: string
  /** The port that was taken, 0 for a Unix socket. */
  readonly port: number
}

/** Given each connection, and who is at its other end: an IP address, or '' by a Unix socket. */
export type OnConnection = (conn: Duplex, from: string) => void

export interface ListenSettings {
  /** Connections at most. */
  readonly connections: number
  /** Bytes that a connection holds in either direction before its other end is asked to wait. */
  readonly buffer: number
  /** Largest WebSocket message, bytes. */
  readonly message: number
  /** Milliseconds that a WebSocket may take to introduce itself. */
  readonly timeout: number
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

/** MQTT over WebSocket on `/mqtt` (MQTT 3.1.1, section 6), for pages and names that are ours. */
export async function listenWebSocket(
  at: NetAddress & { readonly names?: readonly string[] | undefined },
  settings: ListenSettings,
  connected: OnConnection,
  refused: (reason: Refusal) => void,
): Promise<Listener> {
  allowed(at)
  const http = createHttpServer({ noDelay: true, keepAlive: true, connectionsCheckingInterval: 1_000 }, (_, answer) => {
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
  http.on('upgrade', (request, socket, head) => {
    const path = request.url?.split('?')[0]
    const reason: Refusal | undefined =
      path !== '/mqtt'
        ? 'websocket-path'
        : mayEnter(request.headers.host, request.headers.origin, at.host, at.names ?? [], { neighbours: true })
          ? undefined
          : 'websocket-origin'
    if (reason !== undefined) {
      refused(reason)
      socket.on('error', () => socket.destroy())
      socket.end(`HTTP/1.1 ${path === '/mqtt' ? '403 Forbidden' : '404 Not Found'}\r\nConnection: close\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const stream = createWebSocketStream(ws, { highWaterMark: settings.buffer })
      connected(stream, request.socket.remoteAddress ?? '')
    })
  })
  const listener = await open(http, { host: bare(at.host), port: at.port }, written(at))
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
