/**
 * What an instrument would read in each member, with the faults of its own: gain and offset are rows of the ensemble,
 * found out with everything else.
 *
 *   ppm = 10⁶ n_CO2/Σn     O2 % = 100 n_O2/(Σn − n_H2O)     RH % = 100 n_H2O/Σn · p / e_s(T)
 */
import { pointInfo } from '@habtwin/contract'
import { total } from '../models/air.ts'
import { gases, type Row, type RowSpec, type World, type Zone } from '../models/piece.ts'
import { saturation } from '../models/vapour.ts'
import type { Touch } from './filter.ts'
import type { Habitat } from './habitat.ts'
import type { Matrix } from './matrix.ts'

/** Faults of instruments lie within so many standard deviations, and are forgotten within so many hours. */
const FAULT = 2.7
const FORGETS = 480
/** What is off is first looked for in the habitat. */
const SLOWLY = 0.5

/** Quantities that the model knows, with what a minute's mean of an instrument is worth. */
interface Worth {
  /** Standard deviation of a minute's mean, in the quantity's unit, and relative to the value. */
  readonly noise: number
  readonly relative: number
  /** Spread of the offset, and of the gain, from one instrument to another. */
  readonly offset: number
  readonly gain: number
}

const worth: Readonly<Record<string, Worth>> = {
  // ±(30 to 50 ppm + 3 to 5 %) in data sheets of NDIR instruments; the gain also takes up a pressure not compensated
  co2: { noise: 2, relative: 0.002, offset: 23, gain: 0.046 },
  o2: { noise: 0.006, relative: 0, offset: 0.05, gain: 0 },
  temperature: { noise: 0.04, relative: 0, offset: 0.18, gain: 0 },
  humidity: { noise: 0.3, relative: 0, offset: 0.9, gain: 0 },
  level: { noise: 0.2, relative: 0, offset: 0, gain: 0 },
  charge: { noise: 0.2, relative: 0, offset: 0, gain: 0 },
}

export const modelled: readonly string[] = Object.keys(worth)

/** What an ideal instrument would read, by member. @returns false where the model does not know the quantity */
export function ideal(
  { world, pressure, batteries }: Habitat,
  zone: Zone,
  quantity: string,
  out: Float64Array,
): boolean {
  if (quantity === 'level') {
    if (pressure.lung?.zone !== zone.index) return false
    pressure.level(world, out)
    return true
  }
  if (quantity === 'charge') {
    const battery = batteries.find(({ zone: index }) => index === zone.index)
    battery?.charge(out)
    return battery !== undefined
  }
  const read = readers[quantity]
  if (read === undefined) return false
  read(zone, world, out)
  return true
}

const readers: Readonly<Record<string, (zone: Zone, world: World, out: Float64Array) => void>> = {
  co2(zone, world, out) {
    for (let m = 0; m < world.members; m++) out[m] = (1e6 * (zone.co2[m] as number)) / total(zone, m)
  },
  o2(zone, world, out) {
    for (let m = 0; m < world.members; m++) {
      out[m] = (100 * (zone.o2[m] as number)) / (total(zone, m) - (zone.h2o[m] as number))
    }
  },
  temperature(zone, world, out) {
    for (let m = 0; m < world.members; m++) out[m] = zone.temperature[m] as number
  },
  humidity(zone, world, out) {
    for (let m = 0; m < world.members; m++) {
      const vapour = ((zone.h2o[m] as number) / total(zone, m)) * world.pressure
      out[m] = (100 * vapour) / saturation(zone.temperature[m] as number)
    }
  },
}

/** One instrument's point, as the filter sees it. */
export class Instrument {
  readonly device: string
  readonly point: string
  readonly zone: Zone
  readonly touches: readonly Touch[]
  /** Of a lung: all gas of its zone, mol. Its level is about that, whatever the mixture. */
  readonly amount: Row | undefined
  /** Factor on the variance, learned from how large its innovations are. */
  scale = 1
  /** Readings in a row that were too far off, and the last of them. */
  far = 0
  farSign = 0
  /** It speaks in another unit than it should. */
  scaled = false
  /** Minutes for which it has read the very same. */
  same = 0
  last = Number.NaN
  /** It has moved before: if it stands still now, that means something. */
  moved = false
  readonly #worth: Worth
  readonly #gain: Row | undefined
  readonly #offset: Row | undefined

  constructor(device: string, point: string, zone: Zone, matrix: Matrix) {
    this.device = device
    this.point = point
    this.zone = zone
    const known = worth[point] as Worth
    this.#worth = known
    const tell = { kind: 'bias', zone: zone.id, device, point } as const
    const label = pointInfo(point).label
    if (known.gain > 0) {
      const id = `bias/${device}/${point}`
      this.#gain = fault(matrix, {
        id,
        mean: 1,
        sd: known.gain,
        tell: { ...tell, label: `${label} of ${device}, gain`, unit: '1' },
      })
    }
    if (known.offset > 0) {
      const id = known.gain > 0 ? `offset/${device}/${point}` : `bias/${device}/${point}`
      const shown = { ...tell, label: `${label} of ${device}, offset`, unit: pointInfo(point).unit }
      this.#offset = fault(matrix, { id, mean: 0, sd: known.offset, ...(known.gain > 0 ? {} : { tell: shown }) })
    }
    const values = new Float64Array(matrix.members)
    this.amount = point === 'level' ? { id: 'amount', kind: 'plain', mean: 0, sd: 0, values } : undefined
    const own = touched(point, zone, matrix, [this.#gain, this.#offset])
    this.touches = this.amount === undefined ? own : [...own, { row: this.amount, taper: 1 }]
  }

  /** Rows of what is wrong with it. */
  get faults(): { readonly gain: Row | undefined; readonly offset: Row | undefined } {
    return { gain: this.#gain, offset: this.#offset }
  }

  /** Variance of a minute's mean. */
  variance(value: number): number {
    const { noise, relative } = this.#worth
    return (noise ** 2 + (relative * value) ** 2) * this.scale
  }

  /** Moves what it is about by what was found out, and lets it spread (mol) where `noise` is given. */
  settle(noise?: Float64Array): void {
    const { amount, zone } = this
    if (amount === undefined) return
    for (let m = 0; m < amount.values.length; m++) {
      const before = total(zone, m)
      const after = noise === undefined ? (amount.values[m] as number) : before + (noise[m] as number)
      const factor = Math.max(0.5, Math.min(2, after / before))
      for (const gas of gases) zone[gas][m] = (zone[gas][m] as number) * factor
    }
  }

  /** What this very instrument would read, by member. */
  read(habitat: Habitat, out: Float64Array): void {
    ideal(habitat, this.zone, this.point, out)
    const { amount, zone } = this
    if (amount !== undefined) for (let m = 0; m < out.length; m++) amount.values[m] = total(zone, m)
    const gain = this.#gain?.values
    const offset = this.#offset?.values
    for (let m = 0; m < out.length; m++) {
      out[m] =
        (out[m] as number) * (gain === undefined ? 1 : (gain[m] as number)) +
        (offset === undefined ? 0 : (offset[m] as number))
    }
  }
}

/** A row for a fault of an instrument: not beyond what its data sheet could mean, and not for ever. */
function fault(matrix: Matrix, spec: Pick<RowSpec, 'id' | 'mean' | 'sd' | 'tell'>): Row | undefined {
  const { id, mean, sd } = spec
  matrix.claim({ ...spec, kind: 'bias', low: mean - FAULT * sd, high: mean + FAULT * sd, forgets: FORGETS })
  return matrix.row(id)
}

/** Rows that a reading has to do with. */
function touched(point: string, zone: Zone, matrix: Matrix, own: readonly (Row | undefined)[]): Touch[] {
  const here = zone.id
  const beside = new Set<string>()
  const touches: Touch[] = []
  const touch = (id: string, taper: number) => {
    const row = matrix.row(id)
    if (row !== undefined) touches.push({ row, taper })
  }
  for (const row of own) if (row !== undefined) touches.push({ row, taper: SLOWLY })
  for (const { id } of matrix.rows) {
    const [name, a, b] = id.split('/')
    if ((name !== 'exchange' && name !== 'door') || (a !== here && b !== here)) continue
    beside.add(a === here ? (b as string) : (a as string))
    // water and heat have sources of their own in each zone, of which little is known: they would explain them by air
    if (point === 'co2' || point === 'o2') touch(id, 1)
  }
  if (point === 'temperature') {
    for (const name of ['temperature', 'wall', 'heat', 'coupling']) touch(`${name}/${here}`, 1)
    return touches
  }
  if (point === 'charge') {
    touch(`charge/${here}`, 1)
    return touches
  }
  if (point === 'level') {
    touch('leak', 1)
    return touches
  }
  if (point === 'humidity') {
    for (const name of ['h2o', 'vapour', 'moisture']) touch(`${name}/${here}`, 1)
    for (const other of beside) touch(`h2o/${other}`, 0.7)
    touch(`ventilation/${here}`, 0.5)
    return touches
  }
  // CO2 and O2 tell of people, crop and machines
  for (const name of [point, 'load', 'scrubber', 'crop', 'ventilation']) touch(`${name}/${here}`, 1)
  for (const other of beside) {
    touch(`${point}/${other}`, 0.7)
    touch(`load/${other}`, 0.5)
    touch(`crop/${other}`, 0.7)
    touch(`scrubber/${other}`, 0.7)
  }
  touch('crew', 1)
  touch('crew-load', 1)
  return touches
}
