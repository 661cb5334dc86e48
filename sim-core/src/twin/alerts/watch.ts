/**
 * Innovations of one quantity of one zone: is what comes still what was expected?
 *
 *   z ─► less its usual mean ─► less what the minute before foretold (AR 1) ─► over its usual spread ─► CUSUM, χ²
 *
 * Innovations of a filter are white only where its model is right; real ones are not, and a CUSUM of coloured noise
 * cries all day. So they are standardised by what they usually are: mean, spread and colour, learned slowly and with
 * bounded influence, so that an hour of trouble does not become the usual.
 *
 * CUSUM: Page, Biometrika 41 (1954) 100–115; k 0.5 finds a shift of one standard deviation soonest, and beside it a
 * slow one, k 0.25, one of less than half a standard deviation that goes on for an hour (a small leak). χ²: the sum of
 * squares over a window against its 99 % point (Wilson and Hilferty's approximation, PNAS 17 (1931) 684–688).
 */

/** Kept over a restart: plain data. */
export interface Watch {
  /** Minutes seen, up to where they count alike. */
  n: number
  mean: number
  /** Variance of what is left of z after its mean, and its covariance with the minute before. */
  variance: number
  covariance: number
  /** Variance of what was not foretold by the minute before. */
  rest: number
  /** The minute before: when, and what was left after the mean. */
  t: number
  last: number
  /** Sums of a quarter of an hour, and the variance of these over that of white noise. */
  sum: number
  sums: number
  colour: number
  /** The CUSUMs: fast and slow, each to both sides. */
  readonly cusums: Sum[]
  squares: Float32Array
  at: number
  /** The worst CUSUM of each quarter of the last days, the one in the making first, and which quarter that is. */
  worst: number[]
  block: number
}

export interface Sum {
  readonly k: number
  readonly h: number
  readonly up: boolean
  value: number
  /** When it last left zero, ms. */
  since: number
}

/** What a watch finds. */
export interface Alarm {
  /** Of the worse of both sides: over its threshold (1 alarms). */
  readonly evidence: number
  /** Over the worst that was usual of late, too; 0 as long as that is not known. */
  readonly unusual: number
  readonly up: boolean
  /** When it began, ms. */
  readonly since: number
}

const MINUTE = 60_000
/** False alarms of the slow one are rarer: once in four days of white noise (Siegmund, Sequential Analysis (1985), 2.5). */
const FAST = { k: 0.5, h: 5 }
const SLOW = { k: 0.25, h: 12 }
/** A CUSUM goes no higher, in thresholds: afterwards it must find its way back. */
const MOST = 12
/** Quarters of a day of which the worst is remembered; the last two are the present, the rest the usual, once enough. */
const BLOCK = 6 * 3_600_000
const BLOCKS = 18
const PRESENT = 2
const ENOUGH = 5
/** Minutes over which the usual is learned, in the long run. */
const USUAL = 1_440
/** Minutes that the first guess (mean 0, spread 1, white) counts for. */
const GUESS = 60
/** Nothing is said before this many minutes were seen. */
const WARM = 180
/** No single minute counts for more, standard deviations. */
const CLIP = 4
/** Minutes of a sum, by which slow colour is seen. */
const QUARTER = 15
/** Minutes of the window of χ². */
export const CHI_WINDOW = 45

export function newWatch(): Watch {
  return {
    n: GUESS, mean: 0, variance: 1, covariance: 0, rest: 1, t: Number.NEGATIVE_INFINITY, last: 0,
    sum: 0, sums: 0, colour: 1,
    cusums: [FAST, SLOW].flatMap((speed) => [true, false].map((up) => ({ ...speed, up, value: 0, since: 0 }))),
    squares: new Float32Array(CHI_WINDOW).fill(Number.NaN), at: 0, worst: [], block: Number.NaN,
  } // biome-ignore format: a list
}

/**
 * Takes a minute's innovation.
 * @param z normalised by what the filter thought its spread was
 */
export function follow(watch: Watch, t: number, z: number): void {
  if (!Number.isFinite(z) || t <= watch.t) return
  const minutes = Math.round((t - watch.t) / MINUTE)
  const colour = Math.min(0.98, Math.max(-0.5, watch.covariance / watch.variance))
  const phi = minutes <= 5 ? colour ** minutes : 0
  const x = clip(z - watch.mean, CLIP * Math.sqrt(watch.variance))
  const left = x - phi * watch.last
  const spread = Math.sqrt(watch.rest * (minutes === 1 ? 1 : Math.max(1, (1 - phi ** 2) / (1 - colour ** 2))))
  const w = clip(left / spread, CLIP) / Math.sqrt(Math.max(1, watch.colour))
  learn(watch, z, x, minutes === 1 ? left : undefined)
  watch.last = x
  watch.t = t
  quarter(watch, clip(left / spread, CLIP))
  watch.squares[watch.at++ % CHI_WINDOW] = w * w
  if (watch.n < GUESS + WARM) return
  for (const one of watch.cusums) {
    if (one.value === 0) one.since = t
    one.value = Math.min(MOST * one.h, Math.max(0, one.value + (one.up ? w : -w) - one.k))
  }
  remember(watch, t)
}

/** The worst of each quarter of a day, so that what happens each day (lamps that come on) is known as such. */
function remember(watch: Watch, t: number): void {
  const block = Math.floor(t / BLOCK)
  if (block !== watch.block) {
    watch.worst = [0, ...watch.worst].slice(0, BLOCKS)
    watch.block = block
  }
  watch.worst[0] = Math.max(watch.worst[0] ?? 0, cusum(watch).evidence)
}

/** The CUSUM that is farthest over its threshold. */
export function cusum({ cusums, worst }: Watch): Alarm {
  let most = cusums[0] as Sum
  for (const one of cusums) if (one.value / one.h > most.value / most.h) most = one
  const evidence = most.value / most.h
  // what the last hours had is the present excursion itself, and is left out
  const before = worst.slice(PRESENT)
  const unusual = before.length >= ENOUGH ? evidence / Math.max(1, ...before) : 0
  // the fast one, where it has alarmed too, knows better when it began
  const fast = cusums.find(({ up, value, h }) => up === most.up && value >= h) ?? most
  return { evidence, unusual, up: most.up, since: fast.since }
}

/** The sum of squares over the window, over its 99 % point; 0 until the window is full. */
export function chi({ squares, n }: Watch): number {
  if (n < GUESS + WARM) return 0
  let sum = 0
  for (let i = 0; i < squares.length; i++) sum += squares[i] as number
  return Number.isNaN(sum) ? 0 : sum / CHI_99
}

function learn(watch: Watch, z: number, x: number, left: number | undefined): void {
  const rate = 1 / watch.n
  watch.n = Math.min(USUAL, watch.n + 1)
  watch.mean += rate * clip(z - watch.mean, 2 * Math.sqrt(watch.variance))
  watch.variance = Math.max(1e-6, watch.variance + rate * (x * x - watch.variance))
  if (left === undefined) return
  watch.covariance += rate * (x * watch.last - watch.covariance)
  const seen = Math.min(left * left, CLIP * CLIP * watch.rest)
  watch.rest = Math.max(1e-6, watch.rest + rate * (seen - watch.rest))
}

/** Colour that one minute does not show: sums of white noise have a variance of their length. */
function quarter(watch: Watch, w: number): void {
  watch.sum += w
  if (++watch.sums < QUARTER) return
  const ratio = Math.min(9, watch.sum ** 2 / QUARTER)
  watch.colour += Math.max(1 / 96, QUARTER / watch.n) * (ratio - watch.colour)
  watch.sum = 0
  watch.sums = 0
}

function clip(x: number, most: number): number {
  return Math.min(most, Math.max(-most, x))
}

/** 99 % point of χ² with as many degrees of freedom as the window has minutes. */
const CHI_99 = CHI_WINDOW * (1 - 2 / (9 * CHI_WINDOW) + 2.3263479 * Math.sqrt(2 / (9 * CHI_WINDOW))) ** 3
