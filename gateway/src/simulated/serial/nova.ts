/** An SDS011 in software, with the bytes of the real one. */
import type { Clock } from '@habtwin/runtime/clock'
import type { Air } from '../../drivers/driver.ts'
import { begins, Deframer, type FrameShape, sum } from '../../drivers/serial/frames.ts'
import { ANSWER, COMMAND, closed, MODE, PERIOD, QUERY, READING, SLEEP } from '../../drivers/serial/nova.ts'
import type { SerialPeer } from '../line.ts'

const request: FrameShape = {
  longest: COMMAND,
  sizeOf: (rest) => (begins(rest, 0xaa, 0xb4) ? (rest.length < 2 ? undefined : COMMAND) : 0),
  holds: (frame) => frame[COMMAND - 1] === 0xab && frame[COMMAND - 2] === (sum(frame, 2, COMMAND - 2) & 0xff),
}

/** ms between reports (specification V1.3: 1 Hz). */
const SAYS = 1_000
/** ms of each period that it works before it reports. */
const WORKS = 30_000

export class NovaPeer implements SerialPeer {
  #air: Air
  #id: Buffer
  #requests = new Deframer(request)
  #changed: (() => void) | undefined
  active = true
  awake = true
  /** Minutes. */
  period = 0

  constructor(air: Air, id = 'A160') {
    this.#air = air
    this.#id = Buffer.from(id, 'hex')
  }

  receive(bytes: Uint8Array, send: (bytes: Uint8Array) => void): void {
    for (const frame of this.#requests.push(bytes)) {
      const to = Buffer.from(frame.subarray(15, 17))
      if (!to.equals(this.#id) && to.toString('hex') !== 'ffff') continue
      this.#obey(frame, send)
    }
  }

  speak(send: (bytes: Uint8Array) => void, clock: Clock): Disposable {
    const wait = () => (this.period === 0 ? SAYS : Math.max(WORKS, this.period * 60_000))
    const say = () => {
      if (this.active && this.awake) send(this.#frame(READING, this.#figures()))
      timer = clock.after(wait(), say)
    }
    let timer = clock.after(wait(), say)
    this.#changed = () => {
      timer.cancel()
      timer = clock.after(wait(), say)
    }
    return {
      [Symbol.dispose]: () => {
        this.#changed = undefined
        timer.cancel()
      },
    }
  }

  #obey([, , what = 0, set = 0, value = 0]: Uint8Array, send: (bytes: Uint8Array) => void): void {
    if (what === SLEEP && set === 1) this.awake = value === 1
    if (!this.awake && what !== SLEEP) return
    if (what === QUERY) {
      send(this.#frame(READING, this.#figures()))
      return
    }
    if (what === MODE && set === 1) this.active = value === 0
    if (what === PERIOD && set === 1) {
      this.period = value
      this.#changed?.()
    }
    send(this.#frame(ANSWER, [what, set, value, 0]))
  }

  #figures(): number[] {
    const [fine = 0, coarse = 0] = ['pm25', 'pm10'].map((point) => Math.round(this.#air(point) * 10))
    return [fine & 0xff, fine >> 8, coarse & 0xff, coarse >> 8]
  }

  #frame(kind: number, data: readonly number[]): Uint8Array {
    return closed(Uint8Array.of(0xaa, kind, ...data, ...this.#id, 0, 0))
  }
}
