/** What every reading passes before it counts: docs/conditioning.md. */
export { Conditioning, type Onward } from './conditioning.ts'
export { conditionedPoints } from './describe.ts'
export { overdueCalibrations } from './hints.ts'
export type { ConditionedDevice, ConditioningTally } from './pipeline.ts'
