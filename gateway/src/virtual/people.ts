/**
 * What people do all day, and what they take from the air and give to it: NASA BVAD 2015 (NASA/TP-2015-218570),
 * table 3.22. The hour of exercise that the table follows is half an hour of effort and four quarters of recovery.
 */
import { chance } from './chance.ts'

/** A minute of one person. */
export interface Rates {
  /** Dry heat, W. */
  readonly heat: number
  /** Vapour and sweat, g/min. */
  readonly water: number
  /** Taken up, g/min. */
  readonly o2: number
  /** Given off, g/min. */
  readonly co2: number
}

const asleep: Rates = { heat: 62, water: 0.63, o2: 0.36, co2: 0.455 }
const awake: Rates = { heat: 91, water: 1.177, o2: 0.568, co2: 0.72 }
const effort: readonly Rates[] = [
  { heat: 143, water: 4.616 + 0.156, o2: 3.94, co2: 4.985 },
  { heat: 173, water: 12.842 + 3.352, o2: 3.94, co2: 4.985 },
  { heat: 158, water: 8.383 + 1.516, o2: 0.568, co2: 0.72 },
  { heat: 136, water: 4.029 + 0.036, o2: 0.568, co2: 0.72 },
  { heat: 129, water: 2.744, o2: 0.568, co2: 0.72 },
  { heat: 126, water: 2.04, o2: 0.568, co2: 0.72 },
]

/** What one person does at a moment. */
export interface Doing {
  readonly rates: Rates
  readonly working: boolean
  readonly asleep: boolean
}

const BICYCLES = 4

interface Day {
  readonly wake: number
  readonly bed: number
  readonly exercise: number
  readonly work: readonly (readonly [from: number, to: number])[]
}

const SLEEPING: Doing = { rates: asleep, working: false, asleep: true }
const IDLING: Doing = { rates: awake, working: false, asleep: false }
const WORKING: Doing = { rates: awake, working: true, asleep: false }
const EXERCISING: readonly Doing[] = effort.map((rates) => ({ rates, working: false, asleep: false }))

/** The days of one person; every day is a little different. */
export class Person {
  #number: number
  #chance: (index?: number) => number
  #dayNumber = Number.NaN
  #day: Day = { wake: 7, bed: 23, exercise: 17, work: [] }

  constructor(seed: number, number: number) {
    this.#number = number
    this.#chance = chance(seed, `person ${number}`)
  }

  /**
   * @param dayNumber days since the epoch, local time
   * @param hour local hour of the day, from 0 to 24
   */
  at(dayNumber: number, hour: number): Doing {
    if (dayNumber !== this.#dayNumber) {
      this.#dayNumber = dayNumber
      this.#day = this.#plan(dayNumber)
    }
    const day = this.#day
    if (hour < day.wake || hour >= day.bed) return SLEEPING
    const quarter = Math.floor((hour - day.exercise) * 4)
    const exercising = EXERCISING[quarter]
    if (exercising !== undefined) return exercising
    for (const [from, to] of day.work) if (hour >= from && hour < to) return WORKING
    return IDLING
  }

  #plan(dayNumber: number): Day {
    const vary = (what: number, spread: number) => (this.#chance(dayNumber * 8 + what) - 0.5) * 2 * spread
    const early = this.#number % 2 === 0
    // nearly together before dinner, as many as there are bicycles; the others before breakfast
    const place = this.#number % BICYCLES
    const evening = this.#number < BICYCLES
    return {
      wake: 6.9 + vary(0, 0.35),
      bed: 22.8 + vary(1, 0.5),
      exercise: (evening ? 16.8 : 7.4) + place * 0.2 + vary(2, 0.15),
      work: [
        [9.5 + vary(3, 0.3), 11.5 + vary(4, 0.4)],
        early ? [14 + vary(5, 0.5), 16 + vary(6, 0.5)] : [13.5, 14 + vary(5, 0.4)],
      ],
    }
  }
}

/** Someone who came to see the habitat: awake, at home, for as long as the visit lasts. */
export const visitor: Doing = IDLING
