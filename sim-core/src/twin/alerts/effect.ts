/** Which way a quantity of a zone goes when a parameter rises; undefined where that depends. */
import type { Parameter } from '@habtwin/contract'

type Effects = Partial<Record<string, 1 | -1>>

const effects: Record<Parameter['kind'], Effects> = {
  // towards the air outside: CO2 falls where people breathe, oxygen may go either way
  leak: { co2: -1, 'pressure-difference': -1, level: -1 },
  ventilation: { co2: -1 },
  // BVAD table 3.22: people give off CO2, water and heat, and take oxygen
  'crew-load': { co2: 1, humidity: 1, temperature: 1, o2: -1 },
  scrubber: { co2: -1 },
  exchange: {},
  crop: { co2: -1, humidity: 1, o2: 1 },
  bias: {},
  heat: { temperature: 1 },
}
/** Kinds that act on these alone; the others act on a zone's air in ways that depend on its neighbours. */
const only: ReadonlySet<Parameter['kind']> = new Set(['scrubber', 'heat', 'crop', 'crew-load'])

/**
 * Whether a parameter that moved can be why a quantity is beyond what was expected.
 * @param up of the quantity
 * @param grew of the parameter
 */
export function explains(parameter: Parameter, zone: string, point: string, up: boolean, grew: boolean): boolean {
  const { kind } = parameter
  if (kind === 'bias' ? parameter.point !== point || parameter.zone !== zone : !inReach(parameter, zone)) return false
  const sign = effects[kind][point]
  if (sign === undefined) return !only.has(kind)
  return sign > 0 === (up === grew)
}

/** A leak is the habitat's; what passes between zones concerns both. */
function inReach({ zone, kind }: Parameter, other: string): boolean {
  return zone === undefined || zone === other || kind === 'exchange' || kind === 'leak'
}
