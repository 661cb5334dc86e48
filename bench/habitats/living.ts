/**
 * A virtual habitat that lives minute by minute, seen through its instruments, and what they should have said.
 *
 *   Habitat ─20 s─► frame ─► flawed instruments ─► means of the minute, a device and point ─► observations
 *                     └────────────────────────► means of the minute, a zone and quantity ─► ideal
 */
import { type Frame, frameOf, type Quantity, seen } from '../../gateway/src/virtual/frame.ts'
import { Habitat, STEP } from '../../gateway/src/virtual/habitat.ts'
import { channelsOf, flawed } from '../../gateway/src/virtual/instruments.ts'
import { type Built, devicesOf } from './build.ts'
import type { Observation } from './subject.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const STEPS = MINUTE / STEP
/** What is lived through before anybody looks, as `World` does it. */
const WARM_UP = DAY

interface Channel {
  readonly device: string
  readonly zone: string
  readonly point: string
  /** Its place in a frame's zones. */
  readonly at: number
  readonly looks: Quantity
  readonly times: number
  readonly read: (value: number, t: number) => number
  sum: number
}

/** An instrument whose gain runs away. */
export interface Drift {
  readonly device: string
  readonly point: string
  /** ms */
  readonly since: number
  /** Of the value, a day. */
  readonly rate: number
}

/** Quantities that forecasts are scored by, and how they are seen. */
export const scored = { co2: 'co2', o2: 'o2', temperature: 'temperature', humidity: 'humidity' } as const

export class Living {
  readonly built: Built
  readonly habitat: Habitat
  drift: Drift | undefined
  #channels: Channel[]
  #ideal = new Map<string, number>()
  #read = new Map<string, number>()
  #frame: Frame

  /** @param from another one, at the same moment, that both go on from */
  constructor(built: Built, from?: Living) {
    this.built = built
    this.habitat = from?.habitat.copy() ?? new Habitat(built.truth, built.begin - WARM_UP)
    this.drift = from?.drift
    while (this.habitat.state.t < built.begin) this.habitat.step()
    this.#frame = frameOf(this.habitat)
    const { truth, kind } = built
    this.#channels = Object.entries(devicesOf(kind)).flatMap(([device, [zone, instrument]]) =>
      channelsOf(instrument).map(([point, channel]) => ({
        device,
        zone,
        point,
        at: truth.zones.findIndex(({ id }) => id === zone),
        looks: channel.looks,
        times: channel.times ?? 1,
        read: flawed(truth.seed, device, point, channel),
        sum: 0,
      })),
    )
  }

  /** Whole minutes since the epoch that are over. */
  get minute(): number {
    return Math.floor(this.habitat.state.t / MINUTE)
  }

  /** Lives through a minute; returns what the instruments said of it. */
  live(): Observation[] {
    for (const channel of this.#channels) channel.sum = 0
    this.#ideal.clear()
    for (let i = 0; i < STEPS; i++) {
      const { t } = this.#frame
      for (const channel of this.#channels) {
        const { device, point, looks, at, times, read } = channel
        const value = read(seen(this.#frame, looks, at) * times, t)
        const { drift } = this
        const runs = drift !== undefined && drift.device === device && drift.point === point && t > drift.since
        channel.sum += runs ? value * (1 + (drift.rate * (t - drift.since)) / DAY) : value
      }
      for (const [at, { id }] of this.built.truth.zones.entries()) {
        for (const [quantity, looks] of Object.entries(scored)) {
          const key = `${id}/${quantity}`
          this.#ideal.set(key, (this.#ideal.get(key) ?? 0) + seen(this.#frame, looks, at) / STEPS)
        }
      }
      this.habitat.step()
      this.#frame = frameOf(this.habitat)
    }
    const observed = this.#channels.map(({ device, zone, point, sum }): Observation => {
      return { device, zone, point, value: sum / STEPS, trust: 'good' }
    })
    for (const key of this.#ideal.keys()) {
      const [zone, quantity] = key.split('/')
      const of = observed.filter((one) => one.zone === zone && one.point === quantity)
      if (of.length > 0) this.#read.set(key, of.reduce((sum, { value }) => sum + value, 0) / of.length)
    }
    return observed
  }

  /** What the instruments of a zone read during the last minute in the mean, by `zone/quantity`. */
  get read(): ReadonlyMap<string, number> {
    return this.#read
  }

  /** What an ideal instrument read during the last minute, by `zone/quantity`. */
  get ideal(): ReadonlyMap<string, number> {
    return this.#ideal
  }
}
