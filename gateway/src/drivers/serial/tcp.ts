/** A serial port behind a device server that hands the bytes through (ser2net's `raw`, Moxa's "TCP server"). */
import { connect, type Socket } from 'node:net'
import { HabtwinError } from '@habtwin/contract'
import type { Opening, SerialPort } from './port.ts'

/** @param path `tcp://host:port` */
export async function openTcp(path: string, { where, signal }: Opening): Promise<SerialPort> {
  signal.throwIfAborted()
  const { hostname, port } = new URL(path)
  // an address of IPv6 stands in brackets
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 10_000,
  })
  const failed = Promise.withResolvers<never>()
  const fail = (error: unknown) => failed.reject(error)
  const abort = () => failed.reject(signal.reason)
  socket.on('error', fail)
  signal.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), failed.promise])
  } catch (cause) {
    socket.destroy()
    const why = signal.aborted ? 'no answer' : ((cause as NodeJS.ErrnoException).code ?? String(cause))
    throw new HabtwinError('device/unreachable', `${path} cannot be reached (${why})`, { where, cause })
  } finally {
    signal.removeEventListener('abort', abort)
  }
  return new TcpPort(socket, path, where)
}

class TcpPort implements SerialPort {
  onData: SerialPort['onData']
  onClose: SerialPort['onClose']
  #socket: Socket
  #lost: HabtwinError | undefined
  #path: string
  #where: string

  constructor(socket: Socket, path: string, where: string) {
    this.#socket = socket
    this.#path = path
    this.#where = where
    let cause: Error | undefined
    socket.on('error', (error) => {
      cause = error
    })
    socket.on('data', (bytes) => this.onData?.(bytes))
    // the far end has closed its half: it will send no more
    socket.on('end', () => socket.destroy())
    socket.on('close', () => this.#closed(cause))
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(this.#lost ?? this.#gone(undefined))
      this.#socket.write(bytes, (error) => (error ? reject(this.#gone(error)) : resolve()))
    })
  }

  async close(): Promise<void> {
    this.onClose = undefined
    this.onData = undefined
    if (this.#socket.closed) return
    const closed = new Promise((resolve) => this.#socket.once('close', resolve))
    this.#socket.destroy()
    await closed
  }

  #closed(cause: Error | undefined): void {
    this.#lost = this.#gone(cause)
    const tell = this.onClose
    this.onClose = undefined
    tell?.(this.#lost)
  }

  #gone(cause: Error | undefined): HabtwinError {
    const why = cause === undefined ? 'closed the connection' : `broke off (${(cause as NodeJS.ErrnoException).code})`
    return new HabtwinError('device/unreachable', `${this.#path} ${why}`, { where: this.#where, cause })
  }
}
