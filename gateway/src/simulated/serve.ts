/**
 * A simulated line behind a socket, as a serial device server has it, or behind a pty, as an adapter of this machine.
 *
 *   SerialLine ─► 127.0.0.1:port ─► socat ─► /dev/pts/N ◄─ link
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readlink, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SerialPort } from '../drivers/serial/port.ts'
import type { SerialLine } from './line.ts'

/** A line that other processes reach. */
export interface Served extends AsyncDisposable {
  /** What a bus is given as its path. */
  readonly path: string
  /** Pulls it out; resolves when it is gone for whoever looks for it. */
  unplug(): Promise<void>
  /** Resolves when it can be opened again. */
  replug(): Promise<void>
}

/** On a free port of loopback, for one client at a time. While it is unplugged, who connects is sent away. */
export async function serveTcp(line: SerialLine): Promise<Served & { readonly port: number }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => join(line, socket, sockets))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    path: `tcp://127.0.0.1:${port}`,
    unplug: async () => line.unplug(),
    replug: async () => line.replug(),
    [Symbol.asyncDispose]: () => shut(server, sockets),
  }
}

/** As a pty that a link of this name leads to; needs socat. */
export async function servePty(line: SerialLine, link: string): Promise<Served> {
  const tcp = await serveTcp(line)
  let socat = await startSocat(link, tcp.port)
  const stop = async () => {
    const ended = socat.exitCode === null && socat.signalCode === null ? once(socat, 'exit') : undefined
    socat.kill('SIGKILL')
    await ended
    await rm(link, { force: true }) // killed, it leaves the link to a pty that is no more
  }
  return {
    path: link,
    async unplug() {
      line.unplug()
      await stop()
    },
    async replug() {
      line.replug()
      socat = await startSocat(link, tcp.port)
    },
    async [Symbol.asyncDispose]() {
      await stop()
      await tcp[Symbol.asyncDispose]()
    },
  }
}

/** Bytes from the socket to the line and back, until either ends. */
function join(line: SerialLine, socket: Socket, sockets: Set<Socket>): void {
  let port: SerialPort
  socket.on('error', () => {}) // told by close
  try {
    port = line.open()
  } catch {
    socket.destroy()
    return
  }
  sockets.add(socket)
  socket.setNoDelay()
  port.onData = (bytes) => socket.write(bytes)
  port.onClose = () => socket.destroy()
  socket.on('data', (bytes) => {
    port.write(bytes).catch(() => socket.destroy())
  })
  socket.on('close', () => {
    sockets.delete(socket)
    port.close()
  })
}

async function shut(server: Server, sockets: Set<Socket>): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  for (const socket of sockets) socket.destroy()
  await closed
}

async function startSocat(link: string, port: number): Promise<ChildProcess> {
  const socat = spawn('socat', [`pty,raw,echo=0,link=${link}`, `tcp:127.0.0.1:${port},nodelay`], { stdio: 'ignore' })
  const failed = once(socat, 'error').then(([error]) => Promise.reject(error))
  failed.catch(() => {})
  while ((await Promise.race([readlink(link).catch(() => undefined), failed])) === undefined) {
    if (socat.exitCode !== null) throw new Error(`socat ended with ${socat.exitCode}`)
    await sleep(5)
  }
  return socat
}
