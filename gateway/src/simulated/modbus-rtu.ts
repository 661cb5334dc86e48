/** Simulated Modbus units on a serial line: they hear everything, and each answers what is asked of it. */
import type { Clock } from '@habtwin/runtime/clock'
import { intact, sealed } from '../drivers/modbus/frames.ts'
import type { SerialPeer } from './line.ts'
import type { ModbusPeer } from './modbus.ts'

/** Longest frame (Modbus over Serial Line V1.02, 2.3). */
const LONGEST = 256

export class RtuPeers implements SerialPeer {
  #units: readonly ModbusPeer[]
  #clock: Clock
  #bytes: Buffer = Buffer.alloc(0)

  constructor(units: readonly ModbusPeer[], clock: Clock) {
    this.#units = units
    this.#clock = clock
  }

  receive(bytes: Uint8Array, send: (bytes: Uint8Array) => void): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]).subarray(-LONGEST)
    for (let at = 0; at < this.#bytes.length; at++) {
      const length = questionLength(this.#bytes, at)
      const frame = this.#bytes.subarray(at, at + length)
      if (frame.length < length || !intact(frame)) continue
      this.#bytes = Buffer.from(this.#bytes.subarray(at + length))
      this.#asked(frame, send)
      at = -1
    }
  }

  #asked(frame: Buffer, send: (bytes: Uint8Array) => void): void {
    for (const peer of this.#units) {
      if (peer.unit !== frame[0]) continue
      const { faults } = peer
      const question = frame.subarray(1, -2)
      if (faults.frozen || (faults.silentOnGaps && peer.touchesGap(question))) continue
      let answer = sealed(Buffer.concat([Buffer.of(faults.as ?? peer.unit), peer.answer(question)]))
      if (faults.corrupt) answer[answer.length - 3] = (answer[answer.length - 3] as number) ^ 0x10
      if (faults.cut !== undefined) answer = answer.subarray(0, faults.cut)
      if (faults.delay === undefined) send(answer)
      else this.#clock.after(faults.delay, () => send(answer))
    }
  }
}

/** Bytes of a question that begins here, with its check. */
function questionLength(bytes: Buffer, at: number): number {
  const code = bytes[at + 1]
  if (code === 43) return 7 // what are you: kind, code and object (Modbus Application Protocol 1.1b3, 6.21)
  return code === 15 || code === 16 ? 9 + (bytes[at + 6] ?? LONGEST) : 8
}
