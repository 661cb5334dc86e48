/**
 * The panel's way to the broker, through the panel's own port:
 *
 *   page ─ws─► /mqtt ─(a line that says who it is, then raw bytes, both ways)─► panel.sock ─► broker
 *
 * Nothing of MQTT is understood here. Either side may be slow: its bytes are then not asked for. Whoever may not be in
 * any more is disconnected at once.
 */
import type { IncomingMessage, Server } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { isHabtwinError, MAX_PACKET } from '@habtwin/contract'
import { announce } from '@habtwin/runtime/announcement'
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws'
import type { Admitted, Door } from './door.ts'

export interface MqttProxyOptions {
  /** The broker's Unix socket for panels. */
  readonly socketPath: string
  /** True where a request may come in, by its Host and Origin. */
  readonly mayEnter: (host: string | undefined, origin: string | undefined) => boolean
  /** Knows who asks. */
  readonly door: Pick<Door, 'admit' | 'onChange'>
  /** Connections at once. */
  readonly most?: number
}

/** At mission control the page of each habitat asks below its own address; the broker is the same. */
const ways = /^(?:\/habitats\/[a-z0-9-]+)?\/mqtt$/
/** Bytes held in either direction before the other side is asked to wait. */
const BUFFER = 65_536
/** RFC 6455, and the registry of close codes: "try again later". */
const TRY_AGAIN = 1013
/** "Policy violation": it may not be in any more. */
const NOT_ALLOWED = 1008

export class MqttProxy implements Disposable {
  readonly #options: MqttProxyOptions
  readonly #admitted = new Map<WebSocket, Admitted>()
  #changes: Disposable | undefined
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
    this.#changes = this.#options.door.onChange(() => this.#reconsider())
  }

  [Symbol.dispose](): void {
    this.#changes?.[Symbol.dispose]()
    for (const ws of this.#sockets.clients) ws.terminate()
    this.#sockets.close()
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { mayEnter, most = 64, socketPath } = this.#options
    const { host, origin } = request.headers
    socket.on('error', () => socket.destroy())
    if (!ways.test(request.url?.split('?')[0] ?? '')) refuse(socket, '404 Not Found')
    else if (!mayEnter(host, origin)) refuse(socket, '403 Forbidden')
    else if (this.open >= most) refuse(socket, '503 Service Unavailable')
    else {
      const admitted = this.#admit(request)
      if (admitted === undefined) refuse(socket, '401 Unauthorized')
      else
        this.#sockets.handleUpgrade(request, socket, head, (ws) => {
          this.#admitted.set(ws, admitted)
          ws.once('close', () => this.#admitted.delete(ws))
          join(ws, socketPath, admitted)
        })
    }
  }

  #admit(request: IncomingMessage): Admitted | undefined {
    try {
      return this.#options.door.admit(request)
    } catch (error) {
      if (isHabtwinError(error)) return undefined // a token that is none
      throw error
    }
  }

  #reconsider(): void {
    for (const [ws, admitted] of this.#admitted) if (!admitted.stands()) ws.close(NOT_ALLOWED, 'no longer logged in')
  }
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** Joins a WebSocket to the broker; when either goes, so does the other. */
function join(ws: WebSocket, socketPath: string, { who, from }: Admitted): void {
  const page = createWebSocketStream(ws, { highWaterMark: BUFFER, allowHalfOpen: false })
  const broker = connect({ path: socketPath, highWaterMark: BUFFER } as { path: string })
  broker.write(announce({ who, from }))
  page.pipe(broker)
  broker.pipe(page, { end: false })
  page.on('error', () => broker.destroy()) // too large a message, or a page that went without a word
  page.on('close', () => broker.destroy())
  broker.on('error', () => undefined) // `close` follows, and says it to the page
  broker.on('close', () => ws.close(TRY_AGAIN, 'the gateway is away'))
}
