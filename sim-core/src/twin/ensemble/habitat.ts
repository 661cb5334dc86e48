/** The habitat's model put together from its plan: zones, and the pieces that they go through each minute. */
import { HEAT, molesIn, OUTDOOR } from '../models/air.ts'
import { Battery } from '../models/battery.ts'
import { Crew } from '../models/crew.ts'
import { Crop } from '../models/crop.ts'
import { Exchange } from '../models/exchange.ts'
import { Heat } from '../models/heat.ts'
import { Leak } from '../models/leak.ts'
import { Moisture } from '../models/moisture.ts'
import { Oxygen } from '../models/oxygen.ts'
import { gases, type Ledger, type Piece, type Place, type Rows, type World, type Zone } from '../models/piece.ts'
import { Pressure } from '../models/pressure.ts'
import { Scrubber } from '../models/scrubber.ts'
import { type Chance, column } from './chance.ts'
import { type HabitatPlan, homeOf, type ZonePlan } from './plan.ts'

/** m³ of a zone whose volume nobody told. */
const ROOM = 60
const places: readonly Place[] = ['people', 'crop', 'machines', 'outside', 'moisture']

export interface Habitat {
  readonly world: World
  readonly pieces: readonly Piece[]
  readonly crew: Crew
  readonly scrubbers: ReadonlyMap<string, Scrubber>
  readonly pressure: Pressure
  readonly batteries: readonly Battery[]
  readonly sealed: boolean
  /** What was taken for granted, in sentences. */
  readonly assumptions: readonly string[]
}

/** Claims the rows of all zones and pieces. */
export function build(plan: HabitatPlan, rows: Rows, chance: Chance): Habitat {
  const assumptions: string[] = []
  const pascals = plan.pressure * 100
  const zones = plan.zones.map((zone, index) => zoneOf(zone, index, pascals, rows))
  const column = (id: string) => rows.claim({ id, kind: 'plain', mean: 0, sd: 0 })
  const ledger = Object.fromEntries(
    places.map((place) => [place, Object.fromEntries(gases.map((gas) => [gas, column(`gone/${place}/${gas}`)]))]),
  ) as Ledger
  const world = worldOf(rows.members, zones, ledger, column('gone/heat'), pascals, chance)
  const lung = plan.zones.findIndex((zone) => zone.lung !== undefined)
  const sealed = lung !== -1
  const home = homeOf(plan.zones)
  const told = plan.zones.map((zone) => zone.crew)
  const crew = new Crew({ residents: told, home, wake: plan.wake, sleep: plan.sleep }, rows)
  const places2 = plan.zones.map(({ id, label }, index) => ({
    id,
    label,
    index,
    volume: (zones[index] as Zone).volume,
  }))
  const scrubbers = new Map<string, Scrubber>()
  const pieces: Piece[] = [crew]
  for (const [index, zone] of plan.zones.entries()) {
    const place = places2[index] as (typeof places2)[number]
    const area = Object.values(zone.plants ?? {}).reduce((sum, m2) => sum + m2, 0)
    if (area > 0) pieces.push(new Crop(place, area, rows))
    if (zone.scrubber !== undefined) {
      const scrubber = new Scrubber(place, zone.scrubber, rows)
      scrubbers.set(zone.id, scrubber)
      pieces.push(scrubber)
    }
    if (zone.oxygen !== undefined) pieces.push(new Oxygen(index))
    pieces.push(new Moisture(place, pascals, rows), new Heat(place, zone.lamps === undefined ? 0 : area, rows))
    if (zone.volume === undefined) {
      assumptions.push(`The volume of ${zone.label} is not told; ${ROOM} m³ are supposed.`)
    }
  }
  const areas = plan.zones.map(({ lamps, plants = {} }) =>
    lamps === undefined ? 0 : Object.values(plants).reduce((sum, m2) => sum + m2, 0),
  )
  const batteries = plan.zones.flatMap(({ battery, id }, index) =>
    battery === undefined ? [] : [new Battery({ id, index }, 1_000 * battery.capacity, areas, rows)],
  )
  pieces.push(...batteries)
  for (const [a, b] of pairs(plan)) {
    pieces.push(new Exchange(places2[a] as never, places2[b] as never, pascals, rows))
  }
  pieces.push(new Leak(places2, sealed, rows))
  const lungPlan = sealed ? { zone: lung, volume: plan.zones[lung]?.lung?.volume ?? 1 } : undefined
  const pressure = new Pressure(lungPlan)
  pieces.push(pressure)
  if (!told.some((people) => people !== undefined))
    assumptions.push('How many people there are is not told; 1 to 6 are likely.')
  if (!sealed) assumptions.push('No lung is told: each zone is taken for a room that exchanges air with the outside.')
  if (plan.zones[lung]?.blower !== undefined) {
    assumptions.push('When the blower runs is not told: how high the lung will be is not foreseen.')
  }
  assumptions.push(`People are taken to sleep from ${clock(plan.sleep)} to ${clock(plan.wake)}.`)
  return { world, pieces, crew, scrubbers, pressure, batteries, sealed, assumptions }
}

function zoneOf(plan: ZonePlan, index: number, pascals: number, rows: Rows): Zone {
  const volume = plan.volume ?? ROOM
  const share = plan.lung === undefined ? 1 : 1 + plan.lung.volume / volume / 2
  const all = molesIn(volume, pascals, 22) * share
  const vapour = 0.013
  const { id } = plan
  const row = (name: string, mean: number, sd: number, low: number, walk: number) =>
    rows.claim({ id: `${name}/${id}`, kind: 'state', zone: index, mean, sd, low, walk })
  const lungSpread = plan.lung === undefined ? 0 : (0.3 * plan.lung.volume * all) / (volume * share)
  return {
    id,
    index,
    volume,
    told: plan.volume !== undefined,
    co2: row('co2', all * 800e-6, all * 400e-6, 0, all * 3e-6),
    o2: row('o2', all * (1 - vapour) * OUTDOOR.o2, all * 0.004, 0, all * 1e-5),
    n2: row('n2', all * (1 - vapour) * (1 - OUTDOOR.o2), lungSpread + all * 0.004, 0, all * 3e-5),
    h2o: row('h2o', all * vapour, all * 0.004, 0, all * 3e-5),
    temperature: rows.claim({
      id: `temperature/${id}`,
      kind: 'state',
      zone: index,
      mean: 22,
      sd: 4,
      low: -80,
      high: 90,
    }),
    load: rows.claim({ id: `load/${id}`, kind: 'state', zone: index, mean: 1, sd: 1 }),
    present: rows.claim({ id: `present/${id}`, kind: 'plain', zone: index, mean: 0, sd: 0 }),
    capacity: molesIn(volume, pascals, 22) * HEAT,
    input: {
      par: Number.NaN,
      scrubber: Number.NaN,
      oxygen: Number.NaN,
      blower: Number.NaN,
      valve: Number.NaN,
      people: Number.NaN,
      battery: Number.NaN,
      usual: Number.NaN,
      spared: 0,
      visitors: 0,
    },
  }
}

function worldOf(
  members: number,
  zones: readonly Zone[],
  ledger: Ledger,
  heat: Float64Array,
  pressure: number,
  chance: Chance,
): World {
  const scratch = new Float64Array(members)
  return {
    members,
    zones,
    ledger,
    heat,
    pressure,
    difference: Number.NaN,
    outside: 20,
    hour: 12,
    doors: [],
    normals: () => column(chance, scratch),
  }
}

/** Neighbouring zones, each pair once. */
function pairs({ zones }: HabitatPlan): [a: number, b: number][] {
  const found = new Map<string, [number, number]>()
  for (const [a, zone] of zones.entries()) {
    for (const name of zone.beside) {
      const b = zones.findIndex(({ id }) => id === name)
      if (b === -1 || b === a) continue
      const pair: [number, number] = [Math.min(a, b), Math.max(a, b)]
      found.set(pair.join(), pair)
    }
  }
  return [...found.values()]
}

function clock(hours: number): string {
  const minutes = Math.round(hours * 60)
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}
