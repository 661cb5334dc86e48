/**
 * The whole twin, as it speaks to people: its forecasts are of what the instruments of a zone will read, blended from
 * all that forecast it, and its bands are held to 90 % by forecasts that came due. It costs twenty times what the
 * ensemble alone does, so it is examined in a part of the habitats, and looks two hours ahead at a time.
 */
import { Ensemble, habitatOf } from '../../sim-core/src/twin/ensemble/index.ts'
import { Twin, type ZoneForecast } from '../../sim-core/src/twin/index.ts'
import type { Built } from './build.ts'
import { scored } from './living.ts'
import type { Bands, Observation, Subject } from './subject.ts'

const MINUTE = 60_000
/** Readings of a minute; the last of them. */
const READINGS = 3
const LAST = 40_000
/** A few more ticks than the twin waits for a backlog to begin. */
const TICKS = 8
const TICK = 1_000

export class Published implements Pick<Subject, 'step' | 'forecast'> {
  readonly #twin: Twin
  #forecasts: readonly ZoneForecast[] = []
  #end = 0

  constructor({ config }: Built) {
    const plan = habitatOf(config)
    this.#twin = new Twin({
      ensemble(snapshot) {
        const ensemble = new Ensemble(plan)
        return snapshot === undefined || ensemble.restore(snapshot) ? ensemble : undefined
      },
      emit: ({ forecasts }) => {
        if (forecasts.some(({ forecast }) => forecast !== undefined)) this.#forecasts = forecasts
      },
    })
  }

  step(minute: number, observed: readonly Observation[]): void {
    const t = minute * MINUTE + LAST
    for (const { device, zone, point, value, trust } of observed) {
      // a lux meter beside the one of the light that plants use: twice the work for the same
      if (point !== 'light') this.#twin.readings({ device, zone, point, t, sum: READINGS * value, n: READINGS, trust })
    }
    this.#end = (minute + 1) * MINUTE
  }

  /** Goes through what it was given, and says what comes. Leads in minutes, of the contract's grid. */
  forecast(leads: readonly number[]): ReadonlyMap<string, Bands> {
    // what it was given is complete when time goes on after it
    for (let i = 1; i <= TICKS; i++) while (this.#twin.tick(this.#end + i * TICK));
    const bands = new Map<string, Bands>()
    for (const { zone, quantity, forecast } of this.#forecasts) {
      if (forecast?.made !== this.#end || !Object.hasOwn(scored, quantity)) continue
      const at = leads.map((lead) => forecast.t.indexOf(forecast.made + lead * MINUTE))
      const pick = (of: readonly number[]) => at.map((i) => of[i] ?? Number.NaN)
      bands.set(`${zone}/${quantity}`, {
        p05: pick(forecast.p05),
        p50: pick(forecast.p50),
        p95: pick(forecast.p95),
      })
    }
    return bands
  }
}
