/** One quantity in one zone: the filter, minute by minute, and the forecasts that are made of it. */
import { pointInfo } from '@habtwin/contract'
import {
  type Balance,
  type BalanceModel,
  firstBalance,
  predict,
  project,
  projectionLeads,
  spread,
  update,
} from './models/balance.ts'
import { Habit } from './models/habit.ts'
import { Skill } from './skill.ts'

const MINUTE = 60_000
const STEP = 1 / 60
/** 1/h and h: a habitat is nearly sealed, and what people do lasts about so long. */
const EXCHANGE = 0.1
const MEMORY = 1.5
/** Minutes without a measurement after which the level is taken anew instead of carried on. */
export const SILENCE = 60
/** Beyond so many standard deviations a measurement is an outlier … */
const OUTLIER = 6
/** … until so many in a row agree that the level has stepped. */
const AGREE = 3
/** Minutes over which noise and unrest are averaged. */
const NOISE_WINDOW = 240
const UNREST_WINDOW = 1_440

export interface ChannelOptions {
  /** Length of a day of the mission, ms. */
  readonly day: number
  /** What the instruments resolve, in the quantity's unit; given for what is not in the vocabulary's own unit. */
  readonly resolution?: number
}

export class Channel {
  /** Medians at `projectionLeads`, as made at the last minute. */
  readonly medians = new Float64Array(projectionLeads.length)
  /** Half the width of the 90 % band at the same leads. */
  readonly halves = new Float64Array(projectionLeads.length)
  readonly #ahead = new Float64Array(projectionLeads.length)
  readonly #resolution: number
  readonly #day: number
  readonly #skill = new Skill()
  #model: BalanceModel | undefined
  #habit: Habit | undefined
  #balance: Balance | undefined
  /** Standard deviation of a minute's mean, unit. */
  #noise: number
  /** Usual deviation of the source from its habit, unit/h. */
  #unrest: number
  #last = [Number.NaN, Number.NaN] as [number, number]
  #silent = 0
  #outliers = 0

  constructor(quantity: string, options: ChannelOptions) {
    this.#resolution = options.resolution ?? 10 ** -pointInfo(quantity).digits
    this.#day = options.day
    this.#noise = 3 * this.#resolution
    this.#unrest = 30 * this.#resolution
  }

  get level(): number {
    return this.#balance?.level ?? Number.NaN
  }

  get sd(): number {
    return Math.sqrt(this.#balance?.levelVariance ?? Number.NaN)
  }

  /** True where the last measurement is so old that nothing should be said. */
  get silent(): boolean {
    return this.#balance === undefined || this.#silent > SILENCE
  }

  /**
   * Goes on by one minute.
   * @param minute whole minutes since the epoch; the moment meant is its end
   * @param measured the minute's mean, where there is one
   */
  step(minute: number, measured: number | undefined): void {
    const t = (minute + 1) * MINUTE
    if (measured === undefined) this.#carry(t)
    else if (this.#balance === undefined || this.silent) this.#begin(t, measured)
    else this.#follow(t, measured)
    if (this.silent || this.#balance === undefined) {
      this.#skill.skip(minute)
      return
    }
    if (measured !== undefined && this.#outliers === 0) this.#skill.verify(minute, measured)
    this.#forecast(minute, t, this.#balance)
  }

  /** After a silence so long that it is not worth going through minute by minute. */
  interrupt(): void {
    this.#silent = SILENCE + 1
    this.#skill.interrupt()
  }

  #begin(t: number, measured: number): void {
    this.#model ??= { exchange: EXCHANGE, reference: measured, memory: MEMORY }
    this.#habit ??= new Habit(this.#model, this.#day)
    this.#habit.interrupt()
    this.#balance = firstBalance(measured, this.#noise, this.#unrest)
    this.#habit.learn(t, measured)
    this.#last = [Number.NaN, measured]
    this.#silent = 0
    this.#outliers = 0
  }

  /** No measurement: the model alone. */
  #carry(t: number): void {
    this.#silent++
    this.#last = [Number.NaN, Number.NaN]
    if (this.#balance === undefined || this.#model === undefined || this.#habit === undefined || this.silent) return
    this.#habit.interrupt()
    this.#balance = predict(this.#balance, this.#model, this.#habit.at(t), this.#unrest, STEP)
  }

  #follow(t: number, measured: number): void {
    const { model, habit, balance } = this.#known()
    const before = predict(balance, model, habit.at(t), this.#unrest, STEP)
    const innovation = measured - before.level
    this.#silent = 0
    const limit = OUTLIER * Math.sqrt(before.levelVariance + this.#noise ** 2)
    if (Math.abs(innovation) > limit && ++this.#outliers < AGREE) {
      this.#balance = before
      return
    }
    if (this.#outliers >= AGREE) {
      // a step of the level, not of the source: the books begin anew there
      this.#balance = { ...before, level: measured, levelVariance: this.#noise ** 2, covariance: 0 }
      habit.interrupt()
      this.#last = [Number.NaN, measured]
    } else {
      this.#balance = update(before, measured, this.#noise)
      this.#learn(t, measured, Math.min(Math.abs(innovation), limit))
    }
    this.#outliers = 0
    habit.learn(t, this.#balance.level)
  }

  /** Noise from second differences of the measured (their variance is six times it), unrest from the source. */
  #learn(t: number, measured: number, innovation: number): void {
    const { habit, balance } = this.#known()
    const [before, last] = this.#last
    const second = measured - 2 * last + before
    this.#last = [last, measured]
    if (!Number.isNaN(second)) {
      const seen = Math.min(second ** 2 / 6, (OUTLIER * this.#noise) ** 2)
      this.#noise = Math.sqrt(
        Math.max((this.#resolution / 2) ** 2, this.#noise ** 2 + (seen - this.#noise ** 2) / NOISE_WINDOW),
      )
    }
    // the filter's own doubt about the source is part of how far it may be from its habit
    const deviation = (balance.source - habit.at(t)) ** 2 + balance.sourceVariance
    const least = this.#resolution ** 2 + (innovation / 4) ** 2
    this.#unrest = Math.sqrt(Math.max(least, this.#unrest ** 2 + (deviation - this.#unrest ** 2) / UNREST_WINDOW))
  }

  #forecast(minute: number, t: number, balance: Balance): void {
    const { model, habit } = this.#known()
    habit.ahead(t, this.#ahead)
    project(balance, model, habit.at(t), this.#ahead, this.medians)
    this.#skill.apply(minute, balance.level, this.medians, this.halves, (lead) =>
      spread(balance, model, this.#unrest, lead / 3_600_000),
    )
  }

  #known(): { model: BalanceModel; habit: Habit; balance: Balance } {
    const [model, habit, balance] = [this.#model, this.#habit, this.#balance]
    if (model === undefined || habit === undefined || balance === undefined) throw new TypeError('not begun')
    return { model, habit, balance }
  }
}
