/** A PMS5003 in software: active or passive, awake or asleep, with the bytes of the real one. */
import type { Clock } from '@habtwin/runtime/clock'
import type { Air } from '../../drivers/driver.ts'
import { begins, Deframer, type FrameShape, sum, wordAt } from '../../drivers/serial/frames.ts'
import { COMMAND, closed, DATA, FAN, MODE, READ } from '../../drivers/serial/plantower.ts'
import type { SerialPeer } from '../line.ts'

const request: FrameShape = {
  longest: COMMAND,
  sizeOf: (rest) => (begins(rest, 0x42, 0x4d) ? (rest.length < 2 ? undefined : COMMAND) : 0),
  holds: (frame) => wordAt(frame, COMMAND - 2) === sum(frame, 0, COMMAND - 2),
}

/** ms between readings while the air is still; 200 to 800 while it changes (manual V2.3, appendix I). */
const SAYS = 1_000

export class PlantowerPeer implements SerialPeer {
  #air: Air
  #requests = new Deframer(request)
  active = true
  awake = true

  constructor(air: Air) {
    this.#air = air
  }

  receive(bytes: Uint8Array, send: (bytes: Uint8Array) => void): void {
    for (const frame of this.#requests.push(bytes)) {
      const [, , what = 0, , value = 0] = frame
      if (what === READ) {
        if (this.awake) send(this.#reading())
        continue
      }
      if (what === MODE) this.active = value === 1
      if (what === FAN) this.awake = value === 1
      send(closed(Uint8Array.of(0x42, 0x4d, 0, 4, what, value, 0, 0)))
    }
  }

  speak(send: (bytes: Uint8Array) => void, clock: Clock): Disposable {
    const say = () => {
      if (this.active && this.awake) send(this.#reading())
      timer = clock.after(SAYS, say)
    }
    let timer = clock.after(SAYS, say)
    return { [Symbol.dispose]: () => timer.cancel() }
  }

  #reading(): Uint8Array {
    const [fine, middle, coarse] = ['pm1', 'pm25', 'pm10'].map((point) => Math.round(this.#air(point)))
    const frame = new Uint8Array(DATA)
    frame.set([0x42, 0x4d, 0, DATA - 4])
    // the same figures as of a factory's particles and as of the air, then counts of particles in 0.1 L
    const words = [fine, middle, coarse, fine, middle, coarse, 900, 260, 40, 4, 1, 0]
    words.forEach((word = 0, i) => {
      frame[4 + 2 * i] = word >> 8
      frame[5 + 2 * i] = word & 0xff
    })
    return closed(frame)
  }
}
