/** What is written after the options of `user`, read. */
import { type GivenRole, givenRoles } from '@habtwin/runtime/access'
import { InvalidArgumentError } from 'commander'

export function role(text: string): GivenRole {
  const found = givenRoles.find((one) => one === text)
  if (found === undefined) throw new InvalidArgumentError(`It is one of ${givenRoles.join(', ')}.`)
  return found
}

const units: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000, d: 86_400_000 }

/** ms of `30 d`, `90d`, `12h`. */
export function span(text: string): number {
  const [, figure, unit = ''] = /^\s*(\d+)\s*(min|h|d)\s*$/.exec(text) ?? []
  const ms = Number(figure) * (units[unit] ?? Number.NaN)
  if (!(ms > 0 && ms <= 3_650 * 86_400_000)) throw new InvalidArgumentError('It is a time, as in 30d or 12h.')
  return ms
}
