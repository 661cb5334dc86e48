/** An MH-Z19 or MH-Z16 in software: answers requests with the bytes of the real one. */

import type { Clock } from '@habtwin/runtime/clock'
import type { Air } from '../../drivers/driver.ts'
import { Deframer, type FrameShape } from '../../drivers/serial/frames.ts'
import { checksum, READ, SELF_CALIBRATION, STARTING, winsen, ZERO } from '../../drivers/serial/winsen.ts'
import type { SerialPeer } from '../line.ts'

const request: FrameShape = {
  longest: 9,
  sizeOf: (rest) => (rest[0] !== 0xff ? 0 : rest.length < 2 ? undefined : rest[1] === 1 ? 9 : 0),
  holds: (frame) => frame[8] === checksum(frame),
}

export class WinsenPeer implements SerialPeer {
  #air: Air
  #requests = new Deframer(request)
  #every: number | undefined
  /** As the real one has it when it starts. */
  calibratesItself = true
  /** How often it was told that it is in 400 ppm. */
  zeroed = 0
  /** While true it says what the real one says while it starts. */
  starting = false

  /** @param every ms between readings of one that speaks by itself */
  constructor(air: Air, every?: number) {
    this.#air = air
    this.#every = every
  }

  receive(bytes: Uint8Array, send: (bytes: Uint8Array) => void): void {
    for (const [, , command, value] of this.#requests.push(bytes)) {
      if (command === READ) send(this.#reading())
      else if (command === SELF_CALIBRATION) this.calibratesItself = value === 0xa0
      else if (command === ZERO) this.zeroed++
    }
  }

  speak(send: (bytes: Uint8Array) => void, clock: Clock): Disposable {
    const every = this.#every
    if (every === undefined) return { [Symbol.dispose]() {} }
    const say = () => {
      send(this.#reading())
      timer = clock.after(every, say)
    }
    let timer = clock.after(every, say)
    return { [Symbol.dispose]: () => timer.cancel() }
  }

  #reading(): Uint8Array {
    if (this.starting) return winsen(0xff, READ, 410 >> 8, 410 & 0xff, 61, 0, STARTING >> 8, STARTING & 0xff)
    const ppm = Math.round(this.#air('co2'))
    return winsen(0xff, READ, ppm >> 8, ppm & 0xff, Math.round(this.#air('temperature')) + 45)
  }
}
