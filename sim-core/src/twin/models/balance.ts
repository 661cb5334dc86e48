/**
 * The balance of one quantity in one zone:
 *
 *     dx/dt = s(t) − k (x − x₀)          x level [unit], s net source [unit/h], k exchange [1/h], x₀ reference [unit]
 *     ds    = −(s − p(t))/τ dt + σ √(2/τ) dW     p habitual source at this time of day, τ [h], σ [unit/h]
 *
 * The first line is the mass balance of a well-mixed zone (ASHRAE Handbook, Fundamentals, ch. 24: dilution). The
 * second lets the source wander about what is usual at this hour and forget a deviation after τ: an
 * Ornstein–Uhlenbeck process (Gardiner, Handbook of Stochastic Methods, 3rd ed., 4.5.4). Level and source are
 * followed together by a Kalman filter of two states. A constant part of s and k·x₀ cannot be told apart, so x₀
 * is any fixed level and s is what it takes to keep the books.
 *
 * All functions are pure. Time is in hours, except `t`, which is ms since the epoch.
 */

/** What is fixed about a zone's quantity. */
export interface BalanceModel {
  /** k, exchange with what is around the zone, 1/h. */
  readonly exchange: number
  /** x₀, the level that exchange pulls to, in the quantity's unit. */
  readonly reference: number
  /** τ, how long the source remembers a deviation from its habit, h. */
  readonly memory: number
}

/** What is believed at one moment: means and covariance of level and source. */
export interface Balance {
  readonly level: number
  readonly source: number
  readonly levelVariance: number
  readonly covariance: number
  readonly sourceVariance: number
}

/** The first belief: the level as measured, the source unknown within `unrest`. */
export function firstBalance(level: number, noise: number, unrest: number): Balance {
  return { level, source: 0, levelVariance: noise * noise, covariance: 0, sourceVariance: unrest * unrest }
}

/**
 * The balance `dt` hours on, with nothing measured.
 * @param habit p at this time of day, unit/h
 * @param unrest σ, the usual deviation of the source from its habit, unit/h
 */
export function predict(now: Balance, model: BalanceModel, habit: number, unrest: number, dt: number): Balance {
  const keep = Math.exp(-model.exchange * dt)
  const gain = gained(model.exchange, dt)
  const fade = Math.exp(-dt / model.memory)
  const source = habit + (now.source - habit) * fade
  const { levelVariance, covariance, sourceVariance } = now
  return {
    level: model.reference + (now.level - model.reference) * keep + ((now.source + source) / 2) * gain,
    source,
    levelVariance: keep * keep * levelVariance + 2 * keep * gain * covariance + gain * gain * sourceVariance,
    covariance: fade * (keep * covariance + gain * sourceVariance),
    sourceVariance: fade * fade * sourceVariance + unrest * unrest * (1 - fade * fade),
  }
}

/** The balance after a measurement of the level with standard deviation `noise`. */
export function update(now: Balance, measured: number, noise: number): Balance {
  const { levelVariance, covariance, sourceVariance } = now
  const total = levelVariance + noise * noise
  const innovation = measured - now.level
  return {
    level: now.level + (levelVariance / total) * innovation,
    source: now.source + (covariance / total) * innovation,
    levelVariance: (levelVariance * noise * noise) / total,
    covariance: (covariance * noise * noise) / total,
    sourceVariance: sourceVariance - (covariance * covariance) / total,
  }
}

/**
 * Standard deviation of the level `lead` hours on: today's, the source's own uncertainty carried along, and its
 * wandering (the integral of an Ornstein–Uhlenbeck process; exact for k = 0, and above the truth else).
 */
export function spread(now: Balance, model: BalanceModel, unrest: number, lead: number): number {
  const { memory: tau } = model
  const fade = Math.exp(-lead / tau)
  const carried = tau * (1 - fade)
  const wandered = unrest * unrest * tau * tau * ((2 * lead) / tau - 3 + 4 * fade - fade * fade)
  return Math.sqrt(
    now.levelVariance +
      2 * carried * Math.max(0, now.covariance) +
      carried * carried * now.sourceVariance +
      Math.max(0, wandered),
  )
}

const MINUTE = 60_000
const SHORT_STEPS = 12

/** Ends of the steps of a projection, ms after it was made: each 5 min to 1 h, each 15 min to 24 h. */
export const projectionLeads: readonly number[] = [
  ...Array.from({ length: SHORT_STEPS }, (_, i) => (i + 1) * 5 * MINUTE),
  ...Array.from({ length: 92 }, (_, i) => (60 + (i + 1) * 15) * MINUTE),
]

/** Where in a projection a lead (ms, a multiple of its steps) is found. */
export function projectionIndex(lead: number): number {
  return lead <= 60 * MINUTE ? lead / (5 * MINUTE) - 1 : 11 + (lead - 60 * MINUTE) / (15 * MINUTE)
}

/**
 * Levels to come, should the source fall back into its habit.
 * @param habit p now, unit/h
 * @param ahead p in the middle of each step, unit/h
 * @param out one level for each of `projectionLeads`, or only the first ones where it is shorter
 */
export function project(
  now: Balance,
  model: BalanceModel,
  habit: number,
  ahead: Float64Array,
  out: Float64Array,
): void {
  const many = Math.min(out.length, SHORT_STEPS)
  const begin = { deviation: now.source - habit, excess: now.level - model.reference }
  const then = walk(begin, step(model, 5 / 60), ahead, out, 0, many)
  walk(then, step(model, 15 / 60), ahead, out, many, out.length)
  for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + model.reference
}

interface Walk {
  readonly deviation: number
  readonly excess: number
}

/** Goes through equal steps of a projection and writes the level above the reference at the end of each. */
function walk(
  from: Walk,
  { keep, gain, fade, half }: Step,
  ahead: Float64Array,
  out: Float64Array,
  first: number,
  end: number,
): Walk {
  let { deviation, excess } = from
  for (let i = first; i < end; i++) {
    excess = excess * keep + ((ahead[i] as number) + deviation * half) * gain
    deviation *= fade
    out[i] = excess
  }
  return { deviation, excess }
}

type Step = ReturnType<typeof step>

function step(model: BalanceModel, dt: number) {
  const fade = Math.exp(-dt / model.memory)
  return {
    keep: Math.exp(-model.exchange * dt),
    gain: gained(model.exchange, dt),
    fade,
    /** Mean over the step of a deviation that fades. */
    half: ((1 - fade) * model.memory) / dt,
  }
}

/** What a source of 1 adds within dt hours, less what is exchanged meanwhile, h. */
function gained(exchange: number, dt: number): number {
  return exchange * dt < 1e-9 ? dt : -Math.expm1(-exchange * dt) / exchange
}
