/**
 * What the `closed` rule knows beyond flows: processes, whose flows all scale together, what switches them on and off,
 * and what makes them faster or slower. Everything is resolved here: masses are kg, energy kWh, light mol, time h.
 */

/** A figure that a process looks at. */
export interface View {
  /**
   * `amount`: what a store holds, in its unit. `level`: that by its capacity. `fraction`: its mole fraction of the
   * air. `moles`: kmol of gas in all.
   */
  readonly as: 'amount' | 'level' | 'fraction' | 'moles'
  readonly agent: string
  /** None for moles. */
  readonly currency: string
}

/** A switch with two limits: on beyond one, off again beyond the other. With one limit both are the same. */
export interface Switch {
  readonly view: View
  /** On above the limit, or below it. */
  readonly when: 'above' | 'below'
  readonly limit: number
  readonly until: number
}

/** How a process answers to a figure. */
export interface Response {
  readonly view: View
  /** `saturating`: x/(x + half), 1 at full. `proportional`: x/full. */
  readonly kind: 'saturating' | 'proportional'
  readonly half: number
  readonly full: number
}

/** What a process works towards and not beyond: it takes no more than what is above, or gives what is missing. */
export interface Keep {
  readonly view: View
  readonly at: number
  /** The flow that it limits. */
  readonly direction: 'in' | 'out'
  readonly currency: string
}

export interface Process {
  readonly id: string
  /**
   * What it wants in a step. `rate`: its flows' figures, for each individual and hour. `all`: as much as there is of
   * its first input. `leak`: that part of what is there, each gas by itself. `mix`: two airs exchange that many m³/h.
   */
  readonly extent: 'rate' | 'all' | 'leak' | 'mix'
  /** All of them must be on. */
  readonly switches: readonly Switch[]
  readonly responses: readonly Response[]
  readonly keep: Keep | undefined
  /** By hour of day, 24 figures; their mean is 1. */
  readonly daily: readonly number[] | undefined
  /** Hours of age until it runs in full; it begins from nothing, and its mean over life is 1. */
  readonly ramp: number | undefined
  /** Only while the agent is not grown, or only at the end of its life. */
  readonly stage: 'growing' | 'grown' | undefined
  /** Hours that an individual survives without it. */
  readonly vital: number | undefined
}

/** What kills: a switch that is on for so many hours. */
export interface Peril {
  readonly name: string
  readonly switch: Switch
  readonly hours: number
}

/** What the closed rule needs to know of an agent. */
export interface Closed {
  readonly processes: readonly Process[]
  readonly perils: readonly Peril[]
  /** Who takes what the dead held. */
  readonly remains: string | undefined
  /** Hours of a life, at the end of which it is harvested and begins again. */
  readonly lifetime: number | undefined
  /**
   * `vent`: takes whatever comes. `source`: gives whatever is asked for. What such a one holds is what it has taken or
   * given so far.
   */
  readonly boundless: 'vent' | 'source' | undefined
}
