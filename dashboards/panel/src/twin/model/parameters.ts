/** What the twin has found out of what nobody measures: where a figure lies by now, and where it was thought to lie. */
import type { Parameter } from '@habtwin/contract/twin'

/** 90 of 100 lie within so many standard deviations of a normal distribution. */
const NINETY = 1.645

/** Where things lie on a parameter's own scale, per cent from its left end. */
export interface Spread {
  readonly prior: readonly [from: number, to: number]
  readonly band: readonly [from: number, to: number]
  readonly mean: number
  /** 0, where it is on the scale. */
  readonly zero: number | undefined
}

/** The 90 % interval before any reading was seen; only an instrument's deviation and heat may lie below 0. */
export function priorBand({ prior: { mean, sd }, kind }: Parameter): [number, number] {
  const low = mean - NINETY * sd
  return [kind === 'bias' || kind === 'heat' ? low : Math.max(0, low), mean + NINETY * sd]
}

export function spreadOf(parameter: Parameter): Spread {
  const prior = priorBand(parameter)
  const { p05, p95, mean } = parameter
  const [least, most] = [Math.min(prior[0], p05), Math.max(prior[1], p95)]
  const air = (most - least) * 0.06 || Math.abs(mean) || 1
  const [from, to] = [least === 0 ? 0 : least - air, most + air]
  const at = (value: number) => (100 * (value - from)) / (to - from)
  return {
    prior: [at(prior[0]), at(prior[1])],
    band: [at(p05), at(p95)],
    mean: at(mean),
    zero: from <= 0 && to >= 0 ? at(0) : undefined,
  }
}

/** How much of the doubt is left, in words. */
export function knowledge({ sd, prior }: Parameter): string {
  const left = prior.sd > 0 ? sd / prior.sd : 1
  if (left <= 0.25) return 'well known'
  if (left <= 0.5) return 'known'
  return left < 0.9 ? 'partly known' : 'as assumed: the readings do not tell'
}

export interface Group {
  /** A zone's id; `instruments` for deviations of instruments, undefined for the whole habitat. */
  readonly of: string | undefined
  readonly parameters: readonly Parameter[]
}

/** The habitat's own first, then zone by zone, the instruments last. */
export function grouped(parameters: readonly Parameter[], zones: readonly string[]): Group[] {
  const isBias = ({ kind }: Parameter) => kind === 'bias'
  const named = parameters.filter((one) => !isBias(one))
  const groups: Group[] = [
    { of: undefined, parameters: named.filter(({ zone }) => zone === undefined || !zones.includes(zone)) },
    ...zones.map((of) => ({ of, parameters: named.filter(({ zone }) => zone === of) })),
    { of: 'instruments', parameters: parameters.filter(isBias) },
  ]
  return groups.filter(({ parameters }) => parameters.length > 0)
}
