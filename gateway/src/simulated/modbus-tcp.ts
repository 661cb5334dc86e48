/** Simulated Modbus units behind a TCP server on loopback, with a plug that can be pulled. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '@habtwin/runtime/clock'
import type { ModbusPeer } from './modbus.ts'

/** Transaction, protocol and length go before unit, function and data (MODBUS Messaging on TCP/IP 1.0b, 3.1.3). */
const HEADER = 6

export class ModbusServer implements AsyncDisposable {
  readonly port: number
  #server: Server
  #sockets: Set<Socket>

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server
    this.#sockets = sockets
    this.port = (server.address() as AddressInfo).port
  }

  static async start(units: readonly ModbusPeer[], clock: Clock): Promise<ModbusServer> {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.setNoDelay()
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
      serve(socket, units, clock)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new ModbusServer(server, sockets)
  }

  get connections(): number {
    return this.#sockets.size
  }

  /** Closes every connection and refuses new ones. */
  async hangUp(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Listens again, on the same port. */
  async mend(): Promise<void> {
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.hangUp()
  }
}

function serve(socket: Socket, units: readonly ModbusPeer[], clock: Clock): void {
  let bytes: Buffer = Buffer.alloc(0)
  socket.on('data', (data) => {
    bytes = Buffer.concat([bytes, data])
    while (bytes.length >= HEADER + 2 && bytes.length >= HEADER + bytes.readUInt16BE(4)) {
      const end = HEADER + bytes.readUInt16BE(4)
      asked(socket, bytes.subarray(0, end), units, clock)
      bytes = bytes.subarray(end)
    }
  })
}

function asked(socket: Socket, frame: Buffer, units: readonly ModbusPeer[], clock: Clock): void {
  const peer = units.find(({ unit }) => unit === frame[HEADER])
  if (peer === undefined) return
  const { faults } = peer
  const question = frame.subarray(HEADER + 1)
  if (faults.frozen || (faults.silentOnGaps && peer.touchesGap(question))) return
  const body = Buffer.concat([Buffer.of(faults.as ?? peer.unit), peer.answer(question)])
  const answer = Buffer.concat([frame.subarray(0, 4), Buffer.of(body.length >> 8, body.length & 0xff), body])
  const send = () => {
    if (socket.writable) socket.write(answer.subarray(0, faults.cut ?? answer.length))
  }
  if (faults.delay === undefined) send()
  else clock.after(faults.delay, send)
}
