/**
 * One quantity of one zone: its readings, its model, and how far it has come. Knows when a minute is complete:
 *
 *   readings ─► minutes ─(complete, or waited for long enough)─► channel ─► estimate, forecast
 */
import { Channel, SILENCE } from './channel.ts'
import { Minutes, type Trust } from './minutes.ts'
import {
  type FixedForecast,
  fixedForecasts,
  gridForecast,
  humidityScale,
  plainScale,
  type Scale,
  type ZoneEstimate,
} from './output.ts'

const MINUTE = 60_000
/** Ticks that a new quantity waits for a backlog to begin, so that it starts with it. */
const FIRST = 3
/** Ticks that an unusual hole among the readings is waited for … */
const HOLE = 5
/** … and the most that is waited while a backlog goes on arriving. */
const MOST = 30
/** Minutes of a hole that nobody waits for. */
const SHORT = 2
/** How far back a start goes, minutes: two weeks, as of a recording that is played in seconds. */
const BACK = 20_160

export class Quantity {
  readonly zone: string
  readonly name: string
  readonly channel: Channel
  readonly minutes = new Minutes()
  /** Temperatures beside the humidities, °C. */
  readonly air: Minutes | undefined
  /** The next minute to go through. */
  cursor: number | undefined
  /** Nothing is said about minutes up to this one: it was, before a restart. */
  made = Number.NEGATIVE_INFINITY
  /** Collected since the last tick. */
  estimates: ZoneEstimate[] = []
  fixed: FixedForecast[] = []
  #spoke = false
  #ticks = 0
  /** Ticks since something of a backlog came. */
  #quiet = 0
  /** The hole that is being waited for, and since which tick. */
  #hole = { minute: Number.NaN, since: 0 }
  /** Minutes between readings, where there are more than one. */
  #usual = SHORT
  #air = 20
  readonly #plain: Scale

  constructor(zone: string, name: string, day: number) {
    this.zone = zone
    this.name = name
    this.#plain = plainScale(name)
    // vapour pressure resolves to a few Pa: 0.2 % of relative humidity at room temperature
    this.channel = new Channel(name, name === 'humidity' ? { day, resolution: 5 } : { day })
    if (name === 'humidity') this.air = new Minutes()
  }

  add(device: string, minute: number, value: number, trust: Trust, air: number): void {
    this.minutes.add(device, minute, value, trust)
    this.air?.add(device, minute, air, trust)
  }

  /** Once a tick: counts how long has been waited, and begins when what there is has come. */
  wait(dataNow: number): void {
    this.#ticks++
    this.#quiet = this.minutes.backlog ? 0 : this.#quiet + 1
    this.minutes.backlog = false
    if (this.cursor !== undefined || this.minutes.newest === Number.NEGATIVE_INFINITY) return
    if (this.#ticks > MOST || (this.#ticks >= FIRST && this.#quiet >= FIRST - 1)) {
      const back = Math.floor(dataNow / MINUTE) - BACK
      this.cursor = Math.min(this.minutes.newest, Math.max(this.minutes.oldest(), back))
    }
  }

  /**
   * The minute that can be gone through now, or undefined.
   * @param horizon all that was taken before this time (ms) should be here
   */
  next(horizon: number): number | undefined {
    if (this.cursor === undefined) return undefined
    if (!this.minutes.has(this.cursor) && !this.#passes(this.cursor, horizon)) return undefined
    return (this.cursor + 1) * MINUTE <= horizon ? this.cursor : undefined
  }

  /** True where it is time to go on over a minute without a reading; may move the cursor over a long silence. */
  #passes(cursor: number, horizon: number): boolean {
    const oldest = this.minutes.oldest()
    const open = oldest === Number.POSITIVE_INFINITY
    if (open && this.channel.silent) return false
    const length = (open ? Math.floor(horizon / MINUTE) : oldest) - cursor
    if (length > 2 * this.#usual) {
      if (this.#hole.minute !== cursor) this.#hole = { minute: cursor, since: this.#ticks }
      const waited = this.#ticks - this.#hole.since
      if (waited < MOST && (waited < HOLE || this.#quiet < HOLE)) return false
    }
    if (open) return true
    this.#usual = Math.max(this.#usual, length)
    if (length > SILENCE || this.channel.silent) {
      this.channel.interrupt()
      this.cursor = oldest
    }
    return true
  }

  /** Goes through the minute of the cursor. */
  step(temperature: Channel | undefined): void {
    const minute = this.cursor as number
    this.#air = this.air?.take(minute) ?? this.#air
    const measured = this.minutes.take(minute)
    if (measured !== undefined) this.#usual = Math.max(SHORT, this.#usual - 1)
    else if (this.#hole.minute === minute) this.#hole.minute = minute + 1 // the same hole, waited for already
    this.channel.step(minute, measured)
    this.cursor = minute + 1
    if (minute <= this.made || this.channel.silent) return
    this.made = minute
    this.#spoke = true
    const t = (minute + 1) * MINUTE
    const scale = this.scale(temperature)
    this.estimates.push({ zone: this.zone, quantity: this.name, t, ...scale.now(this.channel.level, this.channel.sd) })
    for (const forecast of fixedForecasts(this.channel, scale, t)) this.fixed.push(forecast)
  }

  scale(temperature: Channel | undefined): Scale {
    return this.air === undefined ? this.#plain : humidityScale(this.#air, temperature)
  }

  /** What can be said at once of a quantity just met, from its first readings alone. Said once. */
  first(
    dataNow: number,
    day: number,
  ): { estimate: ZoneEstimate; forecast: ReturnType<typeof gridForecast> } | undefined {
    const { newest } = this.minutes
    const measured = this.minutes.peek(newest)
    if (this.#spoke || measured === undefined) return undefined
    this.#spoke = true
    const channel = new Channel(this.name, this.air === undefined ? { day } : { day, resolution: 5 })
    channel.step(newest, measured)
    const scale = this.air === undefined ? this.#plain : humidityScale(this.air.peek(newest) ?? this.#air, undefined)
    return {
      estimate: {
        zone: this.zone,
        quantity: this.name,
        t: dataNow,
        ...scale.now(channel.level, channel.sd),
        provisional: true,
      },
      forecast: gridForecast(channel, scale, dataNow),
    }
  }

  /** Begins where readings kept from before begin; what was said about minutes up to `made` is not said again. */
  resume(made: number): void {
    this.cursor = this.minutes.oldest()
    if (this.cursor === Number.POSITIVE_INFINITY) this.cursor = undefined
    this.made = made
    this.#spoke = true
  }
}
