/** The limits of a zone's quantity, as they are drawn. */
import type { ZoneAbout } from './about.ts'
import { span } from './format.ts'

export interface Limit {
  readonly level: string
  /** What is written on its line. */
  readonly label: string
  readonly value: number
}

const HOUR = 3_600_000

export function limitsOf(zone: ZoneAbout | undefined, quantity: string): Limit[] {
  return Object.entries(zone?.limits?.[quantity] ?? {}).flatMap(([level, bound]) => {
    const label =
      bound?.mean === undefined ? level : `${level} (mean of ${bound.mean === HOUR ? '1 h' : span(bound.mean)})`
    return [bound?.above, bound?.below].flatMap((value) => (value === undefined ? [] : [{ level, label, value }]))
  })
}
