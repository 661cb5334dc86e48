/**
 * Forecasts on made series: `node bench/forecasts.ts [--length 2400] [--seeds 1] [--only room]`. For each horizon: the
 * error as a share of that of persistence, that of the better of trend and AR(30), and the share of readings inside the
 * 90 % band. `!` is worse than persistence by over 3 %, `<` worse than trend or AR(30). The second half is scored.
 */
import { parseArgs } from 'node:util'
import { backtest, type Report } from '@habtwin/sim-core/twin/backtest/backtest'
import { names, series } from './support/series.ts'

const { values: given } = parseArgs({
  options: {
    length: { type: 'string', default: '2400' },
    seeds: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    horizons: { type: 'string', default: '5,15,30,60,180' },
  },
})
const horizons = given.horizons.split(',').map(Number)
const length = Number(given.length)

function judge(values: Float64Array): Report {
  const grid = { start: 0, step: 1, length: values.length, values: { co2: values }, remarks: [] }
  const run = backtest(grid, { horizons, from: Math.floor(length / 2) })
  for (;;) {
    const { done, value } = run.next()
    if (done) return value
  }
}

const pad = (text: string, n: number) => text.padStart(n)
process.stdout.write(`${''.padEnd(34)}${horizons.map((h) => pad(`${h} min: mae  ar30  cover`, 30)).join('')}\n`)
const whole = horizons.map(() => ({ gain: 0, regret: 0, lost: 0, wide: 0, narrow: 0, n: 0 }))
for (const name of names.filter((name) => given.only.split(',').some((part) => name.includes(part)))) {
  const seen = horizons.map(() => ({ mae: 0, ar: 0, cover: 0, stay: 0, n: 0, worst: 0 }))
  for (let seed = 1; seed <= Number(given.seeds); seed++) {
    const { co2 = {} } = judge(series(name, 1_000 * seed + 7, length))
    for (const [i, h] of horizons.entries()) {
      const line = co2[h]
      const sum = seen[i]
      if (!line || !sum) continue
      sum.mae += line.mae ?? 0
      sum.ar += Math.min(line.ar30 ?? 0, line.trend ?? 0)
      sum.stay += line.persistence ?? 0
      sum.cover += line.coverage90 ?? 0
      sum.worst = Math.max(sum.worst, (line.mae ?? 0) / (line.persistence || Number.POSITIVE_INFINITY))
      sum.n++
    }
  }
  for (const [i, { mae, ar, stay, cover, n, worst }] of seen.entries()) {
    const sum = whole[i]
    if (!sum || stay === 0) continue
    sum.gain += Math.log(mae / stay)
    sum.regret += Math.max(0, Math.log(mae / Math.min(ar, stay)))
    if (worst > 1.03) sum.lost++
    if (cover > 0.95 * n) sum.wide++
    if (cover < 0.85 * n) sum.narrow++
    sum.n++
  }
  const text = seen.map(({ mae, ar, cover, stay, n, worst }) => {
    const share = (x: number) => (stay === 0 ? (x === 0 ? '=' : 'worse') : (x / stay).toFixed(3))
    const flags = `${worst > 1.03 ? `!${worst.toFixed(2)}` : '     '}${mae > ar ? '<' : ' '}`
    return pad(`${share(mae)} ${share(ar)} ${((100 * cover) / n).toFixed(0)}%${flags}`, 30)
  })
  process.stdout.write(`${name.padEnd(34)}${text.join('')}\n`)
}
const summary = whole.map(({ gain, regret, lost, wide, narrow, n }) => {
  const mean = (sum: number) => Math.exp(sum / n).toFixed(3)
  return pad(`${mean(gain)} +${mean(regret).slice(1)} !${lost} ${narrow}<>${wide}`, 30)
})
process.stdout.write(`${'all: mae, regret, lost, bands'.padEnd(34)}${summary.join('')}\n`)
