/** What the twin says in an alert, in words for the crew: when a limit comes, and what is out of the ordinary. */
import type { Alert } from '@habtwin/contract/alert'
import type { Parameter, TwinModel } from '@habtwin/contract/twin'
import { ucum } from '@habtwin/contract/units'
import { lapse, lapses, number, odds, rough, words } from './format.ts'

type Forecast = NonNullable<Alert['forecast']>
type Anomaly = NonNullable<Alert['anomaly']>

/** `expected in 2 h 40 min (1 h 50 – 4 h 10), 80 % likely`, counted down to now. */
export function expected({ p10, p50, p90, odds: chance }: Forecast, t: number, now: number): string {
  const passed = Math.max(0, now - t)
  const when = p50 <= passed ? 'any moment now' : `in ${lapse(p50 - passed)}`
  return `expected ${when} (${lapses(p10 - passed, p90 - passed)}), ${odds(chance)} likely`
}

/** True of a figure that is a share of something; people are counted, in the same unit. */
function isShare(kind: Parameter['kind'] | undefined, unit: string): boolean {
  return unit === '1' && kind !== 'crew-load'
}

/** A figure of a parameter: a share as per cent. */
export function parameterFigure(value: number, unit: string, kind?: Parameter['kind']): string {
  return isShare(kind, unit) ? number(value * 100, 0) : rough(value)
}

export function parameterUnit(unit: string, kind?: Parameter['kind']): string {
  if (isShare(kind, unit)) return '%'
  return unit === '1' && kind === 'crew-load' ? 'people' : ucum(unit)
}

/** What may be behind findings that are no parameter of the model's, and where to look. */
const findings: Readonly<Record<string, string>> = {
  frozen: 'What stands still measures nothing: look at its air inlet, its power and its cable.',
  swapped: 'Compare both with a third instrument, and set right which hangs where.',
  unexplained: 'Something happens that nobody told the twin: look around there, and log what you find.',
}

const DRIFTS = 'It is trusted less by the day: compare it with another instrument, calibrate it or put in a new one.'

const kinds = ['leak', 'ventilation', 'crew-load', 'scrubber', 'exchange', 'crop', 'bias', 'heat'] as const
type Kind = Parameter['kind']

const labels: Readonly<Record<Kind, string>> = {
  leak: 'Leak',
  ventilation: 'Fresh air',
  'crew-load': 'What people give off',
  scrubber: 'CO₂ scrubber efficiency',
  exchange: 'Air between zones',
  crop: 'What the plants take up',
  bias: 'Deviation of the instrument',
  heat: 'Heat given off',
}

/** What may be behind it, and where to look: when it has grown, and when it has shrunk. */
const meanings: Readonly<Record<Kind, readonly [grown: string, shrunk: string]>> = {
  leak: [
    'More air gets out than before: look at seals, hatches and valves.',
    'Less air gets out than before: something was closed, or a seal holds again.',
  ],
  ventilation: [
    'More air is exchanged with the outside: a door, window or valve may be open.',
    'Less air is exchanged with the outside: a door, window or fan may have been shut.',
  ],
  'crew-load': [
    'More CO₂ is given off than the people who are known to be here explain: more of them, hard work, or something burns.',
    'Less CO₂ is given off than by the people who are said to be here: fewer of them, or they rest.',
  ],
  scrubber: [
    'It takes more CO₂ out of the air than before.',
    'It takes less CO₂ out of the air than it should: look at its fan, its filter and its sorbent.',
  ],
  exchange: [
    'More air passes between the zones: a door stands open, or a fan runs faster.',
    'Less air passes between the zones: a door was shut, or a fan stands still.',
  ],
  crop: [
    'The plants take up more CO₂ than before.',
    'The plants take up less CO₂ than before: look at lamps, water and leaves.',
  ],
  bias: [
    'It reads higher than its neighbours and the balance allow: trust it less, and compare it with another instrument.',
    'It reads lower than its neighbours and the balance allow: trust it less, and compare it with another instrument.',
  ],
  heat: ['More heat is given off than before.', 'Less heat is given off than before.'],
}

export interface Explained {
  /** `Leak: was 0.20, is 1.9 m³/h`; undefined where the alert's own sentence says so. */
  readonly change: string | undefined
  /** `clear evidence, 3.4 × the threshold`; undefined where it is plain. */
  readonly evidence: string | undefined
  readonly meaning: string | undefined
}

/** Evidence of just 1 is not weighed: it is seen, or it is not. */
function strength(evidence: number): string | undefined {
  if (evidence === 1) return undefined
  const word = evidence >= 4 ? 'overwhelming' : evidence >= 2 ? 'clear' : evidence >= 1.25 ? 'fair' : 'just enough'
  return `${word} evidence, ${rough(evidence)} × the threshold`
}

/** True where a text has each of these figures, rounded as it may be; times of day are none. */
function says(text: string, figures: readonly number[]): boolean {
  const found = text.replace(/\d+:\d\d/g, '').match(/\d[\d,]*(?:\.\d+)?/g) ?? []
  return figures.every((figure) =>
    found.some((one) => {
      const digits = one.split('.')[1]?.length ?? 0
      return Math.abs(Math.abs(figure) - Number(one.replaceAll(',', ''))) <= 0.5001 * 10 ** -digits
    }),
  )
}

/**
 * An anomaly in words.
 * @param text the alert's own
 * @param model where known, it has the parameter's own label
 */
export function explained(anomaly: Anomaly, text: string, model: TwinModel | undefined): Explained {
  const { parameter, from, to, unit, evidence } = anomaly
  const known = model?.parameters.find(({ id, label }) => id === parameter || label === parameter)
  const kind = known?.kind ?? kinds.find((one) => parameter === one || parameter.startsWith(`${one}/`))
  const label = known?.label ?? (kind === undefined ? parameter : labels[kind])
  const figure = (value: number) => parameterFigure(value, unit, kind)
  const factor = isShare(kind, unit) ? 100 : 1
  const [finding = ''] = parameter.split('/')
  // a rate of drift has no before; a finding's figures are only that it is so
  const isRate = unit.endsWith(' a day')
  const isChange = findings[finding] === undefined && !isRate
  return {
    change:
      isChange && !says(text, [factor * from, factor * to])
        ? `${label}: was ${figure(from)}, is ${figure(to)} ${parameterUnit(unit, kind)}`.trim()
        : undefined,
    evidence: strength(evidence),
    meaning: kind === undefined ? findings[finding] : isRate ? DRIFTS : meanings[kind][to > from ? 0 : 1],
  }
}

const reasons: Readonly<Record<string, string>> = {
  outlier: 'too far from what was expected',
  scale: 'as if in another unit',
  frozen: 'they do not move any more',
}

/** Why readings were not believed. */
export function disbelief(reason: string): string {
  return reasons[reason] ?? words(reason)
}
