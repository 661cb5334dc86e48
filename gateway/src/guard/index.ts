/** The guard: limits, rates and silence into alerts. */
export type { GuardState } from './alerts.ts'
export { Guard, type GuardOptions, type GuardParts, type GuardZone } from './guard.ts'
