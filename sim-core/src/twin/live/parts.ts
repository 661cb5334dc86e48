/** What the twin's mind is made of: the one place that knows which model of the habitat there is, and which alerts. */
import type { WhatifAnswer, WhatifRequest } from '@habtwin/contract'
import { HabtwinError } from '@habtwin/contract/errors'
import { defaultLimits, mergeLimits } from '@habtwin/runtime/config/default-limits'
import { TwinAlerts } from '../alerts/index.ts'
import { Ensemble, habitatOf } from '../ensemble/index.ts'
import { type Figures, figuresOf } from '../figures.ts'
import type { Mind, MindParts } from '../mind.ts'
import { type Standing, whatif } from '../whatif.ts'
import type { TwinConfig } from './words.ts'

export interface TwinParts extends MindParts {
  /** @param standing what was said last of each quantity */
  readonly whatif: (mind: Mind, request: WhatifRequest, standing: Iterable<Standing>) => WhatifAnswer
  readonly figures: (mind: Mind, standing: Iterable<Standing>) => Figures
}

export function partsOf(config: TwinConfig): TwinParts {
  const { habitat, zones, devices } = config
  const limited = Object.entries(zones).map(([id, zone]) => {
    const limits = mergeLimits(defaultLimits(zone, habitat.pressure), zone.limits)
    const { label = id, volume, crew, plants, scrubber } = zone
    return [id, { label, limits, volume, crew, plants, scrubber }]
  })
  const options = {
    zones: Object.fromEntries(limited),
    timezone: habitat.timezone,
    pressure: habitat.pressure,
    name: (device: string) => devices[device]?.label ?? device,
  }
  return {
    alerts: (snapshot) => new TwinAlerts(options, snapshot),
    ...(isTold(config) ? { ensemble: (snapshot) => ensembleOf(config, snapshot) } : {}),
    whatif: (mind, request, standing) =>
      whatif(modelOf(mind), request, standing, (zone) => options.zones[zone]?.limits ?? {}),
    figures: (mind, standing) => figuresOf(modelOf(mind), standing),
  }
}

/** @throws HabtwinError twin/no-model */
function modelOf({ ensemble }: Mind): Ensemble {
  if (ensemble !== undefined && !Number.isNaN(ensemble.t)) return ensemble
  const tell = ensemble ? 'No minute was gone through yet' : 'The configuration tells too little of the habitat'
  throw new HabtwinError('twin/no-model', tell)
}

/** Of a room of which nothing is told there is no model. */
function isTold({ zones }: TwinConfig): boolean {
  return Object.values(zones).some(({ volume, crew, plants }) => volume !== undefined || crew !== undefined || plants)
}

function ensembleOf(config: TwinConfig, snapshot: Parameters<Ensemble['restore']>[0] | undefined) {
  const ensemble = new Ensemble(habitatOf(config))
  return snapshot === undefined || ensemble.restore(snapshot) ? ensemble : undefined
}
