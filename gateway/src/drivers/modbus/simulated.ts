/** A Modbus server to try drivers on: the real one of modbus-serial, with a plug that can be pulled. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { ServerTCP } from 'modbus-serial'

export interface Simulated extends AsyncDisposable {
  readonly port: number
  /** Address → word, of the holding registers of unit 1. */
  readonly registers: Map<number, number>
  /** How many requests were answered. */
  readonly asked: () => number
  /** Takes requests and answers none. */
  silence(on: boolean): void
  /** Closes every connection and refuses new ones. */
  hangUp(): Promise<void>
  mend(): Promise<void>
}

/**
 * Holds registers of unit 1: 800 at 0, a temperature of 21.5 as f32 with swapped words at 10, -5 at 20, 1 at 30.
 * Registers from 1,000 do not exist (exception 2); coils are on where their address is even.
 */
export async function modbusServer(): Promise<Simulated> {
  const registers = new Map([
    [0, 800],
    [1, 801],
    [10, 0],
    [11, 0x41ac],
    [20, 0xfffb],
    [30, 1],
  ])
  let silent = false
  let asked = 0
  const word = (address: number) => {
    if (address >= 1_000) throw Object.assign(new Error('no such register'), { modbusErrorCode: 2 })
    return registers.get(address) ?? 0
  }
  const vector = {
    getHoldingRegister: (address: number) => word(address),
    getInputRegister: (address: number) => word(address) + 1,
    getCoil: (address: number) => address % 2 === 0,
    getDiscreteInput: (address: number) => address % 2 === 1,
    setRegister: (address: number, value: number) => void registers.set(address, value),
    setCoil: () => {},
  }
  // the library takes the number 0 for "not given" and listens on 502, where two tests meet; the text it passes on
  const server = new ServerTCP(vector, { host: '127.0.0.1', port: '0' as unknown as number, unitID: 1 })
  const failed = once(server, 'serverError').then(([error]) => Promise.reject(error))
  await Promise.race([once(server, 'initialized'), failed])
  // the library does not say which port it took
  const { port: inner } = (server as unknown as { _server: { address(): AddressInfo } })._server.address()
  // and cannot be cut off and come back: a door of ours before it can
  const sockets = new Set<Socket>()
  const door = createServer((socket) => {
    const behind = connect(inner, '127.0.0.1')
    sockets.add(socket)
    socket.on('error', () => {})
    behind.on('error', () => {})
    behind.on('data', (data) => socket.write(data))
    socket.on('data', (data) => {
      if (silent) return
      asked++
      behind.write(data)
    })
    socket.on('close', () => {
      sockets.delete(socket)
      behind.destroy()
    })
  })
  door.listen(0, '127.0.0.1')
  await once(door, 'listening')
  const { port } = door.address() as AddressInfo
  const shut = async () => {
    for (const socket of sockets) socket.destroy()
    if (door.listening) await new Promise((resolve) => door.close(resolve))
  }
  return {
    port,
    registers,
    asked: () => asked,
    silence: (on) => {
      silent = on
    },
    hangUp: shut,
    async mend() {
      door.listen(port, '127.0.0.1')
      await once(door, 'listening')
    },
    async [Symbol.asyncDispose]() {
      await shut()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
