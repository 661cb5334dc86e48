/**
 * The twin's alerts, a minute at a time. Nothing here waits, reads or sends: what it is given is what it knows.
 *
 *   forecasts, members, limits ─► Outlook ─► foresight (odds, with hysteresis) ─┐
 *   innovations, parameters ─► Anomalies ───────────────────────────────────────┼─► Standing ─► changes
 *   readings by device, machines ─► Instruments, scrubbers ─────────────────────┘
 */
import { deserialize, serialize } from 'node:v8'
import type { Alert, Forecast, Outlook as OutlookBody, Parameter } from '@habtwin/contract'
import { alertId, rank } from '@habtwin/runtime/alert-words'
import type { ZoneLimits } from '@habtwin/runtime/config/default-limits'
import { homeOf } from '../ensemble/plan.ts'
import { Anomalies, type AnomalyMemory, newAnomalyMemory, PRESENT } from './anomalies.ts'
import { type BalanceMemory, breathOf, newBalanceMemory, note } from './balance.ts'
import { type CompanyMemory, checkCompany, newCompanyMemory } from './company.ts'
import type { Innovation } from './complaints.ts'
import { CLEAR, foretold, isTold, newSwitch, type Switch, turn } from './foresight.ts'
import { type InstrumentMemory, Instruments, newInstrumentMemory, type Observation } from './instruments.ts'
import { Outlook, type Sight } from './outlook.ts'
import { checkScrubbers, type Habit, type MachineCheck } from './scrubber.ts'
import { checkSpent, newSpentMemory, type SpentMemory } from './spent.ts'
import { Standing } from './standing.ts'
import { reachedText, reachText, unlikelyText } from './text.ts'

export interface AlertZone {
  readonly label: string
  /** Merged with the defaults. */
  readonly limits: ZoneLimits
  /** m³ */
  readonly volume?: number | undefined
  /** People who live there, and m² a crop: where people are at home. */
  readonly crew?: number | undefined
  readonly plants?: Readonly<Record<string, number>> | undefined
  /** Its CO2 scrubber: where it switches on, ppm, and the air that passes, m³/h. */
  readonly scrubber?: { readonly on: number; readonly flow?: number | undefined } | undefined
}

export interface TwinAlertsOptions {
  readonly zones: Readonly<Record<string, AlertZone>>
  readonly timezone: string
  /** Of the air, hPa; 1013.25 where left out. */
  readonly pressure?: number | undefined
  /** A device as people call it. */
  readonly name?: (device: string) => string
}

/** What a minute brought. */
export interface MinuteInputs {
  readonly estimates: Iterable<{ readonly zone: string; readonly quantity: string; readonly mean: number }>
  /**
   * Calibrated bands, by zone and quantity; left out where nobody looks ahead at this minute, as on the way through a
   * backlog: then what was foreseen stands.
   */
  readonly forecasts?: Iterable<{ readonly zone: string; readonly quantity: string; readonly forecast: Forecast }>
  /** Futures of the ensemble, where there is one: [lead × members] at leads in ms. */
  readonly futures?: {
    readonly leads: readonly number[]
    members(zone: string, quantity: string): Float64Array | undefined
  }
  readonly innovations?: readonly Innovation[]
  readonly parameters?: readonly Parameter[]
  readonly observed?: readonly Observation[]
  readonly machines?: readonly MachineCheck[]
  /** Alerts of the guard that stand. */
  readonly guard: Iterable<Alert>
}

export interface MinuteOutput {
  /** Alerts that were raised, changed or (`active: false`) ended, oldest first. */
  readonly changes: Alert[]
  readonly outlook?: OutlookBody
}

interface Memory {
  readonly version: number
  readonly standing: Map<string, Alert>
  /** By zone, quantity, direction and level. */
  readonly switches: Map<string, Switch>
  readonly anomalies: AnomalyMemory
  readonly instruments: InstrumentMemory
  readonly habits: Map<string, Habit>
  readonly balance: BalanceMemory
  readonly company: CompanyMemory
  readonly spent: SpentMemory
}

const MINUTE = 60_000

/** Of the shape of what is kept; another is forgotten. */
const VERSION = 4

export class TwinAlerts {
  readonly #options: TwinAlertsOptions
  readonly #memory: Memory
  readonly #standing: Standing
  readonly #outlook: Outlook
  readonly #anomalies: Anomalies
  readonly #instruments: Instruments
  readonly #common: {
    readonly standing: Standing
    readonly timezone: string
    readonly label: (zone: string) => string
  }

  /** @param snapshot of an earlier one, to go on from; one that cannot be read is as good as none */
  constructor(options: TwinAlertsOptions, snapshot?: Uint8Array) {
    this.#options = options
    const memory = (snapshot && read(snapshot)) ?? newMemory()
    this.#standing = new Standing(memory.standing)
    this.#memory = { ...memory, standing: this.#standing.alerts }
    const { timezone, name = (device: string) => device } = options
    const label = (zone: string) => options.zones[zone]?.label ?? zone
    const common = { standing: this.#standing, timezone, label }
    this.#common = common
    this.#outlook = new Outlook((zone) => options.zones[zone]?.limits ?? {})
    this.#anomalies = new Anomalies({ ...common, memory: memory.anomalies })
    this.#instruments = new Instruments({ ...common, memory: memory.instruments, name })
  }

  /** @param t the end of the minute, ms */
  minute(t: number, inputs: MinuteInputs): MinuteOutput {
    const { innovations = [], parameters = [], observed = [], machines = [] } = inputs
    const levels = new Map<string, number>()
    for (const { zone, quantity, mean } of inputs.estimates) {
      levels.set(`${zone}/${quantity}`, mean)
      this.#outlook.note(zone, quantity, t, mean)
    }
    const outlook = inputs.forecasts && { outlook: this.#ahead(t, { ...inputs, forecasts: inputs.forecasts }) }
    this.#instruments.minute(t, observed, parameters, this.#memory.anomalies.courses)
    this.#anomalies.minute(t, innovations, parameters, (zone, point) => this.#instruments.excused(zone, point))
    checkScrubbers(t, machines, (zone) => average(observed, zone, 'co2') ?? levels.get(`${zone}/co2`), {
      ...this.#common,
      on: (zone) => this.#options.zones[zone]?.scrubber?.on,
      habits: this.#memory.habits,
    })
    this.#breathe(t, observed, parameters, machines)
    return { changes: this.#standing.take(), ...outlook }
  }

  /** Who has come, and whether the scrubber still takes anything out: both by the balance of CO2. */
  #breathe(
    t: number,
    observed: readonly Observation[],
    parameters: readonly Parameter[],
    machines: readonly MachineCheck[],
  ): void {
    const { balance, company, spent } = this.#memory
    const { zones, pressure = 1_013.25 } = this.#options
    const breath = breathOf(pressure)
    const home = Object.keys(zones)[homeOf(Object.values(zones))]
    const measured = Object.entries(zones).flatMap(([zone, { volume }]) => {
      const co2 = average(observed, zone, 'co2')
      return co2 === undefined || volume === undefined ? [] : [{ zone, co2, volume }]
    })
    const at = measured.find(({ zone }) => zone === home)
    if (home === undefined || at === undefined) return
    const efficiency = parameters.find(({ kind, zone }) => kind === 'scrubber' && zone === home)?.mean ?? 0
    const machine = machines.find(({ kind, zone }) => kind === 'scrubber' && zone === home)
    const running = machine?.running ?? 0
    const told = machine !== undefined || zones[home]?.scrubber === undefined
    const due = (efficiency * (zones[home]?.scrubber?.flow ?? 0) * at.co2) / 60
    const air = average(observed, home, 'temperature') ?? Number.NaN
    note(balance, Math.floor(t / MINUTE), { zones: measured, due, running, air })
    const common = { ...this.#common, balance, breath }
    const present = parameters.find(({ id }) => id === PRESENT)
    checkCompany(t, present, { ...common, memory: company, volume: at.volume, told })
    checkSpent(t, machines, parameters, { ...common, memory: spent })
  }

  active(): Alert[] {
    return [...this.#standing.alerts.values()]
  }

  /** @returns what changed by it; undefined where no such alert stands */
  acknowledge(id: string, by: string, t: number): Alert[] | undefined {
    return this.#standing.acknowledge(id, by, t) ? this.#standing.take() : undefined
  }

  /** All that it knows, to go on from after a restart. */
  snapshot(): Uint8Array {
    return serialize(this.#memory)
  }

  #ahead(
    t: number,
    { forecasts, futures, guard }: MinuteInputs & Required<Pick<MinuteInputs, 'forecasts'>>,
  ): OutlookBody {
    const bands = new Map<string, Forecast>()
    for (const { zone, quantity, forecast } of forecasts) bands.set(`${zone}/${quantity}`, forecast)
    const told = [...guard]
    const all: Sight[] = []
    for (const [zone, { limits }] of Object.entries(this.#options.zones)) {
      for (const quantity of Object.keys(limits)) {
        const values = futures?.members(zone, quantity)
        const members = futures && values && { leads: futures.leads, values }
        const sights = this.#outlook.look(zone, quantity, bands.get(`${zone}/${quantity}`), members)
        all.push(...sights)
        for (const direction of ['high', 'low'] as const) {
          const its = sights.filter((sight) => sight.direction === direction)
          this.#foresee(t, zone, quantity, direction, its, told)
        }
      }
    }
    return { made: t, reached: all.map(({ reach }) => reach) }
  }

  /** One quantity and direction: turns the switches of its limits, and tells the worst that is on. */
  #foresee(
    t: number,
    zone: string,
    quantity: string,
    direction: Sight['direction'],
    sights: readonly Sight[],
    told: readonly Alert[],
  ): void {
    const { switches } = this.#memory
    const id = alertId(zone, quantity, direction, 'expected')
    const label = this.#options.zones[zone]?.label ?? zone
    let worst: Sight | undefined
    let reached = false
    for (const level of ['emergency', 'warning', 'caution'] as const) {
      const key = `${zone}/${quantity}/${direction}/${level}`
      const sight = sights.find((one) => one.level === level)
      const one = switches.get(key) ?? newSwitch()
      if (sight === undefined && !one.on && one.told.length === 0) {
        switches.delete(key)
        continue
      }
      switches.set(key, one)
      const passed = sight !== undefined && (sight.reach.p90 === 0 || isTold(sight, told))
      const was = one.on
      turn(one, t, sight?.soon ?? 0, passed)
      reached ||= was && passed
      // while odds fall the last word stands: it says when it was thought to be
      if (one.on && sight && sight.soon >= CLEAR && (worst === undefined || rank(sight.level) < rank(worst.level)))
        worst = sight
    }
    const on = worst !== undefined || [...levelKeys(zone, quantity, direction)].some((key) => switches.get(key)?.on)
    if (worst) this.#tell(t, id, worst, label)
    else if (!on) {
      const text = reached ? reachedText(quantity, label) : unlikelyText({ direction }, quantity, label)
      this.#standing.clear(id, t, text, sights[0]?.value ?? null)
    }
  }

  #tell(t: number, id: string, sight: Sight, label: string): void {
    const { zone, quantity, limit, p10, p50, p90 } = sight.reach
    const level = foretold(sight.level)
    if (level === undefined || p10 === null || p50 === null || p90 === null) return
    const { checklist } = this.#options.zones[zone]?.limits[quantity] ?? {}
    this.#standing.raise(id, t, {
      level,
      zone,
      quantity,
      value: sight.value,
      limit,
      text: reachText(sight, label),
      forecast: { p10, p50, p90, odds: sight.soon },
      // too much oxygen asks for other steps than too little
      ...(checklist ? { checklist: checklist === 'o2-low' && sight.direction === 'high' ? 'o2-high' : checklist } : {}),
    })
  }
}

/** What a zone's instruments of CO2 say, on average. */
function average(observed: readonly Observation[], zone: string, point: string): number | undefined {
  const its = observed.filter((one) => one.zone === zone && one.point === point)
  return its.length === 0 ? undefined : its.reduce((sum, { value }) => sum + value, 0) / its.length
}

function* levelKeys(zone: string, quantity: string, direction: string): Generator<string> {
  for (const level of ['emergency', 'warning', 'caution']) yield `${zone}/${quantity}/${direction}/${level}`
}

function newMemory(): Memory {
  return {
    version: VERSION,
    standing: new Map(),
    switches: new Map(),
    anomalies: newAnomalyMemory(),
    instruments: newInstrumentMemory(),
    habits: new Map(),
    balance: newBalanceMemory(),
    company: newCompanyMemory(),
    spent: newSpentMemory(),
  }
}

function read(snapshot: Uint8Array): Memory | undefined {
  try {
    const memory = deserialize(snapshot) as Memory
    return memory.version === VERSION ? memory : undefined
  } catch {
    return undefined
  }
}
