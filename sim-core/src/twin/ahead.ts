/** The futures that the ensemble last gave, as an expert's opinion for the forecast of each quantity. */
import { forecastLeads } from '@habtwin/contract/twin'
import type { Ensemble, Futures } from './ensemble/index.ts'
import type { Expert, Scene } from './forecast/experts/expert.ts'

/** Minutes of the ensemble's futures: the contract's grid to 48 h. */
export const futureLeads: readonly number[] = forecastLeads(48 * 3_600_000).map((lead) => lead / 60_000)

/** Levels of a zone's quantity: at the moment they were made, then by lead. */
type Path = Float64Array

export class Ahead {
  /** As last given. */
  futures: Futures | undefined
  /** At the end of which minute they were made, and how things stood then. */
  #minute = 0
  #estimate: Ensemble['estimate'] = () => undefined
  #now = 0
  readonly #paths = new Map<string, Path | undefined>()

  /** Takes futures that were made at the end of a minute. */
  take(futures: Futures, minute: number, ensemble: Ensemble): void {
    this.futures = futures
    this.#minute = minute
    this.#paths.clear()
    const then = new Map<string, ReturnType<Ensemble['estimate']>>()
    for (const name of futures.names) {
      const [zone = '', quantity = ''] = name.split('/')
      then.set(name, ensemble.estimate(zone, quantity))
    }
    this.#estimate = (zone, quantity) => then.get(`${zone}/${quantity}`)
  }

  /** The minute that has been gone through. */
  at(minute: number): void {
    this.#now = minute
  }

  /** Minutes since the futures were made. */
  get age(): number {
    return this.futures === undefined ? Number.POSITIVE_INFINITY : this.#now - this.#minute
  }

  expert(zone: string, quantity: string, { own, leads, stepMinutes }: Scene): Expert {
    return {
      names: ['ensemble'],
      step: () => {},
      forecast: (out, stride, offset) => {
        const path = this.#path(zone, quantity)
        // instruments may be off from what is so: of the futures only the change counts
        const base = path === undefined ? 0 : own.now - along(path, this.age)
        for (let l = 0; l < leads.length; l++) {
          const minutes = this.age + (leads[l] as number) * stepMinutes
          out[l * stride + offset] = path === undefined ? Number.NaN : base + along(path, minutes)
        }
      },
    }
  }

  /** The medians of the futures. */
  #path(zone: string, quantity: string): Path | undefined {
    const key = `${zone}/${quantity}`
    if (this.#paths.has(key)) return this.#paths.get(key)
    const members = this.futures?.members(zone, quantity)
    const now = this.#estimate(zone, quantity)?.mean
    let path: Path | undefined
    if (members !== undefined && now !== undefined) {
      const count = members.length / futureLeads.length
      path = new Float64Array(futureLeads.length + 1)
      path[0] = now
      for (let l = 0; l < futureLeads.length; l++) {
        path[l + 1] = members.slice(l * count, (l + 1) * count).sort()[count >> 1] as number
      }
    }
    this.#paths.set(key, path)
    return path
  }
}

/** A path at so many minutes after it was made; beyond its end it stays. */
function along(path: Path, minutes: number): number {
  let high = 0
  while (high < futureLeads.length && (futureLeads[high] as number) < minutes) high++
  if (high === futureLeads.length) return path[high] as number
  const [a, b] = [high === 0 ? 0 : (futureLeads[high - 1] as number), futureLeads[high] as number]
  const [from, to] = [path[high] as number, path[high + 1] as number]
  return from + ((to - from) * (minutes - a)) / (b - a)
}
