/** Who is examined: what a twin is given, and what it is asked. */
import type { Built } from './build.ts'
import type { Living } from './living.ts'

export interface Observation {
  readonly device: string
  readonly zone: string
  readonly point: string
  readonly value: number
  readonly trust: 'good' | 'uncertain'
}

/** A hidden figure as the subject knows it. */
export interface Figure {
  readonly mean: number
  readonly sd: number
  readonly p05: number
  readonly p95: number
  /** Before any reading was seen. */
  readonly prior: { readonly mean: number; readonly sd: number }
}

/** m³/h; people; share of the CO2 that passes. */
export const figures = ['leak', 'crew', 'scrubber'] as const
export type FigureName = (typeof figures)[number]

export interface Bands {
  readonly p05: ArrayLike<number>
  readonly p50: ArrayLike<number>
  readonly p95: ArrayLike<number>
}

/** Something out of the ordinary that the subject raises. */
export interface Finding {
  /** The same as long as it is the same alert. */
  readonly id: string
  /** What it says has moved: a kind of parameter, `bias` for an instrument. */
  readonly kind: string
  readonly device?: string | undefined
  readonly text: string
}

export interface Subject {
  /** @param minute whole minutes since the epoch, of which these are the means */
  step(minute: number, observed: readonly Observation[]): void
  figures(): Partial<Record<FigureName, Figure>>
  /** What an ideal instrument would read, by `zone/quantity`, at leads in minutes. */
  forecast(leads: readonly number[]): ReadonlyMap<string, Bands>
  /** What is active. */
  findings(): readonly Finding[]
  /** Another one that goes on from here in a copy of the habitat; undefined where it cannot be copied. */
  fork(living: Living): Subject | undefined
}

/** @param living for those who may know all: to test the examination itself */
export type MakeSubject = (built: Built, living: Living) => Subject
