/**
 * A piece of the habitat's physics: one process, one file. All members of the ensemble go through it together: each
 * figure of a zone is a column with one number a member.
 *
 *   plan ─► pieces claim rows (state, parameters) ─► each minute: every piece moves moles and heat by its equation
 */
import type { Parameter } from '@habtwin/contract'

/** `plain` rows are carried along: no reading moves them. */
export type Kind = 'state' | 'parameter' | 'bias' | 'plain'

/** One row of the ensemble's matrix: what it is, how it begins and how it wanders by itself. */
export interface RowSpec {
  /** Unique; how a snapshot finds its row again. */
  readonly id: string
  readonly kind: Kind
  /** Index of the zone it belongs to; absent where it is the habitat's. */
  readonly zone?: number
  /** First guess: of the value itself, or of its natural logarithm where `log`. */
  readonly mean: number
  readonly sd: number
  readonly log?: boolean
  /** Bounds of the stored value. */
  readonly low?: number
  readonly high?: number
  /** Random walk, standard deviation per root hour of the stored value. */
  readonly walk?: number
  /** Or: forgets what was found out within so many hours, and goes back to `mean` and `sd`. */
  readonly forgets?: number
  /** How a person is told of it; rows without are not shown. */
  readonly tell?: Pick<Parameter, 'kind' | 'label' | 'unit'> & Partial<Pick<Parameter, 'zone' | 'device' | 'point'>>
}

export interface Row extends RowSpec {
  readonly values: Float64Array
}

/** Hands out rows while an ensemble is put together. */
export interface Rows {
  readonly members: number
  /** @returns the row itself: what is stored of each member */
  claim(spec: RowSpec): Float64Array
  /** @returns the values that a `log` row stands for, made anew before each step: to be read only */
  natural(spec: RowSpec & { readonly log: true }): Float64Array
}

/** Air of a zone, a number a member. */
export interface Zone {
  readonly id: string
  readonly index: number
  /** m3 */
  readonly volume: number
  /** True where somebody told the volume. */
  readonly told: boolean
  /** mol */
  readonly co2: Float64Array
  readonly o2: Float64Array
  readonly n2: Float64Array
  readonly h2o: Float64Array
  /** °C */
  readonly temperature: Float64Array
  /** People here by the CO2 that they give off, 1 = one person at nominal activity. */
  readonly load: Float64Array
  /** People here: of the load, what is not exercise. */
  readonly present: Float64Array
  /** J/K of its air: moles at the pressure of the site and 22 °C, 29.2 J/(mol K). */
  readonly capacity: number
  /** Of the minute. */
  readonly input: ZoneInput
}

/** What is known of a zone's minute, by instruments, plan or people. NaN: unknown. */
export interface ZoneInput {
  /** umol/m2/s */
  par: number
  /** Share of the minute that the scrubber ran. */
  scrubber: number
  /** O2 fed in, mol/h. */
  oxygen: number
  /** Outside air blown in, m3/h. */
  blower: number
  /** Air swapped with the outside by an open valve or hatch, m3/h. */
  valve: number
  /** People counted. */
  people: number
  /** Into the battery, W: measured; and as it was a day before. */
  battery: number
  usual: number
  /** umol/m2/s of lamps that are supposed to be left out. */
  spared: number
  /** People more or fewer than expected, as somebody said or supposes. */
  visitors: number
}

export type Gas = 'co2' | 'o2' | 'n2' | 'h2o'
export const gases: readonly Gas[] = ['co2', 'o2', 'n2', 'h2o']
export type Place = 'people' | 'crop' | 'machines' | 'outside' | 'moisture'

/** Where moles went that left the zones; negative where they came from. What is in zones and here never changes. */
export type Ledger = Record<Place, Record<Gas, Float64Array>>

/** Everything that pieces look at. */
export interface World {
  readonly members: number
  readonly zones: readonly Zone[]
  readonly ledger: Ledger
  /** J that came into all zones together since the beginning, a number a member. */
  readonly heat: Float64Array
  /** Pa, inside; and above the outside, NaN where nobody measures it. */
  pressure: number
  difference: number
  /** °C, outside. */
  outside: number
  /** Local time, hours of the day. */
  hour: number
  /** Open doors between two zones (indices), m3/h. */
  doors: readonly { readonly a: number; readonly b: number; readonly flow: number }[]
  /** Normally distributed numbers, one a member; overwritten by the next call. */
  normals(): Float64Array
}

export interface Piece {
  /**
   * Goes on by one step.
   * @param hours length of the step, h
   * @param ahead true while a forecast is made: then what the minute's inputs do not tell is supposed
   */
  step(world: World, hours: number, ahead: boolean): void
  /** What it remembers beside its rows; to go on from. */
  memory?: Record<string, number | Float64Array>
}
