/** What goes into the ensemble and what comes out of it. */

/** A minute's mean of one instrument's point, in the unit of the vocabulary. */
export interface Observation {
  readonly device: string
  readonly zone: string
  readonly point: string
  readonly value: number
  readonly trust: 'good' | 'uncertain'
}

/** What a reading was against what was expected. */
export interface Innovation {
  readonly device: string
  readonly zone: string
  readonly point: string
  readonly value: number
  /** What the instrument was expected to read. */
  readonly expected: number
  /** (value − expected) over the standard deviation of that difference. */
  readonly z: number
  readonly accepted: boolean
  /** Why it was not believed: `outlier`, `frozen`, `scale`, `neighbours`. */
  readonly reason?: string
}

/** A machine as it says it is, and as it should be. */
export interface MachineCheck {
  readonly zone: string
  readonly device: string
  readonly kind: 'scrubber'
  /** Share of the minute that it ran. */
  readonly running: number
  /** True where it ought to run by its switching points, false where it ought not to. */
  readonly expected: boolean
}
