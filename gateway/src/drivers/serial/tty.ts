/** A serial port of this machine, by the library serialport, locked for this process alone. */
import { HabtwinError } from '@habtwin/contract'
import type { SerialPort as Library } from 'serialport'
import { sameAdapter } from './adapter.ts'
import type { Opening, SerialPort, SerialSettings } from './port.ts'
import { whyNot } from './why.ts'

export async function openTty(settings: SerialSettings, { where, signal, memory = {} }: Opening): Promise<SerialPort> {
  const { SerialPort: Tty } = await import('serialport')
  await sameAdapter(settings.path, where, memory)
  signal.throwIfAborted()
  const { path, baud: baudRate, parity, dataBits, stopBits } = settings
  const tty = new Tty({ path, baudRate, parity, dataBits, stopBits, lock: true, autoOpen: false })
  // opening has its own callback; an error that nobody hears would end the process
  tty.on('error', () => {})
  const error = await new Promise<Error | null>((resolve) => tty.open(resolve))
  if (error !== null) {
    throw new HabtwinError('device/unreachable', await whyNot(path, error.message), { where, cause: error })
  }
  const port = new TtyPort(tty, path, where)
  if (!signal.aborted) return port
  await port.close()
  throw signal.reason
}

class TtyPort implements SerialPort {
  onData: SerialPort['onData']
  onClose: SerialPort['onClose']
  #tty: Library
  #path: string
  #where: string
  #ended = Promise.withResolvers<void>()

  constructor(tty: Library, path: string, where: string) {
    this.#tty = tty
    this.#path = path
    this.#where = where
    tty.on('data', (bytes: Uint8Array) => this.onData?.(bytes))
    tty.on('close', (error: Error | null) => {
      this.#ended.resolve()
      const tell = this.onClose
      this.onClose = undefined
      tell?.(this.#gone(error ?? undefined))
    })
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      // the library keeps what is written to a closed port until it is opened again
      if (!this.#tty.isOpen) return reject(this.#gone(undefined))
      this.#tty.write(bytes, undefined, (error) => (error ? reject(this.#gone(error)) : resolve()))
    })
  }

  async close(): Promise<void> {
    this.onClose = undefined
    this.onData = undefined
    if (this.#tty.isOpen) this.#tty.close(() => this.#ended.resolve())
    await this.#ended.promise
  }

  #gone(cause: Error | undefined): HabtwinError {
    return new HabtwinError('device/unreachable', `${this.#path} was unplugged`, { where: this.#where, cause })
  }
}
