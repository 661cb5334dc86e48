/**
 * The balance of CO2 of the whole habitat, minute by minute, counted in people.
 *
 *   what the zones gained in a minute  +  what the scrubber took out  =  what came, less what crop and leaks took
 *
 * Counted over all zones it does not see who walks from one to another, and in differences neither gain nor offset of
 * an instrument matters much: a step of one person shows within a quarter of an hour, far sooner than any estimate of
 * how many there are. Air warms with people and not with a scrubber that is used up, so that is looked at beside it.
 *
 * A person awake gives off 0.72 g of CO2 a minute and 91 W of heat (BVAD, NASA/TP-2015-218570, table 3.22).
 */

/** What a minute brings. */
export interface Minute {
  /** Zones whose CO2 is measured, ppm by volume, with their volume in m³. */
  readonly zones: readonly { readonly co2: number; readonly volume: number }[]
  /** CO2 that the scrubber is thought to take out while it runs, m³·ppm a minute; and the share that it ran. */
  readonly due: number
  readonly running: number
  /** °C where people live; NaN where nobody measures it. */
  readonly air: number
}

/** Kept over a restart: plain data. */
export interface BalanceMemory {
  /** The minute written last, whole minutes since the epoch. */
  minute: number
  /** m³·ppm of CO2 in the habitat, and in how many zones that was measured. */
  held: number
  zones: number
  /** By minute, NaN where not known: m³·ppm a minute that came, and that the scrubber takes while it runs; °C. */
  readonly came: Float32Array
  readonly due: Float32Array
  readonly air: Float32Array
}

/** A step of the balance: how it looks now from a minute at which something may have changed. */
export interface Step {
  /** m³·ppm a minute, before and after. */
  readonly before: number
  readonly after: number
  /** How much parts of a quarter of an hour of each side differ (halves at least), the worse side. */
  readonly unsteady: number
  /** °C by which the air has warmed beyond its trend; NaN where nobody knows. */
  readonly warmer: number
}

/** A day, and what is looked at around the same hour of it. */
const DAY = 1_440
const SLOTS = 1_600
/** g/min, g/mol, J/(mol K). */
const BREATH = 0.72
const CO2 = 44.01
const R = 8.314
const ROOM = 295.15
/** Minutes before a step that tell the trend of the air, and how much of the trend goes on. */
const TREND = [40, 30, 10] as const
const GOES_ON = 0.7
/** Minutes until the air has taken up what somebody gives off. */
const WARMS = 3
/** Minutes of a part by which evenness is told. */
const PART = 13
/** An onset is looked for up to so many minutes before it was noticed, and must be over for so many. */
const EARLIER = 36
const SINCE = 8
/** A mean is known where so much of it is. */
const KNOWN = 0.8

export function newBalanceMemory(): BalanceMemory {
  const empty = () => new Float32Array(SLOTS).fill(Number.NaN)
  return { minute: Number.NEGATIVE_INFINITY, held: Number.NaN, zones: 0, came: empty(), due: empty(), air: empty() }
}

/** m³·ppm of CO2 a minute that a person awake gives off. @param pressure of the air, hPa */
export function breathOf(pressure: number): number {
  return ((BREATH / CO2) * R * ROOM * 1e6) / (pressure * 100)
}

/** Notes a minute; one that was noted already is passed over. */
export function note(memory: BalanceMemory, minute: number, { zones, due, running, air }: Minute): void {
  if (minute <= memory.minute) return
  for (let gone = Math.max(memory.minute + 1, minute - SLOTS + 1); gone < minute; gone++) {
    memory.came[at(gone)] = Number.NaN
    memory.due[at(gone)] = Number.NaN
    memory.air[at(gone)] = Number.NaN
  }
  const held = zones.reduce((sum, { co2, volume }) => sum + co2 * volume, 0)
  const follows = memory.minute === minute - 1 && memory.zones === zones.length && zones.length > 0
  memory.came[at(minute)] = follows ? held - memory.held + running * due : Number.NaN
  memory.due[at(minute)] = due
  memory.air[at(minute)] = air
  memory.held = held
  memory.zones = zones.length
  memory.minute = minute
}

/** Mean of a series in the minutes from `from` until before `to`; NaN where too little is known. */
export function mean(values: Float32Array, from: number, to: number): number {
  let sum = 0
  let n = 0
  for (let minute = from; minute < to; minute++) {
    const value = values[at(minute)] as number
    if (Number.isNaN(value)) continue
    sum += value
    n++
  }
  return n >= KNOWN * (to - from) ? sum / n : Number.NaN
}

/**
 * How it looks from `minute` if something changed at the end of `since`.
 * @param before minutes before it that count as before
 */
export function stepAt(memory: BalanceMemory, since: number, minute: number, before: number): Step {
  const { came, air } = memory
  const uneven = (from: number, to: number) => {
    const parts = Math.max(2, Math.floor((to - from) / PART))
    const edge = (part: number) => from + Math.floor((part * (to - from)) / parts)
    const levels = Array.from({ length: parts }, (_, part) => mean(came, edge(part), edge(part + 1)))
    return Math.max(...levels) - Math.min(...levels)
  }
  const [far, farther, near] = [TREND[1], TREND[0], TREND[2]]
  const [first, last] = [mean(air, since - farther, since - far), mean(air, since - near, since)]
  const slope = (last - first) / far
  const ahead = (minute - since + WARMS + 1) / 2 + near / 2
  return {
    before: mean(came, since - before, since),
    after: mean(came, since + 1, minute + 1),
    unsteady: Math.max(uneven(since - before, since), uneven(since + 1, minute + 1)),
    warmer: mean(air, since + WARMS, minute + 1) - (last + GOES_ON * slope * ahead),
  }
}

/** When the step was, of which is known that there was one: where the balance before and after differ most. */
export function onset(memory: BalanceMemory, minute: number, before: number): { since: number; more: number } {
  let most = { since: minute - SINCE, more: Number.NEGATIVE_INFINITY }
  for (let since = minute - EARLIER; since <= minute - SINCE; since++) {
    const more = mean(memory.came, since + 1, minute + 1) - mean(memory.came, since - before, since)
    if (more > most.more) most = { since, more }
  }
  return most
}

/** What came about this time yesterday: a level of quarters of an hour within so many minutes; NaN where not known. */
export function yesterday(memory: BalanceMemory, minute: number, within: number, level: number): number {
  const quarters: number[] = []
  for (let ago = DAY - within; ago <= DAY + within; ago += 5) {
    const value = mean(memory.came, minute - ago - 7, minute - ago + 8)
    if (Number.isNaN(value)) return Number.NaN
    quarters.push(value)
  }
  return Float64Array.from(quarters).sort()[Math.floor(level * (quarters.length - 1))] as number
}

/** Whether somebody was working so hard shortly before that what follows says nothing. @param far m³·ppm a minute */
export function wasFarAbove({ came }: BalanceMemory, since: number, level: number, far: number): boolean {
  for (let ago = 15; ago < 70; ago += 5) if (mean(came, since - ago - 14, since - ago + 1) > level + far) return true
  return false
}

function at(minute: number): number {
  return ((minute % SLOTS) + SLOTS) % SLOTS
}
