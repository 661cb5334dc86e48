/**
 * People: CO2, O2, water and heat, by NASA BVAD 2015 (NASA/TP-2015-218570), table 3.22, per person:
 *
 *            heat W   water g/min   O2 g/min   CO2 g/min
 *   asleep       62          0.63       0.36       0.455
 *   nominal      91         1.177      0.568        0.72
 *   exercise 143–173    4.77–16.2       3.94       4.985
 *
 * How many there are and what they do is not measured: `load` counts them by the CO2 that they give off, one person
 * at nominal activity being 1, asleep 0.63, exercising 6.9. It follows, with chance, what is expected of so many
 * people at this hour:
 *
 *   dL = (N a(hour) − L)/τ dt + σ dW        O2, water and heat in proportion to L
 *
 * N is the crew's number (a parameter); a day of 8 h sleep, 15.5 h nominal and 0.5 h exercise has a mean load of 1.0
 * a person (table 3.26: 1.04 kg of CO2 a day), so the day's mean of L counts people too.
 */
import { MOLAR } from './air.ts'
import type { Piece, Rows, World, Zone } from './piece.ts'

/** mol/h of one person at nominal activity. */
const CO2 = (0.72 * 60) / MOLAR.co2
const O2 = (0.568 * 60) / MOLAR.o2
const WATER = (1.177 * 60) / MOLAR.h2o
/** W */
export const PERSON_HEAT = 91
/** Load of a sleeper, and of a waking hour with its share of exercise. */
const ASLEEP = 0.455 / 0.72
const AWAKE = 1.16
/** h over which people change what they do, and how much of their number that is. */
const TAU = 0.6
const UNREST = 0.6
/** What people do at each half hour of the day beyond what is supposed; half of it is taken from one day. */
const BINS = 48
const LEARN = 1.4
/** A habitat that seems empty may not be. */
const FEW = 0.7
/** Share of people at work in another zone than where they live, in waking hours. */
const AWAY = 0.12

export interface CrewPlan {
  /** How many live in each zone, where somebody told; undefined where nobody did. */
  readonly residents: readonly (number | undefined)[]
  /** Index of the zone where most of them live. */
  readonly home: number
  /** Hours of the day, local time. */
  readonly wake: number
  readonly sleep: number
}

export class Crew implements Piece {
  /** The number of people. */
  readonly number: Float64Array
  /** Mean load over the last day (or since the beginning), of the whole habitat. */
  readonly day: Float64Array
  /** Hours that `day` stands for; and by zone and half hour of the day, how much more load there usually is. */
  readonly memory: { hours: number; habits: Float64Array }
  /** Where people live. */
  readonly #home: number
  readonly #plan: CrewPlan
  readonly #loads: Float64Array

  /** @param zones all zones; those without crew told are where people may be all the same */
  constructor(plan: CrewPlan, rows: Rows) {
    this.#plan = plan
    this.#loads = new Float64Array(rows.members)
    this.memory = { hours: 0, habits: new Float64Array(plan.residents.length * BINS) }
    const told = plan.residents.reduce<number>((sum, people) => sum + (people ?? 0), 0)
    this.#home = plan.home
    const mean = told > 0 ? Math.log(told) : Math.log(2.8)
    this.number = rows.natural({
      id: 'crew',
      kind: 'parameter',
      mean,
      sd: told > 0 ? 0.15 : 0.6,
      log: true,
      low: Math.log(0.02),
      high: Math.log(60),
      forgets: 240,
    })
    this.day = rows.claim({
      id: 'crew-load',
      kind: 'parameter',
      mean: Math.exp(mean),
      sd: told > 0 ? 0.15 * told : 1.7,
      low: 0,
      tell: { kind: 'crew-load', label: 'Crew, by the CO₂ of a day', unit: '1' },
    })
  }

  /** Expected load of one person at an hour, with falling asleep and getting up spread over an hour. */
  activity(hour: number): number {
    const { wake, sleep } = this.#plan
    return ASLEEP + (AWAKE - ASLEEP) * awake(hour, wake, sleep)
  }

  /** The same of one who does not exercise. */
  rest(hour: number): number {
    return ASLEEP + ((this.activity(hour) - ASLEEP) * (1 - ASLEEP)) / (AWAKE - ASLEEP)
  }

  step(world: World, hours: number, ahead: boolean): void {
    const active = this.activity(world.hour)
    const away = active > 0.9 && world.zones.length > 1 ? AWAY : 0
    const others = world.zones.length - 1
    this.memory.hours = Math.min(24, this.memory.hours + hours)
    const forget = Math.min(1, hours / this.memory.hours)
    const back = 1 - Math.exp(-hours / TAU)
    const shake = Math.sqrt(1 - (1 - back) ** 2)
    const { number, day } = this
    // what a day's CO2 has shown counts for more than what was supposed
    const known = this.memory.hours / 24
    const loads = this.#loads.fill(0)
    for (const zone of world.zones) {
      const { load, present, input } = zone
      const share = zone.index === this.#home ? 1 - away : away / Math.max(1, others)
      const chance = world.normals()
      const bin = zone.index * BINS + Math.floor((world.hour * BINS) / 24)
      const habit = this.memory.habits[bin] as number
      let unusual = 0
      for (let m = 0; m < world.members; m++) {
        const people = (1 - known) * (number[m] as number) + known * (day[m] as number)
        const usual = people * share * active
        const expected = Number.isNaN(input.people) ? Math.max(0, usual + habit) : input.people * active
        const visitors = input.visitors
        // everybody may be anywhere; asleep they stay where they are
        const unrest = UNREST * Math.max(people, FEW) * active
        const before = load[m] as number
        unusual += before - usual - habit
        const next = before + back * (expected + visitors - before) + shake * unrest * (chance[m] as number)
        // a member may have less than nobody for a while: cut off at zero, the mean of all would be too many people
        load[m] = next
        present[m] = Math.max(0, Math.min(next, people * active))
        loads[m] = (loads[m] as number) + (load[m] as number)
      }
      breathe(zone, world, hours)
      if (!ahead) this.memory.habits[bin] = habit + (unusual / world.members) * (1 - Math.exp(-hours * LEARN))
    }
    for (let m = 0; m < world.members; m++) {
      const before = day[m] as number
      day[m] = before + forget * ((loads[m] as number) - before)
    }
  }
}

/** What people take from the air and give to it. */
function breathe(zone: Zone, world: World, hours: number): void {
  const { co2, o2, h2o, load } = zone
  const { people } = world.ledger
  const [c, o, h] = [CO2 * hours, O2 * hours, WATER * hours]
  for (let m = 0; m < world.members; m++) {
    // less than nobody takes CO2 and water: never more than half of what there is
    const least = -0.5 * Math.min((co2[m] as number) / c, (h2o[m] as number) / h)
    const persons = Math.max(least, load[m] as number)
    co2[m] = (co2[m] as number) + c * persons
    o2[m] = (o2[m] as number) - o * persons
    h2o[m] = (h2o[m] as number) + h * persons
    people.co2[m] = (people.co2[m] as number) - c * persons
    people.o2[m] = (people.o2[m] as number) + o * persons
    people.h2o[m] = (people.h2o[m] as number) - h * persons
  }
}

/** 1 in waking hours, 0 asleep, half an hour before and after in between. */
function awake(hour: number, wake: number, sleep: number): number {
  const since = (hour - wake + 24) % 24
  const day = (sleep - wake + 24) % 24
  const inside = since < day ? Math.min(since, day - since) : -Math.min(since - day, 24 - since)
  return Math.min(1, Math.max(0, 0.5 + inside))
}
