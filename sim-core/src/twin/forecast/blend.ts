/**
 * One forecast out of many, for one lead. Two stages, each learned online from forecasts whose time has come:
 *
 *     experts ─ polynomial potential (ML-Poly) ─► mixture ─ gate ─► forecast
 *                                                    └ persistence, shares of the mixture, sharp mixture, experts
 *
 * Stage one weighs experts by how much would have been gained by following them more (Gaillard, Stoltz and van Erven,
 * COLT 2014: "A second-order bound with excess losses"), on the gradient of the absolute error, in general and in
 * the present state of unrest. Stage two gives way from "it stays as it is" only as far as the gain is beyond what
 * chance would explain: errors of forecasts that overlap are one error, so the doubt grows with the root of the
 * lead.
 */
import type { Archive } from './archive.ts'

export interface BlendOptions {
  /** Days until a verified forecast counts for 1/e. */
  readonly memory: number
  /** Standard errors by which something must be better than persistence. */
  readonly doubt: number
  /** Usual changes that must have been gained at all, in independent forecasts. */
  readonly fee: number
  /** How fast the gate decides, per independent forecast. */
  readonly rate: number
}

export const blendOptions: BlendOptions = { memory: 7, doubt: 0.3, fee: 1, rate: 1.5 }

const CONTEXTS = 3
const SHARES = [0.25, 0.5, 0.75, 1]
/** Losses beyond so many usual ones are cut. */
const MOST = 6

export class Blend {
  readonly #experts: number
  readonly #lead: number
  readonly #options: BlendOptions
  readonly #forget: number
  readonly #doubt: number
  readonly #fee: number
  readonly #gains: Float64Array[]
  readonly #squares: Float64Array[]
  readonly #sharp: Float64Array
  readonly #candidates: number
  readonly #gateGain: Float64Array
  readonly #gateSquares: Float64Array
  /** By step modulo lead: what was said. */
  readonly #opinions: Float32Array
  /** Mixture, sharp mixture, and what was said in the end. */
  readonly #offers: Float32Array
  readonly #now: Float64Array
  readonly #context: Uint8Array
  readonly #offered: Float64Array
  readonly #single: readonly number[]
  /** Mean distance between the experts' opinions and the forecast, by their weights and all alike. */
  spread = 0
  #usual = 0
  #seen = 0
  #roundGain = 0

  /**
   * @param lead in steps
   * @param single experts that the gate may also take alone
   */
  constructor(experts: number, lead: number, stepMinutes: number, single: readonly number[], options = blendOptions) {
    this.#experts = experts
    this.#lead = lead
    this.#single = single
    this.#options = options
    // days are alike in themselves: beyond some hours even forecasts that do not overlap err together
    this.#doubt = options.doubt * Math.sqrt(lead + 3) * (1 + 12 * ((lead * stepMinutes) / 1_440) ** 2)
    this.#fee = options.fee * (lead + 3)
    this.#forget = Math.exp(-stepMinutes / 1_440 / options.memory)
    this.#gains = Array.from({ length: CONTEXTS + 1 }, () => new Float64Array(experts))
    this.#squares = Array.from({ length: CONTEXTS + 1 }, () => new Float64Array(experts))
    this.#sharp = new Float64Array(experts)
    this.#candidates = SHARES.length + 1 + single.length
    this.#gateGain = new Float64Array(this.#candidates)
    this.#gateSquares = new Float64Array(this.#candidates)
    this.#opinions = new Float32Array(lead * experts)
    this.#offers = new Float32Array(lead * 3)
    this.#now = new Float64Array(lead).fill(Number.NaN)
    this.#context = new Uint8Array(lead)
    this.#offered = new Float64Array(this.#candidates)
  }

  /** What was said one lead before step k is compared with what came. To be called before `forecast` of that step. */
  verify(k: number, came: number, resolution: number): void {
    const slot = k % this.#lead
    const now = this.#now[slot] as number
    if (Number.isNaN(now)) return
    const n = this.#experts
    const change = came - now
    this.#seen++
    this.#usual += (Math.abs(change) - this.#usual) / Math.min(this.#seen, 3_000 + this.#lead)
    const scale = this.#usual + 1e-9
    const mixture = this.#offers[3 * slot] as number
    const sharp = this.#offers[3 * slot + 1] as number
    const said = this.#offers[3 * slot + 2] as number
    const slope = Math.max(-1, Math.min(1, (mixture - change) / (0.02 * scale))) / scale
    for (const context of [0, 1 + (this.#context[slot] as number)]) {
      const gains = this.#gains[context] as Float64Array
      const squares = this.#squares[context] as Float64Array
      for (let i = 0, at = slot * n; i < n; i++, at++) {
        const gain = cut(slope * (mixture - (this.#opinions[at] as number)))
        gains[i] = (gains[i] as number) * this.#forget + gain
        squares[i] = (squares[i] as number) * this.#forget + gain * gain
      }
    }
    const missed = Math.abs(change)
    for (let i = 0, at = slot * n; i < n; i++, at++) {
      const loss = cut((Math.abs((this.#opinions[at] as number) - change) - missed) / scale)
      this.#sharp[i] = (this.#sharp[i] as number) * this.#forget + loss
    }
    for (let j = 0; j < this.#candidates; j++) {
      const offer =
        j < SHARES.length
          ? (SHARES[j] as number) * mixture
          : j === SHARES.length
            ? sharp
            : (this.#opinions[slot * n + (this.#single[j - SHARES.length - 1] as number)] as number)
      const gain = cut((missed - Math.abs(offer - change)) / scale)
      this.#gateGain[j] = (this.#gateGain[j] as number) * this.#forget + gain
      this.#gateSquares[j] = (this.#gateSquares[j] as number) * this.#forget + gain * gain
    }
    if (resolution > 0) {
      const rounded = Math.round((now + said) / resolution) * resolution - now
      this.#roundGain = this.#roundGain * this.#forget + Math.abs(said - change) - Math.abs(rounded - change)
    }
  }

  /**
   * @param opinions of the experts, from `at` on
   * @param context how restless it is, 0 to 2
   * @param usable whether `now` is a reading, so that the forecast is worth verifying
   */
  forecast(
    k: number,
    now: number,
    opinions: Float64Array,
    at: number,
    context: number,
    usable: boolean,
    resolution: number,
  ): number {
    const slot = k % this.#lead
    const n = this.#experts
    const change = this.#offer(now, opinions, at, context)
    this.#now[slot] = usable ? now : Number.NaN
    this.#context[slot] = context
    for (let i = 0; i < n; i++) this.#opinions[slot * n + i] = (opinions[at + i] as number) - now
    this.#offers[3 * slot] = this.#offered[SHARES.length - 1] as number
    this.#offers[3 * slot + 1] = this.#offered[SHARES.length] as number
    this.#offers[3 * slot + 2] = change
    const said = now + change
    return resolution > 0 && this.#roundGain > 0 ? Math.round(said / resolution) * resolution : said
  }

  /** A silence: what was said and not yet verified is of another time. */
  interrupt(): void {
    this.#now.fill(Number.NaN)
  }

  keep(archive: Archive): void {
    archive.numbers(...this.#gains, ...this.#squares, this.#sharp, this.#gateGain, this.#gateSquares)
    archive.numbers(this.#opinions, this.#offers, this.#now, this.#context)
    this.spread = archive.number(this.spread)
    this.#usual = archive.number(this.#usual)
    this.#seen = archive.number(this.#seen)
    this.#roundGain = archive.number(this.#roundGain)
  }

  #offer(now: number, opinions: Float64Array, at: number, context: number): number {
    const [gains, squares] = [this.#gains[0] as Float64Array, this.#squares[0] as Float64Array]
    const [local, localSquares] = [this.#gains[context + 1] as Float64Array, this.#squares[context + 1] as Float64Array]
    const rate = this.#options.rate / (this.#lead + 3)
    let weights = 1e-12
    let mixture = 0
    let sharpWeights = 0
    let sharp = 0
    let least = 0
    for (let i = 0; i < this.#experts; i++) least = Math.min(least, this.#sharp[i] as number)
    for (let i = 0; i < this.#experts; i++) {
      const weight =
        Math.max(0, gains[i] as number) / (1 + (squares[i] as number)) +
        Math.max(0, local[i] as number) / (1 + (localSquares[i] as number))
      const change = (opinions[at + i] as number) - now
      weights += weight
      mixture += weight * change
      const share = Math.exp(-rate * ((this.#sharp[i] as number) - least))
      sharpWeights += share
      sharp += share * change
    }
    const offered = this.#offered
    let j = 0
    for (const share of SHARES) offered[j++] = (share * mixture) / weights
    offered[j++] = sharp / sharpWeights
    for (const i of this.#single) offered[j++] = (opinions[at + i] as number) - now
    // the gate: persistence counts for as much as all the others
    let best = 0
    const margin = (c: number) =>
      (this.#gateGain[c] as number) - this.#fee - this.#doubt * Math.sqrt(this.#gateSquares[c] as number)
    for (let c = 0; c < this.#candidates; c++) best = Math.max(best, margin(c))
    let total = Math.exp(-rate * best)
    let change = 0
    for (let c = 0; c < this.#candidates; c++) {
      const share = Math.exp(rate * (margin(c) - best)) / this.#candidates
      total += share
      change += share * (offered[c] as number)
    }
    let apart = 0
    for (let i = 0; i < this.#experts; i++) {
      const share = Math.exp(-rate * ((this.#sharp[i] as number) - least)) / sharpWeights
      apart += (0.7 * share + 0.3 / this.#experts) * Math.abs((opinions[at + i] as number) - now - change / total)
    }
    this.spread = apart
    return change / total
  }
}

function cut(loss: number): number {
  return Math.min(Math.max(loss, -MOST), MOST)
}
