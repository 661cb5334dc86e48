/** The model with its members, apart from the filter: what is copied for a forecast or a what-if. */
import { Chance } from './chance.ts'
import { build, type Habitat } from './habitat.ts'
import { Inputs } from './inputs.ts'
import { Matrix } from './matrix.ts'
import type { HabitatPlan } from './plan.ts'

const MINUTE = 60_000

export class Body {
  readonly plan: HabitatPlan
  readonly chance: Chance
  readonly matrix: Matrix
  readonly habitat: Habitat
  readonly inputs: Inputs
  readonly #localHour: (t: number) => number

  constructor(
    plan: HabitatPlan,
    members: number,
    seed: number,
    localHour: (t: number) => number,
    inputs = new Inputs(plan),
  ) {
    this.plan = plan
    this.chance = new Chance(seed)
    this.matrix = new Matrix(members, this.chance)
    this.habitat = build(plan, this.matrix, this.chance)
    this.inputs = inputs
    this.#localHour = localHour
  }

  /**
   * Goes on to `t` (ms).
   * @param hours since the last step
   * @param ahead in a forecast
   */
  step(t: number, hours: number, ahead: boolean): void {
    const { world, pieces } = this.habitat
    world.hour = this.#localHour(t - MINUTE / 2)
    this.inputs.apply(t, this.habitat, ahead)
    for (const piece of pieces) piece.step(world, hours, ahead)
  }

  /** A copy that goes its own way. */
  fork(): Body {
    const inputs = this.inputs.fork()
    const other = new Body(this.plan, this.matrix.members, this.chance.state, this.#localHour, inputs)
    other.copy(this)
    return other
  }

  /** Takes over where another stands; instruments are none of its concern. */
  copy(other: Body): void {
    this.matrix.copy(other.matrix)
    this.chance.state = other.chance.state
    this.memory = other.memory
  }

  /** What it remembers beside its rows. */
  get memory(): BodyMemory {
    const { pressure, difference, outside } = this.habitat.world
    return {
      world: [pressure, difference, outside],
      pieces: this.habitat.pieces.map(({ memory = {} }) => copyOf(memory)),
    }
  }

  set memory({ world: [pressure, difference, outside], pieces }: BodyMemory) {
    Object.assign(this.habitat.world, { pressure, difference, outside })
    for (const [i, piece] of this.habitat.pieces.entries()) Object.assign(piece.memory ?? {}, copyOf(pieces[i] ?? {}))
  }
}

export interface BodyMemory {
  readonly world: [pressure: number, difference: number, outside: number]
  readonly pieces: readonly Memory[]
}

type Memory = Readonly<Record<string, number | Float64Array>>

function copyOf(memory: Memory): Memory {
  const copies = Object.entries(memory).map(([name, of]) => [name, typeof of === 'number' ? of : of.slice()])
  return Object.fromEntries(copies)
}
