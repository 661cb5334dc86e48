/**
 * What goes beyond single quantities: the ensemble, where the configuration tells enough of the habitat for one, and
 * what is worth an alert. The twin does without either.
 *
 *   minute ─► ensemble ─► futures, in pieces ─► zones forecast with them ─► alerts: outlook, changes
 */
import type { Alert, Event, TwinModel } from '@habtwin/contract'
import { Ahead, futureLeads } from './ahead.ts'
import type { MinuteOutput, TwinAlerts } from './alerts/index.ts'
import type { Ensemble, Observation, Snapshot } from './ensemble/index.ts'
import type { Stream } from './stream.ts'

const MINUTE = 60_000
/** Minutes that futures serve while a backlog is gone through: making them takes as long as hundreds of minutes. */
const AGED = 360
/** Minutes of futures that are made at once, so that readings are taken in between. */
const PIECE = 60
/** Minutes between two looks at how long limits are off, while a backlog is gone through. */
const LOOK = 30

/** Makes what the mind is made of, anew or from a snapshot (undefined where it is of another version). */
export interface MindParts {
  readonly ensemble?: ((snapshot?: Snapshot) => Ensemble | undefined) | undefined
  readonly alerts?: ((snapshot?: Uint8Array) => TwinAlerts) | undefined
}

export interface MindState {
  readonly ensemble: Snapshot | undefined
  readonly alerts: Uint8Array | undefined
}

export class Mind {
  readonly ensemble: Ensemble | undefined
  readonly alerts: TwinAlerts | undefined
  /** What the ensemble foresees, as experts of the zones' forecasters see it. */
  readonly ahead: Ahead | undefined
  /** Alerts of the guard that stand. */
  guard: readonly Alert[] = []
  #minute = 0
  #last = false
  #observed: readonly Observation[] = []
  #thinking: ReturnType<Ensemble['ahead']> | undefined

  constructor(parts: MindParts, state?: MindState) {
    this.ensemble = parts.ensemble?.(state?.ensemble)
    this.alerts = parts.alerts?.(state?.alerts)
    this.ahead = this.ensemble && new Ahead()
  }

  get state(): MindState {
    return { ensemble: this.ensemble?.snapshot(), alerts: this.alerts?.snapshot() }
  }

  log(event: Event): void {
    this.ensemble?.log(event)
  }

  /**
   * Goes through a minute.
   * @param last no other can be gone through at present: what comes is worth looking at
   */
  begin(minute: number, observed: readonly Observation[], last: boolean): void {
    this.#minute = minute
    this.#last = last
    this.#observed = observed
    this.ensemble?.step(minute, observed)
    this.ahead?.at(minute)
    if (last || (this.ahead?.age ?? 0) >= AGED) this.#thinking = this.ensemble?.ahead(futureLeads)
  }

  /** Looks ahead for a while. @returns true where there is nothing (more) to look at */
  think(): boolean {
    if (this.#thinking === undefined || this.ensemble === undefined) return true
    if (!this.#thinking.advance(PIECE)) return false
    this.ahead?.take(this.#thinking.futures, this.#minute, this.ensemble)
    this.#thinking = undefined
    return true
  }

  /** After the zones were forecast. */
  end(streams: Iterable<Stream>): MinuteOutput | undefined {
    const { ensemble } = this
    if (this.alerts === undefined) return undefined
    const spoken = [...streams].filter((stream) => stream.said === this.#minute)
    const futures = this.ahead?.age === 0 ? this.ahead.futures : undefined
    // looking ahead costs more than all else: through a backlog it is enough now and then
    const looks = this.#last || this.#minute % LOOK === 0
    return this.alerts.minute((this.#minute + 1) * MINUTE, {
      estimates: spoken.map(({ zone, name, level }) => ({ zone, quantity: name, mean: level.mean })),
      ...(looks ? { forecasts: spoken.map(forecastOf) } : {}),
      ...(futures ? { futures: { leads: leadsInMs, members: (...of) => futures.members(...of) } } : {}),
      innovations: ensemble?.innovations ?? [],
      parameters: ensemble?.parameters ?? [],
      observed: this.#observed,
      machines: ensemble?.machines ?? [],
      guard: this.guard,
    })
  }

  /** What the twin goes by. @param ignored readings that did not come so far as the ensemble */
  model(t: number, ignored: TwinModel['ignored']): TwinModel {
    const { parameters = [], assumptions = [], ignored: doubted = [] } = this.ensemble ?? {}
    return { t, parameters, assumptions, ignored: [...doubted, ...ignored].sort((a, b) => b.t - a.t) }
  }
}

function forecastOf(stream: Stream) {
  return { zone: stream.zone, quantity: stream.name, forecast: stream.forecast() }
}

const leadsInMs = futureLeads.map((lead) => lead * MINUTE)
