/** What drives the model in a minute: measured, said by people, planned, or supposed in a what-if. */
import type { Event, WhatifChange } from '@habtwin/contract'
import { molesPerHour } from '../models/oxygen.ts'
import type { Zone } from '../models/piece.ts'
import type { Habitat } from './habitat.ts'
import type { HabitatPlan, ZonePlan } from './plan.ts'
import type { Observation } from './types.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** m³/h through an open door between zones, and through an open hatch to the outside. */
const DOOR = 1_500
const HATCH = 500
/** An instrument of a machine that has been silent for longer says nothing, minutes. */
const HOLD = 10
/** Half an hour of dawn and dusk under lamps. */
const DAWN = 0.5
/** Load of one person who exercises, beyond one who does not. */
const EFFORT = 5.9

/** Points by which machines and meters are heard. */
const told: ReadonlySet<string> = new Set(['state', 'flow', 'battery', 'solar', 'power'])

/** Something that holds for a time, ms. */
interface Standing {
  readonly from: number
  readonly to: number
  readonly change: WhatifChange
  /** What kind of word it was, where people said it. */
  readonly said?: Event['kind']
  /** The event's name, by which it may be withdrawn. */
  readonly id?: string | undefined
}

export class Inputs {
  readonly #plan: HabitatPlan
  /** Light of each zone over the last day, by minute of the day. */
  readonly #light: readonly Float32Array[]
  /** W into each battery over the last day, by minute of the day. */
  readonly #power: readonly Float32Array[]
  readonly #heard = new Map<string, { t: number; value: number; id?: string | undefined }>()
  #standing: Standing[] = []
  /** Zone → whether its blower is taken to run. */
  readonly blowing: boolean[]

  constructor(plan: HabitatPlan) {
    this.#plan = plan
    this.#light = plan.zones.map(() => new Float32Array(1_440).fill(Number.NaN))
    this.#power = plan.zones.map(() => new Float32Array(1_440).fill(Number.NaN))
    this.blowing = plan.zones.map(() => false)
    this.#standing = plan.switches.map(({ at, change }) => standing(at, change))
  }

  /** Takes in what the machines' instruments said in the minute that ends at `t` (ms). */
  hear(observed: readonly Observation[], t: number, habitat: Habitat): void {
    const light = new Map<string, { sum: number; n: number }>()
    let [pressure, gauges] = [0, 0]
    const { world } = habitat
    for (const { device, zone, point, value } of observed) {
      if (point === 'par') {
        const seen = light.get(zone) ?? { sum: 0, n: 0 }
        light.set(zone, { sum: seen.sum + value, n: seen.n + 1 })
      } else if (point === 'pressure' && value > 300 && value < 1_200) {
        pressure += value * 100
        gauges++
      } else if (point === 'pressure-difference') world.difference = value
      else if (told.has(point)) this.#heard.set(`${device}/${point}`, { t, value })
      else if (point === 'occupancy' || point === 'crew') this.#heard.set(`people/${zone}`, { t, value })
    }
    if (gauges > 0) world.pressure = pressure / gauges
    for (const [i, zone] of this.#plan.zones.entries()) {
      const seen = light.get(zone.id)
      if (seen !== undefined) (this.#light[i] as Float32Array)[minuteOfDay(t)] = seen.sum / seen.n
      if (zone.battery === undefined) continue
      const { input } = world.zones[i] as Zone
      // what is usual is of the day before: it is looked up before it is overwritten
      input.usual = this.#usual(i, t)
      input.battery = this.#into(zone.battery?.device, t)
      if (!Number.isNaN(input.battery)) (this.#power[i] as Float32Array)[minuteOfDay(t)] = input.battery
    }
  }

  /** People's word. */
  log(event: Event & { readonly id?: string | undefined }): void {
    const { kind, t, zone, to, value, unit, id, withdraws } = event
    if (withdraws !== undefined) {
      this.#standing = this.#standing.filter((one) => one.id !== withdraws)
      for (const [name, said] of this.#heard) if (said.id === withdraws) this.#heard.delete(name)
    }
    const first = zone ?? this.#plan.zones[0]?.id
    if (first === undefined) return
    const hold = (change: WhatifChange, hours: number) => {
      // the newest word about a thing ends what was said of it before
      this.#standing = this.#standing.map((before) =>
        isSame(before, kind, change) && before.to > t ? { ...before, to: t } : before,
      )
      if (hours > 0) this.#standing.push({ from: t, to: t + hours * HOUR, change, said: kind, id })
    }
    const leads = to === undefined ? {} : { to }
    // without a unit it is no flow
    const isRunning = value === 1 && unit === undefined
    if (kind === 'crew' && value !== undefined) this.#heard.set(`people/${first}`, { t: t + 4 * HOUR, value, id })
    else if (kind === 'exercise') hold({ what: 'crew', zone: first, add: EFFORT * (value ?? 1) }, 0.5)
    else if (kind === 'eva') hold({ what: 'crew', zone: first, add: -(value ?? 1) }, value === 0 ? 0 : 8)
    else if (kind === 'hatch')
      hold({ what: 'hatch', zone: first, ...leads }, value === 0 ? 0 : value === undefined ? 1 / 30 : 12)
    else if (kind === 'valve')
      hold({ what: 'valve', zone: first, flow: isRunning ? 100 : (value ?? 0) }, value === 0 ? 0 : 48)
    else if (kind === 'blower') {
      const told = this.#plan.zones.find(({ id }) => id === first)?.blower?.flow ?? 100
      hold({ what: 'blower', zone: first, flow: value === undefined || isRunning ? told : value }, value === 0 ? 0 : 48)
    }
  }

  /** Supposes changes from `t` (ms) on. */
  suppose(changes: readonly WhatifChange[], t: number): void {
    for (const change of changes) this.#standing.push(standing(t, change))
  }

  /** Sets what drives the minute before `t` (ms). @param ahead in a forecast nothing is measured */
  apply(t: number, habitat: Habitat, ahead: boolean): void {
    const { world } = habitat
    for (const [i, plan] of this.#plan.zones.entries()) {
      const { input } = world.zones[i] as Zone
      input.par = this.#par(i, plan, t, world.hour)
      if (ahead && plan.battery !== undefined) {
        input.usual = this.#usual(i, t)
        input.battery = Number.NaN
      }
      input.spared = 0
      input.scrubber = ahead ? Number.NaN : this.#told(plan.scrubber?.device, 'state', t)
      const flow = ahead ? Number.NaN : this.#told(plan.oxygen?.device, 'flow', t)
      input.oxygen = molesPerHour(flow, world.pressure)
      const blows = this.#told(plan.blower?.device, 'state', t)
      input.blower =
        (Number.isNaN(blows) ? Number(this.blowing[i] === true && !ahead) : blows) * (plan.blower?.flow ?? 0)
      input.valve = 0
      const people = this.#heard.get(`people/${plan.id}`)
      input.people = people === undefined || ahead || t - people.t > HOLD * MINUTE ? Number.NaN : people.value
      input.visitors = 0
      const scrubber = habitat.scrubbers.get(plan.id)
      if (scrubber !== undefined) scrubber.mode = 'auto'
    }
    const doors: { a: number; b: number; flow: number }[] = []
    for (const { from, to, change } of this.#standing) if (t > from && t <= to) this.#act(change, habitat, doors)
    world.doors = doors
    if (this.#standing.length > 100) this.#standing = this.#standing.filter(({ to }) => to > t)
  }

  #act(change: WhatifChange, { world, scrubbers }: Habitat, doors: { a: number; b: number; flow: number }[]): void {
    const zone = world.zones.find(({ id }) => id === change.zone)
    if (zone === undefined) return
    const { input } = zone
    if (change.what === 'crew') input.visitors += change.add
    else if (change.what === 'lamps') {
      if (!Number.isNaN(input.par)) input.spared += input.par * (1 - change.factor)
      input.par *= change.factor
    } else if (change.what === 'blower') input.blower = change.flow
    else if (change.what === 'valve') input.valve += change.flow
    else if (change.what === 'scrubber') {
      const scrubber = scrubbers.get(zone.id)
      if (scrubber !== undefined) scrubber.mode = change.set
    } else {
      const other = world.zones.find(({ id }) => id === change.to)
      if (other === undefined) input.valve += HATCH
      else doors.push({ a: zone.index, b: other.index, flow: DOOR })
    }
  }

  /** Light: measured, else as a day before, else by the lamps' schedule. */
  #par(i: number, { lamps }: ZonePlan, t: number, hour: number): number {
    const seen = (this.#light[i] as Float32Array)[minuteOfDay(t)] as number
    if (!Number.isNaN(seen)) return seen
    if (lamps === undefined) return Number.NaN
    const share = Math.min(hour - lamps.from, lamps.to - hour) / DAWN
    return lamps.par * Math.min(1, Math.max(0, share))
  }

  /** W into a battery: by its own meter, or what comes in less what is used. */
  #into(device: string | undefined, t: number): number {
    const into = this.#told(device, 'battery', t)
    return Number.isNaN(into) ? this.#told(device, 'solar', t) - this.#told(device, 'power', t) : into
  }

  /** The same at this time of the day before, or the last that is known of it. */
  #usual(i: number, t: number): number {
    const power = this.#power[i] as Float32Array
    const at = minuteOfDay(t)
    const before = power[at] as number
    return Number.isNaN(before) ? this.#mean(power) : before
  }

  #mean(power: Float32Array): number {
    let [sum, n] = [0, 0]
    for (const value of power) {
      if (Number.isNaN(value)) continue
      sum += value
      n++
    }
    return sum / n
  }

  #told(device: string | undefined, point: string, t: number): number {
    const heard = device === undefined ? undefined : this.#heard.get(`${device}/${point}`)
    return heard === undefined || t - heard.t > HOLD * MINUTE ? Number.NaN : heard.value
  }

  /** All that it remembers, for a snapshot. */
  get memory() {
    return {
      light: this.#light.map((of) => [...of].map((value) => (Number.isNaN(value) ? null : value))),
      power: this.#power.map((of) => [...of].map((value) => (Number.isNaN(value) ? null : value))),
      heard: [...this.#heard],
      standing: this.#standing,
      blowing: [...this.blowing],
    }
  }

  set memory({ light, power = [], heard, standing, blowing }: InputMemory) {
    for (const [i, of] of light.entries()) this.#light[i]?.set(of.map((value) => value ?? Number.NaN))
    for (const [i, of] of power.entries()) this.#power[i]?.set(of.map((value) => value ?? Number.NaN))
    this.#heard.clear()
    for (const [name, said] of heard) this.#heard.set(name, said)
    this.#standing = [...standing]
    for (const [i, blows] of blowing.entries()) this.blowing[i] = blows
  }

  /** The same, shared with a fork: what is measured goes to both, what is supposed only to the fork. */
  fork(): Inputs {
    const other = new Inputs(this.#plan)
    for (const [i, of] of this.#light.entries()) other.#light[i]?.set(of)
    for (const [i, of] of this.#power.entries()) other.#power[i]?.set(of)
    for (const [name, said] of this.#heard) other.#heard.set(name, said)
    other.#standing = [...this.#standing]
    for (const [i, blows] of this.blowing.entries()) other.blowing[i] = blows
    return other
  }
}

export interface InputMemory {
  readonly light: readonly (readonly (number | null)[])[]
  readonly power?: readonly (readonly (number | null)[])[]
  readonly heard: readonly [string, { t: number; value: number; id?: string | undefined }][]
  readonly standing: readonly Standing[]
  readonly blowing: readonly boolean[]
}

/** True where a word of people is about the same thing as what holds: a walk outside does not end an exercise. */
function isSame({ said, change: before }: Standing, kind: Event['kind'], change: WhatifChange): boolean {
  // who is back came back from wherever they went
  if (kind === 'eva' && said === 'eva') return true
  const to = (one: WhatifChange) => (one.what === 'hatch' ? one.to : undefined)
  if (before.zone !== change.zone || to(before) !== to(change)) return false
  return said === undefined ? before.what === change.what : said === kind
}

function standing(t: number, change: WhatifChange): Standing {
  const from = t + (change.after ?? 0) * MINUTE
  const to = change.minutes === undefined ? Number.MAX_SAFE_INTEGER : from + change.minutes * MINUTE
  return { from, to, change }
}

/** UTC: only to find the same minute a day later. */
function minuteOfDay(t: number): number {
  return Math.floor(t / MINUTE) % 1_440
}
