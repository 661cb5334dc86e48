/**
 * Modbus RTU over a serial line as the medium of a bus.
 *
 *   modbus-serial ─► RtuPort ─► silence of 3.5 characters ─► serial port ─► AnswerSearch ─► modbus-serial
 */
import type { Clock } from '@habtwin/runtime/clock'
import { bitsPerByte, type SerialPort, type SerialSettings } from '../serial/port.ts'
import type { Client, Link, Medium } from './bus.ts'
import { RtuPort } from './rtu-port.ts'

/** ms after which no more of an answer follows: USB adapters hand bytes on every 16 ms, a device server as it can. */
const QUIET = { adapter: 60, network: 300 }

/** Requests in a row without a byte before the port is closed and opened again. */
const PATIENCE = 10

/**
 * The silence that parts two frames: 3.5 characters of 11 bits, and above 19,200 baud 1.75 ms whatever the rate
 * (Modbus over Serial Line V1.02, 2.5.1.1).
 * @returns ms
 */
export function frameGap(baud: number): number {
  return baud > 19_200 ? 1.75 : (3.5 * 11 * 1_000) / baud
}

export interface RtuOptions {
  readonly settings: SerialSettings
  /** ms that a unit needs after an answer before it can be asked again, beyond the silence. */
  readonly turnaround: number
  readonly clock: Clock
  /** Opens the port. Throws device/unreachable. */
  readonly openPort: (signal: AbortSignal) => Promise<SerialPort>
}

export function rtuMedium({ settings, turnaround, clock, openPort }: RtuOptions): Medium {
  return {
    name: settings.path,
    patience: PATIENCE,
    hint: 'a wrong unit number, baud rate or parity, or swapped wires, look the same',
    async open(create, signal) {
      const port = new RtuPort(await openPort(signal), clock, {
        gap: Math.max(frameGap(settings.baud), turnaround),
        byte: (bitsPerByte(settings) * 1_000) / settings.baud,
        quiet: settings.path.startsWith('tcp:') ? QUIET.network : QUIET.adapter,
      })
      const client = create()
      client.on('error', () => {})
      // the library takes any port of this shape, but has no type for it
      ;(client as unknown as { _port: RtuPort })._port = port
      await new Promise<void>((resolve) => client.open(resolve))
      return new RtuLink(port, client)
    },
  }
}

class RtuLink implements Link {
  readonly client: Client
  #port: RtuPort

  constructor(port: RtuPort, client: Client) {
    this.client = client
    this.#port = port
  }

  get onLost(): Link['onLost'] {
    return this.#port.onLost
  }
  set onLost(call: Link['onLost']) {
    this.#port.onLost = call
  }
  get onGarbled(): Link['onGarbled'] {
    return this.#port.onGarbled
  }
  set onGarbled(call: Link['onGarbled']) {
    this.#port.onGarbled = call
  }

  expect(): void {}

  get instead(): string | undefined {
    return this.#port.instead
  }

  giveUp(): boolean {
    this.#port.giveUp()
    return true
  }

  close(): Promise<void> {
    return this.#port.shut()
  }
}
