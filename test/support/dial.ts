/** A Modbus server with one register that the test sets, as somebody turning an instrument's dial would. */
import { once } from 'node:events'
import modbus from 'modbus-serial'
import { freePort } from './servers.ts'

export class Dial implements AsyncDisposable {
  /** What the register reads. */
  value: number
  readonly port: number
  readonly #server: InstanceType<typeof modbus.ServerTCP>

  private constructor(value: number, port: number) {
    this.value = value
    this.port = port
    const readings = { getHoldingRegister: () => this.value }
    this.#server = new modbus.ServerTCP(readings, { host: '127.0.0.1', port, unitID: 1 })
  }

  static async start(value: number): Promise<Dial> {
    const dial = new Dial(value, await freePort())
    await once(dial.#server, 'initialized')
    return dial
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}
