/**
 * The one habitat that all virtual devices of a configuration look at, and its time.
 *
 *   now − 72 h ──warm-up──► now − 48 h ──remembered, a frame a minute──► now ──► lives on, as fast as configured
 */
import { HabtwinError } from '@habtwin/contract'
import type { Bus, BusContext, Setting } from '../drivers/driver.ts'
import { between, type Frame, frameOf, type Quantity } from './frame.ts'
import { Habitat, STEP } from './habitat.ts'
import type { Controls, State } from './state.ts'
import { drawTruth, type Truth } from './truth.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const WARM_UP = 24 * HOUR
/** A longer gap is not lived through minute by minute: the habitat goes on from a day before its end. */
const LONGEST_GAP = 7 * 24 * HOUR
/** So long it stands still where its clock was put back. */
const LONGEST_WAIT = 6 * HOUR
const KEEP_EVERY = 10 * MINUTE

export interface WorldOptions {
  /** The same seed gives the same habitat. */
  readonly seed: number
  /** How many times faster than the wall clock it lives. */
  readonly speed: number
  /** How far back its instruments remember at the first start, ms. */
  readonly remember: number
}

interface Kept {
  readonly version: 1
  readonly seed: number
  readonly state: State
}

export class World implements Bus {
  readonly truth: Truth
  readonly speed: number
  #context: BusContext<WorldOptions>
  #habitat: Habitat
  /** The last two frames; the present lies between them. */
  #before: Frame
  #after: Frame
  #past: Frame[] = []
  /** Where its time and the machine's were together. */
  #base: number
  #mono: number
  #keptAt: number
  #disposed = false

  /** Begins, or goes on from what was kept. Takes some 100 ms where there is a past to live through. */
  constructor(context: BusContext<WorldOptions>) {
    const { seed, speed, remember } = context.options
    const now = context.clock.now()
    this.#context = context
    this.speed = speed
    this.truth = drawTruth(seed, context.habitat)
    const kept = restore(context, this.truth)
    this.#habitat = new Habitat(this.truth, now - remember - WARM_UP, kept)
    this.#before = frameOf(this.#habitat)
    this.#after = this.#before
    // at the speed of the wall it has lived on while the gateway was away; at any other it has stood still
    this.#base = kept === undefined || speed === 1 ? now : kept.t
    this.#mono = context.clock.mono()
    this.#keptAt = this.#base
    this.#live(this.#base, true)
  }

  /** The habitat's own time, ms since the epoch. */
  now(): number {
    const { clock } = this.#context
    if (this.speed === 1) return clock.now()
    return Math.round(this.#base + (clock.mono() - this.#mono) * this.speed)
  }

  get controls(): Readonly<Controls> {
    return this.#habitat.state.controls
  }

  /** Looks at the present: the time, and any quantity of it. */
  look(): { t: number; see: (quantity: Quantity, zone: number) => number } {
    const t = this.now()
    this.#live(t, false)
    if (this.#past.length > 0 && t > this.#base + 5 * MINUTE * this.speed) this.#past = []
    if (t - this.#keptAt > KEEP_EVERY * this.speed) this.#keep()
    const [before, after] = [this.#before, this.#after]
    return { t, see: (quantity, zone) => between(before, after, t, quantity, zone) }
  }

  /** The remembered past from `from` to `to`, a frame every `spacing` ms (whole minutes), oldest first. */
  *past(from: number, to: number, spacing: number): Iterable<Frame> {
    for (const frame of this.#past) {
      if (frame.t >= from && frame.t <= to && frame.t % spacing === 0) yield frame
    }
  }

  /** Disturbs the habitat; returns what is so from now on. */
  set(control: string, value: Setting): Setting {
    const { controls } = this.#habitat.state
    if (!Object.hasOwn(controls, control)) {
      throw new HabtwinError('command/refused', `there is no ${control} to set`, { where: this.#context.id })
    }
    this.#live(this.now(), false)
    Object.assign(controls, { [control]: value })
    this.#keep()
    return value
  }

  /** The whole habitat as JSON, to go on from later. */
  snapshot(): string {
    const kept: Kept = { version: 1, seed: this.truth.seed, state: this.#habitat.state }
    return JSON.stringify(kept)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return
    this.#disposed = true
    this.#keep()
  }

  #keep(): void {
    this.#keptAt = this.#habitat.state.t
    this.#context.state?.save(this.snapshot())
  }

  /** Steps until the time lies between the last two frames. */
  #live(to: number, remember: boolean): void {
    const { state } = this.#habitat
    if (to - state.t > LONGEST_GAP) state.t = Math.floor((to - WARM_UP) / STEP) * STEP
    // a clock that was put back by no more than a few hours finds it waiting; by more it goes on from there
    else if (state.t - to > LONGEST_WAIT) {
      state.t = Math.floor(to / STEP) * STEP
      this.#after = frameOf(this.#habitat)
    }
    while (state.t <= to) {
      this.#habitat.step()
      const remembered =
        remember && state.t % MINUTE === 0 && state.t <= to && state.t > to - this.#context.options.remember
      if (!remembered && state.t + STEP <= to) continue
      this.#before = this.#after
      this.#after = frameOf(this.#habitat)
      if (remembered) this.#past.push(this.#after)
    }
  }
}

/** What was kept, where it is of this very habitat; a fault is told, and the habitat begins anew. */
function restore(context: BusContext<WorldOptions>, truth: Truth): State | undefined {
  const text = context.state?.load()
  if (text === undefined) return undefined
  try {
    const { version, seed, state } = JSON.parse(text) as Kept
    const same = version === 1 && seed === truth.seed && state.air.length === truth.zones.length
    if (same) return state
  } catch (cause) {
    const message = 'what was kept of the virtual habitat cannot be read; it begins anew'
    context.report(new HabtwinError('data/unusable', message, { where: context.id, cause }))
  }
  return undefined
}
