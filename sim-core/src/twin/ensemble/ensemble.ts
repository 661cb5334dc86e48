/**
 * The live twin's belief: a hundred habitats that might be this one, kept near what instruments say.
 *
 *   minute's means ─► inputs (machines, light, pressure) ─► model, one minute ─► filter, reading by reading
 *                                                                                  │
 *                        estimate · parameters · innovations · forecast · what-if ◄┘
 */
import type { Event, Parameter, TwinModel, WhatifChange } from '@habtwin/contract'
import { molesIn, swap, total } from '../models/air.ts'
import type { Zone } from '../models/piece.ts'
import { Ahead, type Futures } from './ahead.ts'
import { Body } from './body.ts'
import { localHours } from './calendar.ts'
import { type Chance, column } from './chance.ts'
import { CommonFaults } from './common.ts'
import { Doubts } from './doubts.ts'
import { assimilate, Relaxation } from './filter.ts'
import type { Habitat } from './habitat.ts'
import { Instrument, ideal, modelled } from './instruments.ts'
import { mean, spread } from './matrix.ts'
import { parametersOf } from './parameters.ts'
import type { HabitatPlan } from './plan.ts'
import type { Innovation, MachineCheck, Observation } from './types.ts'

const MINUTE = 60_000
/** Share of the spread that readings took from parameters in a minute and that is given back. */
const RELAX = 0.95
/** A longer gap is gone over in steps of so many minutes … */
const STRIDE = 10
/** … and beyond so many minutes the states begin anew; what the habitat is like stays known. */
const LOST = 2_880

export interface EnsembleOptions {
  readonly members?: number
  readonly seed?: number
}

export class Ensemble {
  readonly plan: HabitatPlan
  readonly #body: Body
  readonly #instruments = new Map<string, Instrument>()
  readonly #relaxation = new Relaxation(RELAX)
  readonly #doubts = new Doubts()
  readonly #common = new CommonFaults()
  readonly #scratch: Float64Array
  #minute = Number.NaN
  #innovations: Innovation[] = []
  #machines: MachineCheck[] = []

  constructor(plan: HabitatPlan, { members = 100, seed = 1 }: EnsembleOptions = {}) {
    this.plan = plan
    this.#body = new Body(plan, members, seed, localHours(plan.timezone))
    this.#scratch = new Float64Array(members)
  }

  /** The end of the last minute gone through, ms; NaN before the first. */
  get t(): number {
    return (this.#minute + 1) * MINUTE
  }

  get members(): number {
    return this.#body.matrix.members
  }

  /** Of the last minute. */
  get innovations(): readonly Innovation[] {
    return this.#innovations
  }

  get machines(): readonly MachineCheck[] {
    return this.#machines
  }

  get ignored(): TwinModel['ignored'] {
    return this.#doubts.ignored
  }

  get assumptions(): string[] {
    return [...this.#body.habitat.assumptions]
  }

  get parameters(): Parameter[] {
    return [...parametersOf(this.#body.matrix), this.#present()]
  }

  /** People by the CO2 that they give off now, wherever they are. */
  #present(): Parameter {
    const { world, crew } = this.#body.habitat
    const sum = this.#scratch.fill(0)
    for (const { load } of world.zones)
      for (let m = 0; m < sum.length; m++) sum[m] = (sum[m] as number) + (load[m] as number)
    const middle = mean(sum)
    const sd = spread(sum, middle)
    const supposed = mean(crew.day) * crew.rest(world.hour)
    return {
      id: 'crew-present',
      kind: 'crew-load',
      label: 'People, by the CO₂ of the moment',
      unit: '1',
      mean: middle,
      sd,
      p05: Math.max(0, middle - 1.645 * sd),
      p95: middle + 1.645 * sd,
      // as many as live here, at rest at this hour
      prior: { mean: supposed, sd: 0.6 * supposed },
    }
  }

  /** Quantities of a zone that the model knows. */
  get quantities(): readonly string[] {
    return modelled
  }

  /**
   * Goes on to the end of a minute, with what instruments said in it.
   * @param minute whole minutes since the epoch; one that is not later than the last is ignored
   */
  step(minute: number, observed: readonly Observation[]): void {
    if (minute <= this.#minute) return
    const t = (minute + 1) * MINUTE
    const { habitat, matrix, inputs } = this.#body
    if (!Number.isNaN(this.#minute)) this.#skip(minute - this.#minute - 1)
    this.#minute = minute
    inputs.hear(observed, t, habitat)
    matrix.refresh()
    this.#body.step(t, 1 / 60, false)
    matrix.wander(1 / 60)
    matrix.bound()
    const parameters = matrix.rows.filter(({ kind }) => kind === 'parameter' || kind === 'bias')
    this.#relaxation.remember(parameters)
    this.#innovations = []
    const believable = this.#believable(observed)
    const sure = this.#agreeing(believable)
    this.#common.remember()
    // temperatures first: where the gas is depends on them
    for (const [instrument, observation] of believable) {
      if (instrument.point === 'temperature') this.#take(instrument, observation, t, sure)
    }
    habitat.pressure.step(habitat.world)
    for (const [instrument, observation] of believable) {
      if (instrument.point !== 'temperature') this.#take(instrument, observation, t, sure)
    }
    this.#relaxation.relax(parameters)
    this.#common.hold()
    matrix.bound()
    this.#doubts.unsettle(this.#innovations, matrix)
    this.#watch()
  }

  /** People's word: a hatch, a blower, how many are where. */
  log(event: Event): void {
    this.#body.inputs.log(event)
  }

  /** What an ideal instrument of the zone would read now. */
  estimate(zone: string, quantity: string): { mean: number; sd: number } | undefined {
    const { habitat } = this.#body
    const found = habitat.world.zones.find(({ id }) => id === zone)
    if (found === undefined || Number.isNaN(this.#minute)) return undefined
    if (!ideal(habitat, found, quantity, this.#scratch)) return undefined
    const middle = mean(this.#scratch)
    return { mean: middle, sd: spread(this.#scratch, middle) }
  }

  /**
   * Begins a forecast, to be gone on with in pieces. It is of the model as it stands; the ensemble may go on meanwhile.
   * @param leads whole minutes, ascending
   * @param changes what is supposed beside the plan
   */
  ahead(leads: readonly number[], changes: readonly WhatifChange[] = [], wanted?: readonly string[]): Ahead {
    const body = this.#body.fork()
    body.inputs.suppose(changes, this.t)
    return new Ahead(body, this.t, leads, wanted)
  }

  /** The same in one go. */
  forecast(leads: readonly number[], changes: readonly WhatifChange[] = []): Futures {
    const ahead = this.ahead(leads, changes)
    ahead.advance(Number.POSITIVE_INFINITY)
    return ahead.futures
  }

  #skip(minutes: number): void {
    if (minutes <= 0) return
    const body = this.#body
    if (minutes > LOST) this.#forget()
    const last = this.t
    for (let done = 0; done < Math.min(minutes, LOST); done += STRIDE) {
      const step = Math.min(STRIDE, minutes - done)
      body.matrix.refresh()
      body.step(last + (done + step) * MINUTE, step / 60, true)
      body.matrix.wander(step / 60)
      body.matrix.bound()
    }
  }

  /** States as of a habitat just met. */
  #forget(): void {
    const fresh = new Body(this.plan, this.members, this.#body.chance.state, localHours(this.plan.timezone))
    for (const row of fresh.matrix.rows) if (row.kind === 'state') this.#body.matrix.row(row.id)?.values.set(row.values)
  }

  /** Readings that the filter may look at: of good trust where there is one, of quantities that the model knows. */
  #believable(observed: readonly Observation[]): [Instrument, Observation][] {
    const { habitat } = this.#body
    const found: [Instrument, Observation][] = []
    for (const observation of observed) {
      const { device, point, zone } = observation
      if (!modelled.includes(point) || !Number.isFinite(observation.value)) continue
      const place = habitat.world.zones.find(({ id }) => id === zone)
      if (place === undefined || !isKnown(habitat, place, point)) continue
      const key = `${device}/${point}`
      let instrument = this.#instruments.get(key)
      if (instrument === undefined || instrument.zone !== place) {
        if (instrument !== undefined) continue // it was moved to another zone: known again after a restart
        instrument = this.#meet(device, point, place)
      }
      found.push([instrument, observation])
    }
    return found
  }

  #meet(device: string, point: string, zone: Zone): Instrument {
    const instrument = new Instrument(device, point, zone, this.#body.matrix)
    this.#instruments.set(`${device}/${point}`, instrument)
    for (const [name, row] of Object.entries(instrument.faults)) {
      if (row !== undefined) this.#common.join(`${zone.id}/${point}/${name}`, row)
    }
    return instrument
  }

  /** Zones and points of which two instruments or more are off by the same: that is no fault of theirs. */
  #agreeing(believable: readonly [Instrument, Observation][]): ReadonlySet<string> {
    const { habitat } = this.#body
    const aparts = new Map<string, number[]>()
    for (const [instrument, { value }] of believable) {
      instrument.read(habitat, this.#scratch)
      const key = `${instrument.zone.id}/${instrument.point}`
      const known = aparts.get(key) ?? []
      known.push(value - mean(this.#scratch))
      aparts.set(key, known)
    }
    const agreeing = new Set<string>()
    for (const [key, of] of aparts) {
      if (of.length < 2) continue
      const [least, most] = [Math.min(...of), Math.max(...of)]
      if (least * most > 0 && most - least < 0.4 * Math.max(Math.abs(least), Math.abs(most))) agreeing.add(key)
    }
    return agreeing
  }

  #take(instrument: Instrument, { value, trust }: Observation, t: number, sure: ReadonlySet<string>): void {
    const { habitat } = this.#body
    const read = this.#scratch
    instrument.read(habitat, read)
    let expected = mean(read)
    if (instrument.point === 'level') {
      if (this.#blow(instrument, value - expected)) {
        instrument.read(habitat, read)
        expected = mean(read)
      }
    }
    const variance = instrument.variance(value) * (trust === 'good' ? 1 : 9)
    const apart = value - expected
    const z = apart / Math.sqrt(spread(read, expected) ** 2 + variance)
    const agreed = sure.has(`${instrument.zone.id}/${instrument.point}`)
    const reason = this.#doubts.judge(instrument, value, expected, z, t, agreed)
    const { device, zone, point } = instrument
    const innovation = { device, zone: zone.id, point, value, expected, z, accepted: reason === undefined }
    this.#innovations.push(reason === undefined ? innovation : { ...innovation, reason })
    if (reason !== undefined) return
    if (Math.abs(z) > 6) {
      // a step of the habitat: the ensemble opens up so far that it can follow
      // a lung that falls so fast is a leak first of all: what is let out must not be taken for a wrong level
      if (point === 'level') this.#doubts.restore(this.#body.matrix, 'leak', 1)
      loosen(instrument, Math.abs(apart) / (point === 'level' ? 6 : 2), this.#body.chance)
      instrument.read(habitat, read)
    }
    // what it is worth is learned from how far off it is beyond what was to be expected
    instrument.scale = Math.min(50, Math.max(0.3, instrument.scale * Math.exp(0.003 * (Math.min(z * z, 9) - 1))))
    assimilate(instrument.touches, read, value, variance)
    instrument.settle()
  }

  /**
   * Does the blower run? What it blows lifts the lung by much more in a minute than anything else.
   * @param apart what the lung is higher than expected, %
   * @returns true where air was blown in, or taken back
   */
  #blow(instrument: Instrument, apart: number): boolean {
    const { habitat, inputs } = this.#body
    const { lung } = habitat.pressure
    const zone = instrument.zone
    const plan = this.plan.zones[zone.index]?.blower
    if (lung === undefined || plan === undefined || plan.device !== undefined) return false
    if (spread(this.#scratch) > 2) return false
    const usual = (plan.flow / 60 / lung.volume) * 100
    const runs = inputs.blowing[zone.index] === true
    // nobody blows into a full lung
    const full = runs && mean(this.#scratch) + apart > 90
    if (!full && (runs ? apart > -0.4 * usual : apart < 0.4 * usual)) return false
    if (Math.abs(apart) > 1.5 * usual && !full) return false
    inputs.blowing[zone.index] = !runs
    const { world } = habitat
    const moles = molesIn((apart / 100) * lung.volume, world.pressure, 20)
    for (let m = 0; m < world.members; m++) swap(world.ledger, zone, m, -moles, 0.01)
    return true
  }

  /** Machines that do not what they ought to. */
  #watch(): void {
    this.#machines = []
    for (const { id, scrubber } of this.plan.zones) {
      if (scrubber?.device === undefined) continue
      const zone = this.#body.habitat.world.zones.find((one) => one.id === id)
      const running = zone?.input.scrubber ?? Number.NaN
      const co2 = this.estimate(id, 'co2')
      if (Number.isNaN(running) || co2 === undefined) continue
      const { on, off, device } = scrubber
      const sure = 2 * co2.sd + 0.05 * co2.mean
      const expected = co2.mean - sure > on ? true : co2.mean + sure < off ? false : running >= 0.5
      this.#machines.push({ zone: id, device, kind: 'scrubber', running, expected })
    }
  }

  /** All that it knows, to go on from (`restore`). */
  snapshot(): Snapshot {
    const { matrix, chance } = this.#body
    return {
      version: 1,
      minute: this.#minute,
      members: this.members,
      chance: chance.state,
      rows: matrix.rows.map(({ id, values }) => ({ id, values: values.slice() })),
      instruments: [...this.#instruments.values()].map(({ device, point, zone, scale, moved, last, same }) => ({
        device,
        point,
        zone: zone.id,
        scale,
        moved,
        last,
        same,
      })),
      body: this.#body.memory,
      inputs: this.#body.inputs.memory,
      ignored: this.#doubts.ignored,
    }
  }

  /** Goes on from a snapshot; what the plan no longer has is left out, what is new begins as new. */
  restore(snapshot: Snapshot): boolean {
    if (snapshot.version !== 1 || snapshot.members !== this.members) return false
    const { matrix, habitat, chance, inputs } = this.#body
    for (const { device, point, zone, ...rest } of snapshot.instruments) {
      const place = habitat.world.zones.find(({ id }) => id === zone)
      if (place === undefined) continue
      Object.assign(this.#meet(device, point, place), rest)
    }
    for (const { id, values } of snapshot.rows) matrix.row(id)?.values.set(values)
    matrix.refresh()
    chance.state = snapshot.chance
    this.#body.memory = snapshot.body
    inputs.memory = snapshot.inputs
    this.#doubts.ignored = [...snapshot.ignored]
    this.#minute = snapshot.minute
    return true
  }
}

/** Of a zone without a lung a level says nothing, and a charge of one without a battery. */
function isKnown({ pressure, batteries }: Habitat, { index }: Zone, point: string): boolean {
  if (point === 'level') return pressure.lung?.zone === index
  return point !== 'charge' || batteries.some(({ zone }) => zone === index)
}

/** Spreads what a reading is about, until it could be so far off (in the unit of the instrument). */
function loosen(instrument: Instrument, sd: number, chance: Chance): void {
  const { touches, zone, point, amount } = instrument
  const noise = column(chance, new Float64Array(zone.co2.length))
  // mol of a unit of the instrument, as a share of all; 1 % of a lung is about 0.2 % of its zone
  const perUnit = { co2: 1e-6, o2: 0.01, humidity: 2e-4, level: 2e-3 }[point]
  for (let m = 0; m < noise.length; m++) {
    noise[m] = (noise[m] as number) * sd * (perUnit === undefined ? 1 : perUnit * total(zone, m))
  }
  if (amount !== undefined) instrument.settle(noise)
  const row = touches.find(({ row }) => row.kind === 'state' && row.zone === zone.index)?.row
  if (row === undefined) return
  for (let m = 0; m < noise.length; m++) row.values[m] = (row.values[m] as number) + (noise[m] as number)
}

/** Structured-cloneable: `v8.serialize` makes bytes of it. */
export interface Snapshot {
  readonly version: 1
  readonly minute: number
  readonly members: number
  readonly chance: number
  readonly rows: readonly { readonly id: string; readonly values: Float64Array }[]
  readonly instruments: readonly {
    readonly device: string
    readonly point: string
    readonly zone: string
    readonly scale: number
    readonly moved: boolean
    readonly last: number
    readonly same: number
  }[]
  readonly body: Body['memory']
  readonly inputs: Body['inputs']['memory']
  readonly ignored: TwinModel['ignored']
}
