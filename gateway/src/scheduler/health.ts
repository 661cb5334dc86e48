/** How a device fares: told when it changes, and its latency once a minute. */
import type { DeviceHealth } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'

/** A latency that nothing else has changed is told again after this time, ms. */
const AGAIN = 60_000

export class Health {
  #clock: Clock
  #tell: (health: DeviceHealth) => void
  #state: DeviceHealth['state'] | undefined
  #reason: string | undefined
  #toldAt = 0

  constructor(clock: Clock, tell: (health: DeviceHealth) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  get state(): DeviceHealth['state'] | undefined {
    return this.#state
  }

  /**
   * @param mono now, monotonic ms
   * @param latency ms that the last answer took
   */
  is(state: DeviceHealth['state'], mono: number, reason?: string, latency?: number): void {
    if (state === this.#state && reason === this.#reason && (latency === undefined || mono - this.#toldAt < AGAIN))
      return
    this.#state = state
    this.#reason = reason
    this.#toldAt = mono
    this.#tell({
      state,
      t: this.#clock.now(),
      ...(reason === undefined ? {} : { reason }),
      ...(latency === undefined ? {} : { latency: Math.round(latency * 1_000) / 1_000 }),
    })
  }
}
