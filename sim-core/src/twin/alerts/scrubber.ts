/**
 * A CO2 scrubber that stands still though it ought to run.
 *
 * It ought to run above the CO2 at which it always came on, and until that at which it always went off: both are
 * learned from what it does, by the same instruments, so that their gains and offsets do not matter. Until it has been
 * seen to switch a few times its configured switching point serves.
 */
import { alertId, place } from '@habtwin/runtime/alert-words'
import type { Standing } from './standing.ts'
import { idleScrubberText, localTime } from './text.ts'

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

/** What is known of a zone's scrubber; plain data, kept over a restart. */
export interface Habit {
  running: boolean
  /** CO2 at which it came on and went off of late, ppm, newest last. */
  ons: number[]
  offs: number[]
  /** Since when it stands still though it should not. */
  idle: number | undefined
}

export interface ScrubberContext {
  readonly standing: Standing
  readonly timezone: string
  readonly label: (zone: string) => string
  /** Where a zone's scrubber switches on, ppm. */
  readonly on: (zone: string) => number | undefined
  readonly habits: Map<string, Habit>
}

const MINUTE = 60_000
/** How long it stands still before that is told, ms: by the switching point of the configuration, and by what it did. */
const PATIENCE = 10 * MINUTE
const PATIENCE_LEARNED = 4 * MINUTE
/** CO2 must be above its switching point by so much: gain and offset of an instrument, or what scatters. */
const SURE = 1.05
const SURE_LEARNED = 1.025
/** Switchings that are remembered, and that make a habit. */
const REMEMBERED = 12
const HABIT = 3

export function newHabit(running: boolean): Habit {
  return { running, ons: [], offs: [], idle: undefined }
}

/** @param co2 mean of the zone's instruments now, ppm */
export function checkScrubbers(
  t: number,
  machines: readonly MachineCheck[],
  co2: (zone: string) => number | undefined,
  { standing, timezone, label, on, habits }: ScrubberContext,
): void {
  for (const { zone, running, expected } of machines) {
    const [level, point] = [co2(zone), on(zone)]
    if (level === undefined || point === undefined) continue
    const id = alertId(zone, 'scrubber', 'idle')
    const habit = habits.get(zone) ?? newHabit(running > 0.5)
    habits.set(zone, habit)
    const where = place(label(zone))
    if (running > 0.1) {
      if (!habit.running && running > 0.5) switched(habit, habit.ons, level, true)
      habit.idle = undefined
      standing.clear(id, t, `The CO₂ scrubber of ${where} runs again`, level)
      continue
    }
    const early = habit.running && isAbove(level, habit.offs)
    if (habit.running) switched(habit, early ? [] : habit.offs, level, false)
    const late = habit.ons.length >= HABIT ? isAbove(level, habit.ons) : expected && level > SURE * point
    if (early || late) habit.idle ??= t
    const usual = Math.max(...habit.offs, 0)
    if (habit.idle !== undefined && level < (usual === 0 ? 0.9 * point : usual)) {
      habit.idle = undefined
      standing.clear(id, t, `The CO₂ scrubber of ${where} need not run any more`, level)
    }
    if (habit.idle === undefined) continue
    const patience = habit.ons.length >= HABIT || isAbove(level, habit.offs) ? PATIENCE_LEARNED : PATIENCE
    if (t - habit.idle < patience - MINUTE) continue
    const since = localTime(habit.idle, t, timezone)
    standing.raise(id, t, {
      level: 'caution',
      zone,
      quantity: 'scrubber',
      value: level,
      limit: point,
      since: habit.idle,
      text: idleScrubberText(label(zone), level, usual > 0 && level < point ? usual : point, level < point, since),
      anomaly: { parameter: `scrubber/${zone}`, from: 1, to: 0, unit: '1', since: habit.idle, evidence: 1 },
      checklist: 'co2-high',
    })
  }
}

function switched(habit: Habit, list: number[], level: number, running: boolean): void {
  habit.running = running
  list.push(level)
  if (list.length > REMEMBERED) list.shift()
}

/** Above all at which it has switched, by more than these scatter. */
function isAbove(level: number, switching: readonly number[]): boolean {
  if (switching.length < HABIT) return false
  const most = Math.max(...switching)
  return level > Math.max(SURE_LEARNED * most, most + (most - Math.min(...switching)))
}
