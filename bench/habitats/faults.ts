/** What goes wrong in a habitat, when, and what it should be called. */
import { chance } from '../../gateway/src/virtual/chance.ts'
import type { Controls } from '../../gateway/src/virtual/state.ts'
import type { Built } from './build.ts'
import type { Drift, Living } from './living.ts'

const HOUR = 60
/** Hours after the first reading between which faults begin. */
const FIRST = 30
const LAST = 54

export const faultNames = ['leak', 'scrubber', 'spent', 'crew', 'drift'] as const
export type FaultName = (typeof faultNames)[number]

export interface Fault {
  readonly name: FaultName
  /** Minutes after the first reading. */
  readonly at: number
  /** How long it is watched, minutes. */
  readonly watch: number
  /** The kind of parameter, as the contract has it, and the instrument where it is one. */
  readonly kind: string
  readonly device?: string
  apply(living: Living): void
  /** False as long as nobody could tell: a scrubber that rests has not failed yet. */
  shows(living: Living): boolean
}

export function faultsOf(built: Built): Fault[] {
  const any = (name: string) => chance(built.seed, `bench/${name}`)()
  const at = (name: FaultName) => FIRST * HOUR + Math.floor(any(`${name}/at`) * (LAST - FIRST) * HOUR)
  const sets = (controls: Partial<Controls>) => (living: Living) => {
    Object.assign(living.habitat.state.controls, controls)
  }
  const always = () => true
  const needed = (living: Living) => living.habitat.state.scrubbing
  const watch = 12 * HOUR
  const faults: Fault[] = [
    { name: 'leak', at: at('leak'), watch, kind: 'leak', apply: sets({ leak: 'worn' }), shows: always },
    {
      name: 'scrubber',
      at: at('scrubber'),
      watch,
      kind: 'scrubber',
      apply: sets({ scrubber: 'failed' }),
      shows: needed,
    },
    { name: 'spent', at: at('spent'), watch, kind: 'scrubber', apply: sets({ scrubber: 'spent' }), shows: needed },
    {
      name: 'crew',
      at: waking(built, any('crew/at')),
      watch,
      kind: 'crew-load',
      apply: sets({ visitors: 2 }),
      shows: always,
    },
  ]
  // with one instrument nobody can say whether it drifts or the air does
  if (built.kind === 'whole') faults.push(drift(built, at('drift'), any))
  return faults
}

function drift({ begin }: Built, at: number, any: (name: string) => number): Fault {
  const device = `crew-air-${1 + Math.floor(any('drift/device') * 3)}`
  const rate = any('drift/sign') < 0.5 ? -0.05 : 0.05
  const drift: Drift = { device, point: 'co2', since: begin + at * 60_000, rate }
  const apply = (living: Living) => {
    living.drift = drift
  }
  return { name: 'drift', at, watch: 24 * HOUR, kind: 'bias', device, apply, shows: () => true }
}

/** Nobody comes to visit at night: any minute from eight in the morning to nine in the evening. */
function waking({ begin }: Built, chance: number): number {
  // Arizona is seven hours behind UTC all year
  const first = begin / 3_600_000 - 7 + FIRST
  const hour = 8 + chance * 13
  const ahead = (((hour - first) % 24) + 24) % 24
  return Math.floor((FIRST + ahead) * HOUR)
}
