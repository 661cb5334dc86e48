/** What stands behind the options of `habtwin backtest`. Imports nothing that would make every command start later. */
import { InvalidArgumentError } from 'commander'

/** `15,30,60`, in minutes, ascending. */
export function horizons(text: string): number[] {
  const minutes = text.split(',').map((one) => (/^\s*\d+(\.\d+)?\s*$/.test(one) ? Number(one) : Number.NaN))
  if (minutes.every((one) => one > 0 && one <= 43_200)) return [...new Set(minutes)].sort((a, b) => a - b)
  throw new InvalidArgumentError('Write minutes divided by commas, as 15,30,60; none longer than 30 days (43200).')
}
