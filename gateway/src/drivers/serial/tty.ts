/**
 * A serial port of this machine, opened by the library serialport and locked for this process alone.
 *
 * Only opening, closing and waiting are the library's. Its stream reads on for ever once the kernel says that nothing
 * more will come (`unixRead` of @serialport/bindings-cpp 13.0.0 takes 0 bytes for "not yet"), so a port that is pulled
 * out while it speaks would take a whole core and then all memory.
 */
import { readSync, writeSync } from 'node:fs'
import { HabtwinError } from '@habtwin/contract'
import { sameAdapter } from './adapter.ts'
import type { Opening, SerialPort, SerialSettings } from './port.ts'
import { strangers, whyNot } from './why.ts'

/** Open ports. The library's poller does not hold itself: without this one that only waits would be collected. */
const open = new Set<TtyPort>()

/** An open port of the library. */
interface Handle {
  readonly fd: number | null
  readonly poller: {
    once(event: 'readable' | 'writable', call: (error: Error | null) => void): unknown
  }
  close(): Promise<void>
}

export async function openTty(settings: SerialSettings, { where, signal, memory = {} }: Opening): Promise<SerialPort> {
  const { SerialPort: Library } = await import('serialport')
  await sameAdapter(settings.path, where, memory)
  signal.throwIfAborted()
  const { path, baud: baudRate, parity, dataBits, stopBits } = settings
  let handle: Handle
  try {
    const opened = await Library.binding.open({ path, baudRate, parity, dataBits, stopBits, lock: true })
    handle = opened as typeof opened & Handle
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new HabtwinError('device/unreachable', await whyNot(path, said), { where, cause })
  }
  const port = new TtyPort(handle, path, where)
  // the lock keeps out only who asks for it: a console or a terminal program does not
  const others = await strangers(path)
  if (others.length > 0) {
    await port.close()
    throw new HabtwinError('device/unreachable', `${path} is held by ${others.join(', ')}`, { where })
  }
  if (signal.aborted) {
    await port.close()
    throw signal.reason
  }
  port.listen()
  return port
}

class TtyPort implements SerialPort {
  onData: SerialPort['onData']
  onClose: SerialPort['onClose']
  #handle: Handle
  #path: string
  #where: string
  #buffer = Buffer.alloc(4_096)
  #closing: Promise<void> | undefined
  /** Closing calls those back who wait for bytes, who must not close again. */
  #closed = false

  constructor(handle: Handle, path: string, where: string) {
    this.#handle = handle
    this.#path = path
    this.#where = where
  }

  /** Hears the next bytes that come. */
  listen(): void {
    open.add(this)
    this.#handle.poller.once('readable', (error) => {
      if (error === null && this.#read()) this.listen()
      else this.#end(error ?? undefined)
    })
  }

  async write(bytes: Uint8Array): Promise<void> {
    let sent = 0
    while (sent < bytes.length) {
      const { fd } = this.#handle
      if (fd === null || this.#closed) throw this.#gone()
      try {
        sent += writeSync(fd, bytes, sent)
      } catch (error) {
        if (!isBusy(error)) throw this.#gone(error)
        await this.#writable()
      }
    }
  }

  async close(): Promise<void> {
    this.onClose = undefined
    this.onData = undefined
    if (!this.#closed) {
      this.#closed = true
      open.delete(this)
      // a port that is gone may say so once more when it is closed
      this.#closing = this.#handle.close().catch(() => {})
    }
    await this.#closing
  }

  /** Takes what there is; the port does not block. False where nothing will come any more. */
  #read(): boolean {
    for (;;) {
      const { fd } = this.#handle
      if (fd === null || this.#closed) return false
      let count: number
      try {
        count = readSync(fd, this.#buffer)
      } catch (error) {
        return isBusy(error)
      }
      if (count === 0) return false
      this.onData?.(Uint8Array.from(this.#buffer.subarray(0, count)))
      if (count < this.#buffer.length) return true
    }
  }

  #writable(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#handle.poller.once('writable', (error) => (error === null ? resolve() : reject(this.#gone(error))))
    })
  }

  #end(cause: Error | undefined): void {
    if (this.#closed) return
    const tell = this.onClose
    this.close().then(() => tell?.(this.#gone(cause)))
  }

  #gone(cause?: unknown): HabtwinError {
    return new HabtwinError('device/unreachable', `${this.#path} was unplugged`, { where: this.#where, cause })
  }
}

/** Nothing there yet, or no room yet. */
function isBusy(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EAGAIN' || code === 'EWOULDBLOCK' || code === 'EINTR'
}
