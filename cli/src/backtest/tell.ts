/** A report in words: a table for each quantity. */
import { pointInfo, ucum } from '@habtwin/contract'
import type { Line, Report } from '@habtwin/sim-core/twin/backtest/backtest'
import { whole } from '../run/words.ts'
import { type Row, table } from '../table.ts'

const HEADER: Row = ['min ahead', 'n', 'mae', 'crps', '90 % band', 'width', 'persistence', 'trend', 'ar30', 'skill']

/** Four digits that say something; nothing where there is no figure. */
function digits(value: number | null): string {
  return value === null ? '–' : String(Number(value.toPrecision(4)))
}

function percent(value: number | null): string {
  return value === null ? '–' : `${(100 * value).toFixed(1)} %`
}

export function tell(report: Report): string {
  const right = new Set(HEADER.keys())
  const rows = (lines: Record<number, Line>): Row[] =>
    Object.entries(lines).map(([minutes, line]) => [
      minutes,
      whole(line.n),
      digits(line.mae),
      digits(line.crps),
      percent(line.coverage90),
      digits(line.width),
      digits(line.persistence),
      digits(line.trend),
      digits(line.ar30),
      percent(line.skill),
    ])
  return Object.entries(report)
    .map(([point, lines]) => {
      const { label, unit } = pointInfo(point)
      const title = ucum(unit) === '' ? label : `${label}, ${ucum(unit)}`
      return `${title}\n${table([HEADER, ...rows(lines)], right)}`
    })
    .join('\n\n')
}
