/**
 * The virtual habitat: people, crop and machines in sealed zones, stepped on a fixed grid of time. It shares no
 * code with the twin, on purpose: a twin that is tested against its own model learns nothing.
 */
import { balance, breathe, mix } from './air.ts'
import { calendar, type LocalTime, Sky } from './calendar.ts'
import { condition, dry, grow, oxygenate, scrub, supply } from './machines.ts'
import { type Doing, Person, visitor } from './people.ts'
import { begin, type Flows, MOLAR, move, type State, still } from './state.ts'
import type { Truth } from './truth.ts'

/** ms; every step ends on a multiple of it. */
export const STEP = 20_000
const HOURS = STEP / 3_600_000

export class Habitat {
  readonly truth: Truth
  readonly state: State
  readonly flows: Flows
  #local: (t: number) => LocalTime
  #sky: Sky
  #people: Person[]
  /** How many were at work when last looked: whoever goes or comes opens the door. */
  #working = 0

  /** @param state taken over and changed; one that begins at `t` where none is given */
  constructor(truth: Truth, t: number, state: State = begin(truth, Math.floor(t / STEP) * STEP)) {
    this.truth = truth
    this.state = state
    this.flows = still(truth)
    this.#local = calendar(truth.timezone)
    this.#sky = new Sky(truth.seed)
    this.#people = Array.from({ length: truth.residents }, (_, number) => new Person(truth.seed, number))
  }

  /** Goes one step on. */
  step(): void {
    const { state, truth, flows } = this
    const local = this.#local(state.t)
    const sun = this.#sky.sun(local)
    const outside = this.#sky.temperature(local)
    const weather = this.#sky.pressure(local)
    flows.heat.fill(0)
    flows.people.fill(0)
    const { awake, door } = this.#live(local.day, local.hour)
    const lamps = grow(state, truth, flows, local.hour, sun, HOURS)
    scrub(state, truth, flows, HOURS)
    oxygenate(state, truth, flows, HOURS)
    dry(state, truth, flows, HOURS)
    const climate = condition(state, truth, flows, outside, local.hour, HOURS)
    balance(state, truth, flows, weather)
    breathe(state, truth, flows, weather, outside, HOURS)
    mix(state, truth, flows, door, HOURS)
    flows.load = 500 + 90 * awake + lamps + flows.scrubber + flows.oxygen + climate + (state.blowing ? 60 : 0)
    for (const dryer of flows.drying) flows.load += dryer
    supply(state, truth, flows, sun, outside, HOURS)
    state.t += STEP
  }

  /** Another one that lives on from here exactly as this one would. */
  copy(): Habitat {
    const other = new Habitat(this.truth, this.state.t, structuredClone(this.state))
    Object.assign(other.flows, structuredClone(this.flows))
    other.#working = this.#working
    return other
  }

  /** People breathe, sweat and go about. */
  #live(day: number, hour: number): { awake: number; door: boolean } {
    let awake = 0
    let working = 0
    for (const person of this.#people) {
      const doing = person.at(day, hour)
      if (!doing.asleep) awake++
      if (doing.working) working++
      this.#breathe(doing, doing.working ? this.truth.work : this.truth.home)
    }
    for (let i = 0; i < this.state.controls.visitors; i++) this.#breathe(visitor, this.truth.home)
    const door = working !== this.#working
    this.#working = working
    return { awake, door }
  }

  #breathe({ rates }: Doing, zone: number): void {
    const { state, flows } = this
    const minutes = HOURS * 60
    move(state, 'o2', zone, 'people', (rates.o2 * minutes) / MOLAR.o2)
    move(state, 'co2', zone, 'people', (-rates.co2 * minutes) / MOLAR.co2)
    move(state, 'h2o', zone, 'people', (-rates.water * minutes) / MOLAR.h2o)
    flows.people[zone] = (flows.people[zone] as number) + 1
    flows.heat[zone] = (flows.heat[zone] as number) + rates.heat
  }
}
