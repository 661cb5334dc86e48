/** Modbus TCP as the medium of a bus. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { HabtwinError, messageOf } from '@habtwin/contract'
import type { Client, Link, Medium } from './bus.ts'

/** @param host name or address */
export function tcpMedium(host: string, port: number): Medium {
  const name = `${host}:${port}`
  return {
    name,
    patience: 3,
    hint: 'a wrong unit number looks the same',
    async open(create, signal) {
      const socket = await connected(host, port, name, signal)
      const client = create()
      client.on('error', () => {})
      await client.linkTCP(socket, { port })
      return new TcpLink(socket, client, name)
    },
  }
}

async function connected(host: string, port: number, name: string, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true, keepAlive: true })
  // an error is always followed by close, which is where it is dealt with; unheard it would end the process
  socket.on('error', () => {})
  try {
    signal.throwIfAborted()
    await once(socket, 'connect', { signal })
    return socket
  } catch (cause) {
    socket.destroy()
    const why = signal.aborted ? 'it does not answer' : messageOf(cause)
    throw new HabtwinError('device/unreachable', `cannot connect to ${name}: ${why}`, { where: name, cause })
  }
}

class TcpLink implements Link {
  readonly client: Client
  onLost: Link['onLost']
  onGarbled: Link['onGarbled']
  #socket: Socket
  /** Bytes since the last request. */
  #received = 0

  constructor(socket: Socket, client: Client, name: string) {
    this.client = client
    this.#socket = socket
    socket.on('data', (data) => {
      this.#received += data.length
    })
    socket.on('close', () => this.onLost?.(new HabtwinError('device/unreachable', `${name} closed the connection`)))
  }

  expect(): void {
    this.#received = 0
  }

  get instead(): string | undefined {
    return this.#received === 0 ? undefined : `${this.#received} bytes came that are no whole answer`
  }

  /** Half an answer would be taken for the beginning of the next, so the connection goes with it. */
  giveUp(): boolean {
    return this.#received === 0
  }

  async close(): Promise<void> {
    this.#socket.destroy()
  }
}
