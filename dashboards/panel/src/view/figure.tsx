/** One quantity of one zone: the value, how far it can be believed, and where it is heading. A click charts it. */
import { pointInfo } from '@habtwin/contract/points'
import { qualityWords } from '@habtwin/contract/quality'
import { levelOf } from '../model/alerts.ts'
import type { Figure } from '../model/figure.ts'
import { type Scale, scaled, span, words } from '../model/format.ts'
import { inAnHour, trendOf } from '../model/trend.ts'
import { chosen, figure, habitat, now, recent, scale } from '../state.ts'
import { LevelSign, TrendSign } from './icons.tsx'

/** What is said beside a value that is not simply good. */
function note({ standing, age, reason, devices }: Figure, large: boolean): string | undefined {
  if (standing === 'stale' && age !== null) return `stale ${span(age)}`
  if (standing === 'late' && age !== null) return `late ${span(age)}`
  if (standing === 'uncertain') {
    if (reason === undefined) return 'uncertain'
    // a small one has room for the reason alone; how the figure is drawn says the rest
    return large ? `uncertain: ${qualityWords(reason)}` : qualityWords(reason)
  }
  if (standing === 'bad') return qualityWords(reason ?? 'no-value')
  if (standing === 'none') return devices.length === 0 ? 'not measured' : words(reason ?? 'no reading yet')
  return undefined
}

function source({ devices, age }: Figure): string {
  if (devices.length === 0) return 'No instrument measures this here'
  const from = devices.length === 1 ? `From ${devices[0]}` : `Mean of ${devices.join(', ')}`
  return age === null ? from : `${from}, ${span(age)} ago`
}

/** The twin's median an hour from now. */
function Soon({ zone, quantity, unit }: { zone: string; quantity: string; unit: Scale }) {
  const soon = inAnHour(habitat.value.forecasts.get(`${zone}/${quantity}`), now.value)
  if (soon === undefined) return null
  return (
    <span class="soon" data-testid="in-an-hour">
      → {scaled(soon, unit)} <span>in 1 h</span>
    </span>
  )
}

export function FigureView({ zone, quantity, large = false }: { zone: string; quantity: string; large?: boolean }) {
  const shown = figure(zone, quantity)
  const unit = scale(quantity)
  const level = levelOf(habitat.value.alerts.values(), zone, quantity)
  const aside = note(shown, large)
  const label = pointInfo(quantity).label
  const samples = recent.value.get(`${zone}/${quantity}`) ?? []
  const trend = shown.standing === 'good' ? trendOf(quantity, samples) : undefined
  const isChosen =
    chosen.value?.zone === zone && chosen.value.quantity === quantity && chosen.value.device === undefined
  return (
    <button
      type="button"
      class={large ? 'figure large' : 'figure'}
      data-zone={zone}
      data-quantity={quantity}
      data-standing={shown.standing}
      data-level={level ?? 'nominal'}
      aria-pressed={isChosen}
      title={source(shown)}
      onClick={() => (chosen.value = { zone, quantity })}
    >
      <span class="label">
        {level && <LevelSign level={level} />}
        {label}
        {level && <em>{level}</em>}
        {trend && !large && <TrendSign trend={trend} />}
      </span>
      <span class="value">
        <b>{scaled(shown.value, unit)}</b>
        {shown.value !== null && <i>{unit.unit}</i>}
        {trend && large && <TrendSign trend={trend} />}
      </span>
      {aside && <span class="aside">{aside}</span>}
      {(shown.standing === 'good' || shown.standing === 'late') && <Soon zone={zone} quantity={quantity} unit={unit} />}
    </button>
  )
}
