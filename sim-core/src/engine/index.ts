/** The scenario engine: a model is compiled once, and run as often as one likes. */
export { applyChanges } from './changes.ts'
export { type Chunk, type Column, columnName, join } from './columns.ts'
export { type Fault, invalid } from './fault.ts'
export type { Model } from './model.ts'
export { compile, type Program } from './program.ts'
export { type Parked, Run, type RunOptions, type RunState } from './run.ts'
export { Simulation, type SimulationOptions } from './simulation.ts'
export { summarize } from './summary.ts'
