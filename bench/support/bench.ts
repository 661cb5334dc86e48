/** What a bench is, and what it says. */
import { cpus } from 'node:os'

export type Figure = number | string | boolean | null | readonly number[] | { readonly [name: string]: Figure }

/** A figure and the bound that it is held to. */
export interface Goal {
  readonly figure: string
  readonly goal: string
  readonly met: boolean
}

export interface Outcome {
  /** Name with its unit → what was measured. */
  readonly figures: Readonly<Record<string, Figure>>
  /** Said of figures that are watched, but by which nothing fails. */
  readonly goals?: readonly Goal[]
  /** Said by a gate only. */
  readonly pass?: boolean
  /** Why it could not run here. */
  readonly skipped?: string
}

/** What somebody may ask for on the command line. */
export interface BenchOptions {
  /** How many virtual habitats. */
  readonly habitats?: number
  /** How long what is to go on for ever is watched. */
  readonly minutes?: number
  /** How often what is tried is tried. */
  readonly times?: number
  /** How many readings cross. */
  readonly readings?: number
  /** Those that the twin is tuned on, instead of those that it is judged by. */
  readonly tuning?: boolean
  /** A third broker beside the two: ours as it is where MQTT 5 is spoken as well. */
  readonly mqtt5?: boolean
  /** File that the result of each habitat is appended to, a line of JSON each. */
  readonly results?: string
}

export interface Bench {
  readonly name: string
  /** The run fails where this does. */
  readonly gate: boolean
  run(options: BenchOptions): Promise<Outcome>
}

/** Where it was measured. */
export const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? '', node: process.version }

/** Holds a figure to an upper bound. */
export function atMost(figure: string, value: number, bound: number): Goal {
  return { figure, goal: `<= ${bound}`, met: value <= bound }
}

/** To three significant digits, or to the whole where it is larger. */
export function round(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3))
}
