/**
 * The port that modbus-serial speaks through on a serial line. One request is on the line at a time, and the next waits
 * until it has been silent.
 */
import { EventEmitter } from 'node:events'
import type { HabtwinError } from '@habtwin/contract'
import type { Clock, Timer } from '@habtwin/runtime/clock'
import type { SerialPort } from '../serial/port.ts'
import type { Link } from './bus.ts'
import { AnswerSearch, answerLength, sealed } from './frames.ts'

/** An answer that has not come after so long, ms, does not come any more. */
const OWED = 10_000

/**
 * Timers of the machine fire up to this early, ms, and would otherwise be set a second time for what is left. The line
 * itself has then been silent for longer: bytes are told of when they have been through the UART, or USB.
 */
const SLACK = 0.5

/** Times of a line, ms. */
export interface LineTimes {
  /** Between two frames. */
  readonly gap: number
  /** Of one byte. */
  readonly byte: number
  /** When bytes came and no more follow for so long, they are all. */
  readonly quiet: number
}

/** What modbus-serial takes for its port: it hands frames out, and whole answers in. */
export class RtuPort extends EventEmitter {
  onLost: Link['onLost']
  onGarbled: Link['onGarbled']
  /** The library knows answers by this number; a serial line has only one request at a time. */
  _transactionIdRead = 1
  _transactionIdWrite = 1
  isOpen = true
  #port: SerialPort
  #clock: Clock
  #gap: number
  #byte: number
  #quiet: number
  #search: AnswerSearch | undefined
  /** Monotonic ms at which the line was last busy. */
  #busy = Number.NEGATIVE_INFINITY
  #timer: Timer | undefined
  /** Reads that were given up, by unit, and when: their answers may still come. */
  #owed = new Map<number, { request: Buffer; at: number }[]>()
  /** What to send when the question that parts it from those has been answered. */
  #next: Buffer | undefined

  constructor(port: SerialPort, clock: Clock, { gap, byte, quiet }: LineTimes) {
    super()
    this.#port = port
    this.#clock = clock
    this.#gap = gap
    this.#byte = byte
    this.#quiet = quiet
    port.onData = (bytes) => this.#received(bytes)
    port.onClose = (reason) => this.#lost(reason)
  }

  /** For the library: the port is open already. */
  open(done: () => void): void {
    done()
  }

  /** For the library: a request with its check. */
  write(frame: Buffer): void {
    const since = this.#clock.mono() - OWED
    const owed = (this.#owed.get(frame[0] as number) ?? []).filter(({ at }) => at > since)
    this.#next = undefined
    if (owed.length === 0 || !isRead(frame)) {
      this.#begin(frame)
      return
    }
    this.#next = frame
    this.#begin(parting(owed.map(({ request }) => request)))
  }

  get instead(): string | undefined {
    return this.#search?.instead
  }

  giveUp(): void {
    const request = this.#search?.request
    this.#stop()
    this.#next = undefined
    if (request === undefined || !isRead(request)) return
    const unit = request[0] as number
    const at = this.#clock.mono()
    this.#owed.set(unit, [...(this.#owed.get(unit) ?? []).filter((one) => one.at > at - OWED), { request, at }])
  }

  async shut(): Promise<void> {
    this.#stop()
    this.isOpen = false
    this.removeAllListeners()
    await this.#port.close()
  }

  /** Sends when the line has been silent for long enough. */
  #begin(frame: Buffer): void {
    this.#stop()
    const wait = this.#busy + this.#gap - this.#clock.mono()
    if (wait <= SLACK) this.#send(frame)
    // what somebody says meanwhile makes it wait anew
    else this.#timer = this.#clock.after(wait, () => this.#begin(frame))
  }

  #send(frame: Buffer): void {
    this.#search = new AnswerSearch(frame)
    this.#busy = this.#clock.mono() + frame.length * this.#byte
    // where it cannot be written the port is lost, and says so itself
    this.#port.write(frame).catch((error: HabtwinError) => this.#lost(error))
  }

  #received(bytes: Uint8Array): void {
    this.#busy = Math.max(this.#busy, this.#clock.mono())
    const search = this.#search
    // what nobody asked for is thrown away, and the line is not silent
    if (search === undefined) return
    const frame = search.push(bytes)
    this.#timer?.cancel()
    if (frame === undefined) {
      this.#timer = this.#clock.after(this.#quiet + this.#byte, () => {
        // a whole frame of another, or to another question: the answer may still come
        if (!search.passOver()) this.onGarbled?.()
      })
      return
    }
    this.#stop()
    this.#answered(search.request, frame)
  }

  #answered(request: Buffer, frame: Buffer): void {
    const next = this.#next
    this.#next = undefined
    if (next === undefined) {
      this.emit('data', frame)
      return
    }
    this.#owed.delete(request[0] as number)
    this.#begin(next)
  }

  #stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#search = undefined
  }

  #lost(reason: HabtwinError): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.#stop()
    this.removeAllListeners()
    this.#port.close().catch(() => {}) // it is lost already
    const tell = this.onLost
    this.onLost = undefined
    tell?.(reason)
  }
}

function isRead(request: Buffer): boolean {
  return (request[1] as number) <= 4
}

/**
 * An answer says nothing of the address that it is from, so a late one would be taken for that to the next question of
 * the same length. A unit answers in turn: a question whose answer has another length than all that are owed, once it
 * is answered (or refused), has all of them behind it.
 */
function parting(owed: readonly Buffer[]): Buffer {
  const question = Buffer.from((owed.at(-1) as Buffer).subarray(0, 6))
  const lengths = new Set(owed.map(answerLength))
  for (let count = 1; ; count++) {
    question.writeUInt16BE(count, 4)
    if (!lengths.has(answerLength(question))) return sealed(question)
  }
}
