/** The live twin. */
export type { FixedForecast, TwinOutput, ZoneEstimate, ZoneForecast } from './output.ts'
export { type Sums, Twin, type TwinHistory, type TwinOptions } from './twin.ts'
