/** The live twin as somebody who is examined. */
import type { Alert, Parameter } from '../../contract/src/index.ts'
import { TwinAlerts, type TwinAlertsOptions } from '../../sim-core/src/twin/alerts/index.ts'
import { Ensemble, habitatOf } from '../../sim-core/src/twin/ensemble/index.ts'
import type { Built } from './build.ts'
import { scored } from './living.ts'
import type { Bands, Figure, FigureName, Finding, MakeSubject, Observation, Subject } from './subject.ts'

/** What a parameter is called here; who is present at the moment is another question than how many live there. */
function nameOf({ id, kind }: Parameter): FigureName | undefined {
  if (kind === 'leak' || kind === 'scrubber') return kind
  return kind === 'crew-load' && id !== 'crew-present' ? 'crew' : undefined
}

class Twin implements Subject {
  readonly #built: Built
  readonly #ensemble: Ensemble
  readonly #alerts: TwinAlerts

  constructor(
    built: Built,
    ensemble = new Ensemble(habitatOf(built.config)),
    alerts = new TwinAlerts(optionsOf(built)),
  ) {
    this.#built = built
    this.#ensemble = ensemble
    this.#alerts = alerts
  }

  step(minute: number, observed: readonly Observation[]): void {
    const ensemble = this.#ensemble
    ensemble.step(minute, observed)
    const { innovations, parameters, machines } = ensemble
    const estimates = this.#built.truth.zones.flatMap(({ id: zone }) =>
      Object.keys(scored).flatMap((quantity) => {
        const estimate = ensemble.estimate(zone, quantity)
        return estimate === undefined ? [] : [{ zone, quantity, mean: estimate.mean }]
      }),
    )
    // what is foreseen is not examined here: limits are the guard's
    const given = { estimates, forecasts: [], innovations, parameters, observed, machines, guard: [] }
    this.#alerts.minute((minute + 1) * 60_000, given)
  }

  figures(): Partial<Record<FigureName, Figure>> {
    const known: Partial<Record<FigureName, Figure>> = {}
    for (const parameter of this.#ensemble.parameters) {
      const name = nameOf(parameter)
      if (name !== undefined) known[name] = parameter
    }
    return known
  }

  forecast(leads: readonly number[]): ReadonlyMap<string, Bands> {
    const futures = this.#ensemble.forecast(leads)
    const bands = new Map<string, Bands>()
    for (const { id } of this.#built.truth.zones) {
      for (const quantity of Object.keys(scored)) {
        const members = futures.members(id, quantity)
        if (members !== undefined) bands.set(`${id}/${quantity}`, bandsOf(members, leads.length))
      }
    }
    return bands
  }

  findings(): readonly Finding[] {
    return this.#alerts.active().flatMap(findingOf)
  }

  fork(): Subject | undefined {
    const built = this.#built
    const ensemble = new Ensemble(this.#ensemble.plan)
    if (!ensemble.restore(structuredClone(this.#ensemble.snapshot()))) return undefined
    return new Twin(built, ensemble, new TwinAlerts(optionsOf(built), this.#alerts.snapshot()))
  }
}

export const makeTwin: MakeSubject = (built) => new Twin(built)

function optionsOf({ config }: Built): TwinAlertsOptions {
  const zones = Object.entries(config.zones).map(([id, { label, limits, volume, crew, plants, scrubber }]) => [
    id,
    { label, limits, volume, crew, plants, scrubber },
  ])
  const { timezone, pressure } = config.habitat
  return { zones: Object.fromEntries(zones), timezone, pressure }
}

/** What has moved: `leak`, `scrubber/crew`, `bias/crew-air-1/co2` … */
function findingOf({ id, anomaly, device, text }: Alert): Finding[] {
  if (anomaly === undefined) return []
  const [name = '', its] = anomaly.parameter.split('/')
  const kind = name === 'crew-present' ? 'crew-load' : name
  return [{ id, kind, device: device ?? (kind === 'bias' ? its : undefined), text }]
}

/** @param members [lead × members] */
function bandsOf(members: Float64Array, leads: number): Bands {
  const count = members.length / leads
  const bands = { p05: new Float64Array(leads), p50: new Float64Array(leads), p95: new Float64Array(leads) }
  for (let lead = 0; lead < leads; lead++) {
    const sorted = members.slice(lead * count, (lead + 1) * count).sort()
    bands.p05[lead] = at(sorted, 0.05)
    bands.p50[lead] = at(sorted, 0.5)
    bands.p95[lead] = at(sorted, 0.95)
  }
  return bands
}

/** Between order statistics, so that of members drawn from the truth nine of ten truths lie within. */
function at(sorted: Float64Array, level: number): number {
  const place = Math.min(sorted.length - 1, Math.max(0, level * (sorted.length + 1) - 1))
  const low = sorted[Math.floor(place)] as number
  return low + ((sorted[Math.ceil(place)] as number) - low) * (place - Math.floor(place))
}
