/** Drives a simulation to its end, or until it is to stop, in slices that leave others their turn. */
import { setImmediate as turn } from 'node:timers/promises'
import { type Chunk, type Model, Simulation, type SimulationOptions } from '@habtwin/sim-core/engine/index'
import { nextSlice } from '@habtwin/sim-core/jobs/execute'

/** Values that are worth handing over: 1 MB. */
const MANY = 131_072

export interface DriveOptions extends SimulationOptions {
  readonly seed: number
  readonly steps: number
  readonly every: number
}

export class Drive {
  readonly #model: Model
  readonly #options: DriveOptions
  #simulation: Simulation

  /** @throws HabtwinError scenario/invalid for changes that do not fit, or what cannot be compiled */
  constructor(model: Model, options: DriveOptions) {
    this.#model = model
    this.#options = options
    this.#simulation = new Simulation(model, options)
  }

  /** As it stands now. */
  get simulation(): Simulation {
    return this.#simulation
  }

  get stopped(): boolean {
    return this.#simulation.step < this.#options.steps
  }

  /** Runs it. @param tell hears of the step, after each slice */
  async *run(stop: AbortSignal, tell: (step: number) => void): AsyncGenerator<Chunk> {
    const { every } = this.#options
    const simulation = this.#simulation
    const enough = (MANY / simulation.columns.length) * every
    let slice = 1
    let taken = 0
    while (!simulation.done && !stop.aborted) {
      const began = performance.now()
      const ran = simulation.advance(slice)
      slice = nextSlice(slice, performance.now() - began)
      tell(simulation.step)
      if (simulation.step - taken >= enough || simulation.done) {
        taken = simulation.step
        const chunk = simulation.take()
        if (chunk !== undefined) yield chunk
      }
      if (ran > 0) await turn()
    }
    const left = simulation.take()
    if (left !== undefined) yield left
    if (simulation.done || simulation.step % every === 0) return
    // the last step is kept in any case: it is one more, of a run that ends there
    const steps = simulation.step + 1
    this.#simulation = new Simulation(this.#model, { ...this.#options, steps, from: simulation.state() })
    this.#simulation.advance(1)
    const last = this.#simulation.take()
    if (last !== undefined) yield last
  }
}
