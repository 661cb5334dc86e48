/** How the habitat stands at a moment, in figures: what a scenario that begins there is made from. */
import type { Parameter } from '@habtwin/contract'
import type { Ensemble } from './ensemble/index.ts'
import type { Standing } from './whatif.ts'

const MINUTE = 60_000
/** What was said of a quantity is no longer how it stands, ms. */
const STALE = 10 * MINUTE

export interface Figures {
  /** Of the last minute gone through, ms. */
  readonly t: number
  /** Estimates by zone and quantity, in the units of the vocabulary. */
  readonly zones: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly parameters: readonly Parameter[]
}

/** @param standing what was said last of each quantity; where nothing was, the ensemble's own estimate is told */
export function figuresOf(ensemble: Ensemble, standing: Iterable<Standing>): Figures {
  const { t, plan, quantities, parameters } = ensemble
  const zones = new Map<string, Map<string, number>>(plan.zones.map(({ id }) => [id, new Map()]))
  for (const [zone, known] of zones) {
    for (const quantity of quantities) {
      const mean = ensemble.estimate(zone, quantity)?.mean
      if (mean !== undefined && Number.isFinite(mean)) known.set(quantity, mean)
    }
  }
  for (const { zone, quantity, mean, forecast } of standing) {
    if (Number.isFinite(mean) && forecast.made > t - STALE) zones.get(zone)?.set(quantity, mean)
  }
  return { t, zones: Object.fromEntries([...zones].map(([id, known]) => [id, Object.fromEntries(known)])), parameters }
}
