/**
 * The panel's way to the broker, through the panel's own port:
 *
 *   page ─ws─► /mqtt ─(raw bytes, both ways)─► viewer.sock ─► broker
 *
 * Nothing of MQTT is understood here. Either side may be slow: its bytes are then not asked for.
 */
import type { IncomingMessage, Server } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { MAX_PACKET } from '@habtwin/contract'
import { isProxied } from '@habtwin/runtime/origin'
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws'

export interface MqttProxyOptions {
  /** The broker's Unix socket for those who only look. */
  readonly socketPath: string
  /** True where a request may come in, by its Host and Origin. */
  readonly mayEnter: (host: string | undefined, origin: string | undefined) => boolean
  /** Connections at once. */
  readonly most?: number
}

/** Bytes held in either direction before the other side is asked to wait. */
const BUFFER = 65_536
/** RFC 6455, and the registry of close codes: "try again later". */
const TRY_AGAIN = 1013

export class MqttProxy implements Disposable {
  readonly #options: MqttProxyOptions
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_PACKET,
    perMessageDeflate: false,
    // [MQTT-6.0.0-4]
    handleProtocols: (asked) => (asked.has('mqtt') ? 'mqtt' : false),
  })

  constructor(options: MqttProxyOptions) {
    this.#options = options
  }

  /** Connections that are open. */
  get open(): number {
    return this.#sockets.clients.size
  }

  /** Takes the upgrades of a server. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  [Symbol.dispose](): void {
    for (const ws of this.#sockets.clients) ws.terminate()
    this.#sockets.close()
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { mayEnter, most = 64 } = this.#options
    const { host, origin } = request.headers
    socket.on('error', () => socket.destroy())
    if (request.url?.split('?')[0] !== '/mqtt') refuse(socket, '404 Not Found')
    else if (!mayEnter(host, origin)) refuse(socket, '403 Forbidden')
    // behind a proxy nobody knows who asks, and nobody can log in yet: the panel looks by REST then
    else if (isProxied(request.headers)) refuse(socket, '403 Forbidden')
    else if (this.open >= most) refuse(socket, '503 Service Unavailable')
    else this.#sockets.handleUpgrade(request, socket, head, (ws) => join(ws, this.#options.socketPath))
  }
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** Joins a WebSocket to the broker; when either goes, so does the other. */
function join(ws: WebSocket, socketPath: string): void {
  const page = createWebSocketStream(ws, { highWaterMark: BUFFER, allowHalfOpen: false })
  const broker = connect({ path: socketPath, highWaterMark: BUFFER } as { path: string })
  page.pipe(broker)
  broker.pipe(page, { end: false })
  page.on('error', () => broker.destroy()) // too large a message, or a page that went without a word
  page.on('close', () => broker.destroy())
  broker.on('error', () => undefined) // `close` follows, and says it to the page
  broker.on('close', () => ws.close(TRY_AGAIN, 'the gateway is away'))
}
