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
 * lead. What was gained is counted apart for calm times and all others, as what serves a room full of people says
 * nothing of its empty weekend. And where all that was of no avail of late, a brake leads back to "it stays".
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
  /** Share of the usual change below which changes of late are calm. */
  readonly calm: number
  /** Share of persistence's error by which it may be worse of late before it stays as it is. */
  readonly brake: number
}

export const blendOptions: BlendOptions = { memory: 7, doubt: 0.45, fee: 0.4, rate: 1.5, calm: 0.4, brake: 0.01 }

const CONTEXTS = 3
const SHARES = [0.25, 0.5, 0.75, 1]
/** Losses beyond so many usual ones are cut. */
const MOST = 6

/** What would have been gained over persistence by each candidate, in usual changes. */
interface Gate {
  readonly gains: Float64Array
  readonly squares: Float64Array
  usual: number
  seen: number
}

export class Blend {
  readonly #experts: number
  readonly #lead: number
  readonly #options: BlendOptions
  readonly #forget: number
  readonly #late: number
  readonly #doubt: number
  readonly #fee: number
  readonly #gains: Float64Array[]
  readonly #squares: Float64Array[]
  readonly #sharp: Float64Array
  readonly #candidates: number
  /** One for calm times, one for all others. */
  readonly #gates: Gate[]
  /** By step modulo lead: what experts said. */
  readonly #opinions: Float32Array
  /** Mixture, sharp mixture, and what was meant before the brake. */
  readonly #offers: Float32Array
  readonly #now: Float64Array
  readonly #context: Uint8Array
  /** Which gate was asked, and what was said in the end. */
  readonly #moods: Uint8Array
  readonly #said: Float64Array
  readonly #offered: Float64Array
  readonly #single: readonly number[]
  /** Mean distance between the experts' opinions and the forecast, by their weights and all alike. */
  spread = 0
  /** 0 in calm times, else 1; as of the last forecast. */
  mood = 0
  #usual = 0
  #seen = 0
  #roundGain = 0
  /** Mean absolute change within the lead, of late. */
  #local = 0
  /** Of late: by how much more than persistence what was meant has missed, and how much persistence has. */
  #worse = 0
  #stayed = 0

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
    this.#doubt = options.doubt * Math.sqrt(lead + 3) * (1 + 3 * ((lead * stepMinutes) / 1_440) ** 2)
    this.#fee = options.fee * (lead + 3)
    // what comes once a day is learned from weeks
    const memory = Math.max(options.memory, (21 * lead * stepMinutes) / 1_440)
    this.#forget = Math.exp(-stepMinutes / 1_440 / memory)
    this.#late = Math.exp(-1 / Math.max(1_440 / stepMinutes, 10 * lead))
    this.#gains = Array.from({ length: CONTEXTS + 1 }, () => new Float64Array(experts))
    this.#squares = Array.from({ length: CONTEXTS + 1 }, () => new Float64Array(experts))
    this.#sharp = new Float64Array(experts)
    this.#candidates = SHARES.length + 1 + single.length
    this.#gates = [0, 1].map(() => ({
      gains: new Float64Array(this.#candidates),
      squares: new Float64Array(this.#candidates),
      usual: 0,
      seen: 0,
    }))
    this.#opinions = new Float32Array(lead * experts)
    this.#offers = new Float32Array(lead * 3)
    this.#moods = new Uint8Array(lead)
    this.#said = new Float64Array(lead)
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
    const meant = this.#offers[3 * slot + 2] as number
    const said = this.#said[slot] as number
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
    this.#local += (missed - this.#local) / Math.min(this.#seen, 60 + 2 * this.#lead)
    const mood = this.#moods[slot] as number
    const gate = this.#gates[mood] as Gate
    gate.usual += (missed - gate.usual) / Math.min(++gate.seen, 3_000 + this.#lead)
    const unit = gate.usual + 1e-9
    this.#stayed = this.#stayed * this.#late + missed
    this.#worse = this.#worse * this.#late + Math.abs(meant - change) - missed
    for (let i = 0, at = slot * n; i < n; i++, at++) {
      const loss = cut((Math.abs((this.#opinions[at] as number) - change) - missed) / scale)
      this.#sharp[i] = (this.#sharp[i] as number) * this.#forget + loss
    }
    for (let j = 0; j < this.#candidates; j++) {
      let offer = sharp
      if (j < SHARES.length) offer = (SHARES[j] as number) * mixture
      const alone = this.#single[j - SHARES.length - 1]
      if (alone !== undefined) offer = this.#opinions[slot * n + alone] as number
      const gain = cut((missed - Math.abs(offer - change)) / unit)
      gate.gains[j] = (gate.gains[j] as number) * this.#forget + gain
      gate.squares[j] = (gate.squares[j] as number) * this.#forget + gain * gain
    }
    if (resolution > 0) {
      const rounded = Math.round((now + said) / resolution) * resolution - now
      this.#roundGain = this.#roundGain * this.#forget + Math.abs(said - change) - Math.abs(rounded - change)
    }
  }

  /**
   * @param opinions of the experts, from `at` on
   * @param context how restless it is, 0 to 2
   * @param recent absolute change over the last quarter of an hour
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
    recent: number,
  ): number {
    const mood = Math.max(this.#local, recent) < this.#options.calm * this.#usual ? 0 : 1
    this.mood = mood
    const slot = k % this.#lead
    const n = this.#experts
    const meant = this.#offer(now, opinions, at, context, this.#gates[mood] as Gate)
    const change = meant * this.#brake()
    this.#said[slot] = change
    this.#now[slot] = usable ? now : Number.NaN
    this.#context[slot] = context
    this.#moods[slot] = mood
    for (let i = 0; i < n; i++) this.#opinions[slot * n + i] = (opinions[at + i] as number) - now
    this.#offers[3 * slot] = this.#offered[SHARES.length - 1] as number
    this.#offers[3 * slot + 1] = this.#offered[SHARES.length] as number
    this.#offers[3 * slot + 2] = meant
    const said = now + change
    return resolution > 0 && this.#roundGain > 0 ? Math.round(said / resolution) * resolution : said
  }

  /** Whatever the reason: who has been worse than persistence of late gives way to it. */
  #brake(): number {
    return Math.min(1, Math.max(0, 1 - this.#worse / this.#allowance))
  }

  get #allowance(): number {
    return this.#options.brake * (this.#stayed + this.#usual * (this.#lead + 30)) + 1e-9
  }

  /** A silence: what was said and not yet verified is of another time. */
  interrupt(): void {
    this.#now.fill(Number.NaN)
  }

  keep(archive: Archive): void {
    archive.numbers(...this.#gains, ...this.#squares, this.#sharp)
    for (const gate of this.#gates) {
      archive.numbers(gate.gains, gate.squares)
      gate.usual = archive.number(gate.usual)
      gate.seen = archive.number(gate.seen)
    }
    archive.numbers(this.#opinions, this.#offers, this.#now, this.#context, this.#moods, this.#said)
    this.#local = archive.number(this.#local)
    this.spread = archive.number(this.spread)
    this.#usual = archive.number(this.#usual)
    this.#seen = archive.number(this.#seen)
    this.#roundGain = archive.number(this.#roundGain)
    this.#worse = archive.number(this.#worse)
    this.#stayed = archive.number(this.#stayed)
  }

  #offer(now: number, opinions: Float64Array, at: number, context: number, gate: Gate): number {
    const gains = this.#gains[0] as Float64Array
    const squares = this.#squares[0] as Float64Array
    const local = this.#gains[context + 1] as Float64Array
    const localSquares = this.#squares[context + 1] as Float64Array
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
      (gate.gains[c] as number) - this.#fee - this.#doubt * Math.sqrt(gate.squares[c] as number)
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
