/**
 * A serial line with devices at its far end: bytes take the time that the baud rate asks for, both ways, on a clock.
 * (A pty or a socket has no baud rate: what works over one without this may fail over copper.)
 *
 *   port.write ─► wire, paced ─► every peer ─► wire, paced ─► port.onData
 *
 * Several peers on one line are as on RS-485: each hears all that the gateway sends. It can be pulled out, bent and
 * silenced. `open` is the end in this process; serve.ts gives it a socket, or a pty.
 */
import { HabtwinError } from '@habtwin/contract'
import type { Clock, Timer } from '@habtwin/runtime/clock'
import type { SerialPort } from '../drivers/serial/port.ts'

/** A device at the far end of a serial line: takes and gives bytes. */
export interface SerialPeer {
  /**
   * Bytes have come, as many as have come by now: seldom a whole frame.
   * @param send puts bytes on the line; may be called later as well
   */
  receive(bytes: Uint8Array, send: (bytes: Uint8Array) => void): void
  /** For a device that speaks unasked: from now on, until disposed. */
  speak?(send: (bytes: Uint8Array) => void, clock: Clock): Disposable
}

export interface LineOptions {
  readonly clock: Clock
  readonly baud?: number
  /** Bits on the wire for one byte: 10 with one start, eight data and one stop bit. */
  readonly bits?: number
  readonly peers?: readonly SerialPeer[]
  /** 0 to 1, for which bytes are corrupted; a test hands in its own. */
  readonly random?: () => number
}

/** Bytes are handed on in pieces of about this many ms, as a UART's buffer does. */
const GRAIN = 4
/** What is due within so many ms is due. */
const SLACK = 0.5

export class SerialLine {
  #clock: Clock
  #peers: SerialPeer[]
  #toPeers: Wire
  #toPort: Wire
  #port: LinePort | undefined
  #speaking: Disposable[] = []
  #plugged = true
  #frozen = false
  #delay = 0
  #share = 0
  #random: () => number
  /** Bytes that have come to the peers, and from them. */
  readonly traffic = { sent: 0, received: 0 }

  constructor({ clock, baud = 9_600, bits = 10, peers = [], random = Math.random }: LineOptions) {
    this.#clock = clock
    this.#peers = [...peers]
    this.#random = random
    const byteTime = (bits * 1_000) / baud
    this.#toPeers = new Wire(clock, byteTime, (bytes, at) => this.#arrived(bytes, at))
    this.#toPort = new Wire(clock, byteTime, (bytes) => {
      this.traffic.received += bytes.length
      this.#port?.onData?.(this.#bent(bytes))
    })
  }

  /** Puts another device on the line. */
  add(peer: SerialPeer): void {
    this.#peers.push(peer)
    if (this.#port !== undefined) this.#start(peer)
  }

  get plugged(): boolean {
    return this.#plugged
  }

  /** The gateway's end. Throws device/unreachable while it is pulled out, or somebody has it already. */
  open(): SerialPort {
    if (!this.#plugged) throw gone('the simulated line is unplugged')
    if (this.#port !== undefined) throw gone('somebody has the simulated line already')
    const port = new LinePort(
      (bytes) => {
        this.traffic.sent += bytes.length
        this.#toPeers.send(bytes, this.#clock.mono())
      },
      () => this.#shut(),
    )
    this.#port = port
    for (const peer of this.#peers) this.#start(peer)
    return port
  }

  /** Pulls it out, at once and in the middle of whatever is on it. */
  unplug(): void {
    this.#plugged = false
    const port = this.#port
    this.#shut()
    port?.lose(gone('the simulated line was unplugged'))
  }

  replug(): void {
    this.#plugged = true
  }

  /** @param share of the bytes that come from the peers, 0 to 1, of which one bit is turned over */
  corrupt(share: number): void {
    this.#share = share
  }

  /** @param ms that answers come later */
  delay(ms: number): void {
    this.#delay = ms
  }

  /** The line is there, and nobody on it hears or says anything. */
  freeze(on: boolean): void {
    this.#frozen = on
  }

  /** Puts bytes on the line as if a peer had sent them. */
  say(bytes: Uint8Array): void {
    this.#answer(bytes, this.#clock.mono())
  }

  #start(peer: SerialPeer): void {
    const speaking = peer.speak?.((bytes) => this.#answer(bytes, this.#clock.mono()), this.#clock)
    if (speaking !== undefined) this.#speaking.push(speaking)
  }

  #shut(): void {
    this.#port = undefined
    for (const speaking of this.#speaking) speaking[Symbol.dispose]()
    this.#speaking = []
    this.#toPeers.clear()
    this.#toPort.clear()
  }

  #arrived(bytes: Uint8Array, at: number): void {
    if (this.#frozen) return
    // what a peer answers at once begins when the last byte was due, not when a late timer told of it
    let moment: number | undefined = at
    for (const peer of this.#peers) peer.receive(bytes, (out) => this.#answer(out, moment ?? this.#clock.mono()))
    moment = undefined
  }

  #answer(bytes: Uint8Array, at: number): void {
    if (this.#frozen || this.#port === undefined) return
    this.#toPort.send(bytes, at + this.#delay)
  }

  #bent(bytes: Uint8Array): Uint8Array {
    if (this.#share === 0) return bytes
    return bytes.map((byte) => (this.#random() < this.#share ? byte ^ (1 << Math.floor(this.#random() * 8)) : byte))
  }
}

/** One direction. What waits is handed on when its last byte has had time to pass. */
class Wire {
  #clock: Clock
  #byteTime: number
  #deliver: (bytes: Uint8Array, at: number) => void
  #pieces: { bytes: Uint8Array; at: number }[] = []
  #timer: Timer | undefined
  /** Monotonic ms at which all that waits will have passed. */
  #free = 0

  constructor(clock: Clock, byteTime: number, deliver: (bytes: Uint8Array, at: number) => void) {
    this.#clock = clock
    this.#byteTime = byteTime
    this.#deliver = deliver
  }

  /** @param from monotonic ms at which the first bit may leave */
  send(bytes: Uint8Array, from: number): void {
    const size = Math.max(1, Math.floor(GRAIN / this.#byteTime))
    this.#free = Math.max(this.#free, from)
    for (let i = 0; i < bytes.length; i += size) {
      const piece = bytes.slice(i, i + size)
      this.#free += piece.length * this.#byteTime
      this.#pieces.push({ bytes: piece, at: this.#free })
    }
    this.#arm()
  }

  clear(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#pieces = []
    this.#free = 0
  }

  #arm(): void {
    const [next] = this.#pieces
    if (this.#timer !== undefined || next === undefined) return
    // timers of the machine know whole milliseconds only, and fire up to one too early
    const wait = Math.max(0, Math.ceil(next.at - this.#clock.mono()) - SLACK)
    this.#timer = this.#clock.after(wait, () => {
      this.#timer = undefined
      this.#flush()
      this.#arm()
    })
  }

  #flush(): void {
    const now = this.#clock.mono() + SLACK
    for (let next = this.#pieces[0]; next !== undefined && next.at <= now; next = this.#pieces[0]) {
      this.#pieces.shift()
      this.#deliver(next.bytes, next.at)
    }
  }
}

class LinePort implements SerialPort {
  onData: SerialPort['onData']
  onClose: SerialPort['onClose']
  #send: ((bytes: Uint8Array) => void) | undefined
  #shut: () => void

  constructor(send: (bytes: Uint8Array) => void, shut: () => void) {
    this.#send = send
    this.#shut = shut
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#send === undefined) throw gone('the simulated line was unplugged')
    this.#send(Uint8Array.from(bytes))
  }

  async close(): Promise<void> {
    if (this.#send === undefined) return
    this.#send = undefined
    this.#shut()
  }

  lose(error: HabtwinError): void {
    this.#send = undefined
    const tell = this.onClose
    this.onClose = undefined
    tell?.(error)
  }
}

function gone(message: string): HabtwinError {
  return new HabtwinError('device/unreachable', message)
}
