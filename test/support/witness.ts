/** Modbus servers that hand out a counter, and remember which figure they gave when: what must be in the store. */
import { once } from 'node:events'
import modbus from 'modbus-serial'
import { freePort } from './servers.ts'

/** One figure: when it was handed out, ms since the epoch. */
export interface Handed {
  readonly device: string
  readonly value: number
  readonly at: number
}

/** Servers of one counter each, on free ports; `handed` grows with every read. */
export class Witness implements AsyncDisposable {
  readonly handed: Handed[] = []
  readonly #servers: InstanceType<typeof modbus.ServerTCP>[] = []
  #devices = ''
  #buses = ''

  /** @param every ms between reads of each device */
  static async start(count: number, every: number): Promise<Witness> {
    const witness = new Witness()
    for (let i = 0; i < count; i++) await witness.#add(`meter-${i}`, every)
    return witness
  }

  /** Buses and devices, as YAML. */
  get config(): string {
    return `zones: { crew: { volume: 272 m3 } }\nbuses:\n${this.#buses}devices:\n${this.#devices}`
  }

  async #add(device: string, every: number): Promise<void> {
    let counter = 0
    // the library takes 0 for its default, which is only root's
    const port = await freePort()
    const server = new modbus.ServerTCP(
      {
        getMultipleHoldingRegisters: (address, length, _unit, answer) => {
          const value = ++counter
          this.handed.push({ device, value, at: Date.now() })
          const words = [value >>> 16, value & 0xffff]
          answer(null, words.slice(address, address + length))
        },
      },
      { host: '127.0.0.1', port, unitID: 1 },
    )
    this.#servers.push(server)
    await once(server, 'initialized')
    // an answer that came too late would have been handed out and never taken: no loss, but a slow machine
    this.#buses += `  wire-${device}: { driver: modbus-tcp, host: 127.0.0.1, port: ${port} }\n`
    this.#devices += `  ${device}: { zone: crew, driver: modbus-tcp, bus: wire-${device}, every: ${every} ms, timeout: 1 min, registers: { counter: { address: 0, type: u32, unit: '1' } } }\n`
  }

  /** Resolves when all who are connected now have gone: what they had asked for was handed out by then. */
  async gone(): Promise<void> {
    const sockets = this.#servers.flatMap(({ socks }) => [...socks.keys()])
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))))
  }
}
