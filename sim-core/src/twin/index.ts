/** The live twin. */
export type { FixedForecast, TwinOutput, ZoneEstimate, ZoneForecast } from './output.ts'
export { Twin, type TwinHistory, type TwinOptions, type TwinReading } from './twin.ts'
