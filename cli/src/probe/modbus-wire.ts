/**
 * Modbus questions to whoever may be there, one at a time, over a serial line (RTU) or a socket (TCP). Only functions
 * that read are ever sent.
 */
import { intact, sealed } from '@habtwin/gateway/drivers/modbus/frames'
import type { SerialPort } from '@habtwin/gateway/drivers/serial/port'
import type { Clock } from '@habtwin/runtime'

/** Coils, discrete inputs, holding and input registers, device identification (Modbus Application Protocol 1.1b3, 6). */
const READING: ReadonlySet<number> = new Set([1, 2, 3, 4, 0x2b])

export type Answer =
  | { readonly is: 'answer'; readonly data: Buffer }
  | { readonly is: 'exception'; readonly code: number }
  | { readonly is: 'garbled'; readonly bytes: number }
  | { readonly is: 'silence' }

export interface WireOptions {
  readonly port: SerialPort
  readonly framing: 'rtu' | 'tcp'
  readonly clock: Clock
  /** ms of silence before a question. */
  readonly gap: number
  /** ms that an answer may take to begin, and to end. */
  readonly patience: number
}

export class ModbusWire {
  readonly #options: WireOptions
  #bytes: Buffer = Buffer.alloc(0)
  #heard: () => void = () => {}
  #transaction = 0
  #lost: Error | undefined

  constructor(options: WireOptions) {
    this.#options = options
    const { port } = options
    port.onData = (bytes) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]).subarray(-1_024)
      this.#heard()
    }
    port.onClose = (reason) => {
      this.#lost = reason
      this.#heard()
    }
  }

  /**
   * @param question function and data
   * @throws HabtwinError device/unreachable where the wire is lost, or what the signal was aborted with
   */
  async ask(unit: number, question: Buffer, signal: AbortSignal): Promise<Answer> {
    const code = question[0] ?? 0
    if (!READING.has(code)) throw new TypeError(`function ${code} does not only read`)
    const { port, clock, framing, gap, patience } = this.#options
    await clock.sleep(gap, signal)
    this.#bytes = Buffer.alloc(0)
    this.#transaction = (this.#transaction + 1) & 0xffff
    const body = Buffer.concat([Buffer.of(unit), question])
    await port.write(framing === 'rtu' ? sealed(body) : withHeader(this.#transaction, body))
    const found = await this.#await(unit, code, signal)
    if (found === undefined) {
      // what comes late is not to be taken for the next answer
      await clock.sleep(this.#bytes.length > 0 ? patience : gap, signal)
      return this.#bytes.length > 0 ? { is: 'garbled', bytes: this.#bytes.length } : { is: 'silence' }
    }
    if (found[0] === (code | 0x80)) return { is: 'exception', code: found[1] ?? 0 }
    return { is: 'answer', data: found.subarray(1) }
  }

  async close(): Promise<void> {
    await this.#options.port.close()
  }

  #await(unit: number, code: number, signal: AbortSignal): Promise<Buffer | undefined> {
    const { clock, framing, patience } = this.#options
    const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>()
    const timer = clock.after(patience, () => resolve(undefined))
    const stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    this.#heard = () => {
      if (this.#lost !== undefined) reject(this.#lost)
      const body = framing === 'rtu' ? rtuAnswer(this.#bytes, unit, code) : this.#tcpAnswer(unit, code)
      if (body !== undefined) resolve(body)
    }
    this.#heard()
    return promise.finally(() => {
      timer.cancel()
      signal.removeEventListener('abort', stop)
      this.#heard = () => {}
    })
  }

  #tcpAnswer(unit: number, code: number): Buffer | undefined {
    let bytes = this.#bytes
    while (bytes.length >= 8) {
      const length = bytes.readUInt16BE(4)
      if (bytes.length < 6 + length) return undefined
      const fits = bytes.readUInt16BE(0) === this.#transaction && bytes[6] === unit && isOf(bytes[7], code)
      if (fits) return Buffer.from(bytes.subarray(7, 6 + length))
      bytes = bytes.subarray(6 + length)
    }
    return undefined
  }
}

function isOf(found: number | undefined, code: number): boolean {
  return found === code || found === (code | 0x80)
}

/** Function and data of the first whole frame of this unit and function. */
function rtuAnswer(bytes: Buffer, unit: number, code: number): Buffer | undefined {
  for (let at = 0; at + 5 <= bytes.length; at++) {
    if (bytes[at] !== unit || !isOf(bytes[at + 1], code)) continue
    const length = answerLength(bytes.subarray(at))
    const frame = length === undefined ? undefined : bytes.subarray(at, at + length)
    if (frame !== undefined && frame.length === length && intact(frame)) return Buffer.from(frame.subarray(1, -2))
  }
  return undefined
}

/** Bytes of the answer that begins here, with its check; undefined where too little has come to tell. */
function answerLength(bytes: Buffer): number | undefined {
  const code = bytes[1] ?? 0
  if (code & 0x80) return 5
  if (code !== 0x2b) return 5 + (bytes[2] ?? 0)
  // unit, 2B, 0E, code, conformity, more, next, count, and each object with its number and length (6.21)
  let at = 8
  for (let i = 0; i < (bytes[7] ?? 0); i++) {
    if (at + 1 >= bytes.length) return undefined
    at += 2 + (bytes[at + 1] as number)
  }
  return at + 2
}

/** Transaction, protocol and length go before (MODBUS Messaging on TCP/IP 1.0b, 3.1.3). */
function withHeader(transaction: number, body: Buffer): Buffer {
  const header = Buffer.alloc(6)
  header.writeUInt16BE(transaction, 0)
  header.writeUInt16BE(body.length, 4)
  return Buffer.concat([header, body])
}
