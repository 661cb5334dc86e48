/** One job: what a derived point is made of, or why that is not to be had. */
import type { Sample } from '../drivers/driver.ts'
import type { Cell } from './cell.ts'

/** Where an input finds what is not of its own device. */
export interface Neighbours {
  /** The newest value of a point of a device; undefined where there is no such point. */
  cell(device: string, point: string): { readonly cell: Cell; readonly patience: number } | undefined
  /** See DeviceContext. */
  nearby(zone: string, point: string): number | undefined
}

/** The reading that is being made, as an input sees it. */
export interface Moment {
  readonly sample: Sample
  /** True for what an instrument or recording remembers: what others say now has no part in it. */
  readonly late: boolean
  /** Monotonic ms. */
  readonly now: number
}

export interface Input {
  /** NaN where it is not to be had; `why` says why. */
  value(moment: Moment): number
  /** After `value`: its quality where it is uncertain, or the quality of whatever would be made without it. */
  readonly why: string | undefined
}

/** A point of the device itself; where this reading leaves it out, what the last one said, while that is fresh. */
export class Own implements Input {
  readonly #point: string
  readonly #cell: Cell | undefined
  readonly #patience: number
  readonly #missing: string
  readonly #stale: string
  why: string | undefined

  /** @param patience ms after which a value is too old */
  constructor(point: string, cell: Cell | undefined, patience: number) {
    this.#point = point
    this.#cell = cell
    this.#patience = patience
    this.#missing = `bad:no-${point}`
    this.#stale = `bad:stale-${point}`
  }

  value({ sample, late, now }: Moment): number {
    const said = sample.values[this.#point]
    if (said !== undefined || late || this.#cell === undefined) {
      this.why = said === undefined || said === null ? this.#missing : sample.quality?.[this.#point]
      return said ?? Number.NaN
    }
    return found(this.#cell, this.#patience, now, this, this.#missing, this.#stale)
  }
}

/** A point of another device. */
export class Other implements Input {
  readonly #neighbours: Pick<Neighbours, 'cell'>
  readonly #device: string
  readonly #point: string
  readonly #missing: string
  readonly #stale: string
  why: string | undefined

  constructor(neighbours: Pick<Neighbours, 'cell'>, device: string, point: string) {
    this.#neighbours = neighbours
    this.#device = device
    this.#point = point
    this.#missing = `bad:no-${device}-${point}`
    this.#stale = `bad:stale-${device}-${point}`
  }

  value({ late, now }: Moment): number {
    const there = late ? undefined : this.#neighbours.cell(this.#device, this.#point)
    if (there === undefined) {
      this.why = this.#missing
      return Number.NaN
    }
    return found(there.cell, there.patience, now, this, this.#missing, this.#stale)
  }
}

/** The pressure of the air: the device's own, or a barometer's in its zone, or what the habitat's is said to be. */
export class Pressure implements Input {
  readonly #own: Input | undefined
  readonly #nearby: () => number | undefined
  readonly #habitat: number
  why: string | undefined

  /**
   * @param own where the device measures it
   * @param habitat hPa
   */
  constructor(own: Input | undefined, nearby: () => number | undefined, habitat: number) {
    this.#own = own
    this.#nearby = nearby
    this.#habitat = habitat
  }

  value(moment: Moment): number {
    const own = this.#own?.value(moment) ?? Number.NaN
    this.why = undefined
    if (!Number.isNaN(own)) {
      this.why = this.#own?.why
      return own
    }
    return (moment.late ? undefined : this.#nearby()) ?? this.#habitat
  }
}

function found(
  cell: Cell,
  patience: number,
  now: number,
  into: { why: string | undefined },
  missing: string,
  stale: string,
): number {
  if (now - cell.at > patience) {
    into.why = cell.at === Number.NEGATIVE_INFINITY ? missing : stale
    return Number.NaN
  }
  into.why = Number.isNaN(cell.value) ? missing : cell.quality
  return cell.value
}
