/** What is wrong now, with what to do about it; and below, what was. */
import type { Alert } from '@habtwin/contract/alert'
import { pointInfo } from '@habtwin/contract/points'
import { signal } from '@preact/signals'
import { acknowledge } from '../link/actions.ts'
import { sortAlerts } from '../model/alerts.ts'
import { expected, explained } from '../model/explained.ts'
import { glued, span, withUnit, words } from '../model/format.ts'
import { moment } from '../model/mission.ts'
import { connection, habitat, history, now, scale, timezone, zones } from '../state.ts'
import { checklist } from './checklist.tsx'
import { LevelSign } from './icons.tsx'

/** An alert of the twin may be of the whole habitat. */
const zoneLabel = (id: string) => zones.value.get(id)?.label ?? (id === 'habitat' ? 'Habitat' : id)
const at = (t: number) => moment(t, now.value, timezone.value)

/** `4,560 ppm, limit 3,947 ppm` */
function figures({ quantity, value, limit, text }: Alert): string {
  const unit = scale(quantity)
  // A bare number (smoke: 1) says nothing that the text does not.
  if (unit.unit === '') return ''
  const parts = []
  if (value !== null && value !== limit) parts.push(withUnit(value, unit))
  if (limit !== null) {
    const shown = withUnit(limit, unit)
    // The sentence has them already, unless the viewer reads in another unit.
    if (text.includes(shown)) return ''
    parts.push(`limit ${shown}`)
  }
  return parts.join(', ')
}

/** Where it comes from: what is measured now, what will be, or what the twin found odd. */
function kindOf({ source, anomaly, forecast, text, since }: Alert): string {
  if (anomaly !== undefined) return `out of the ordinary${text.includes('since') ? '' : ` since ${at(since)}`}`
  return source === 'twin' && forecast !== undefined ? 'forecast' : `since ${at(since)}`
}

/** When a limit comes, counted down; what moved, how sure that is, and where to look. */
function Twin({ alert: { forecast, anomaly, text, t } }: { alert: Alert }) {
  if (anomaly !== undefined) {
    const { change, evidence, meaning } = explained(anomaly, text, habitat.value.twinModel)
    return (
      <div class="why" data-testid="anomaly">
        {meaning && <p>{glued(meaning)}</p>}
        {(change ?? evidence) !== undefined && (
          <p class="quiet">
            {change !== undefined && <b>{glued(change)}</b>}
            {change !== undefined && evidence !== undefined && ' · '}
            {evidence !== undefined && glued(evidence)}
          </p>
        )}
      </div>
    )
  }
  if (forecast === undefined) return null
  return (
    <p class="why" data-testid="expected" aria-live="off">
      {glued(expected(forecast, t, now.value))}
    </p>
  )
}

function AlertRow({ alert }: { alert: Alert }) {
  const { id, level, acknowledged } = alert
  return (
    <li class="alert" data-alert={id} data-level={level} data-acknowledged={acknowledged !== undefined}>
      <LevelSign level={level} />
      <div class="what">
        <p class="kind">
          <b>{level}</b>
          <span>{zoneLabel(alert.zone)}</span>
          <span>{kindOf(alert)}</span>
          <span>{figures(alert)}</span>
        </p>
        <p class="text">{glued(alert.text)}</p>
        <Twin alert={alert} />
        {acknowledged && (
          <p class="acknowledged">
            acknowledged by {acknowledged.by}, {at(acknowledged.t)}
          </p>
        )}
      </div>
      <div class="acts">
        {alert.checklist && (
          <button type="button" onClick={() => (checklist.value = alert.checklist)}>
            Checklist
          </button>
        )}
        {!acknowledged && (
          <button
            type="button"
            class="primary"
            disabled={connection.value === 'offline'}
            aria-label={`Acknowledge: ${alert.text}`}
            onClick={() => acknowledge(id)}
          >
            Acknowledge
          </button>
        )}
      </div>
    </li>
  )
}

/** Nothing at all where nothing is wrong: quiet is the sign of health. Brief on pages where one does something else. */
export function ActiveAlerts({ brief = false }: { brief?: boolean }) {
  const alerts = sortAlerts(habitat.value.alerts.values())
  if (alerts.length === 0) return null
  return (
    <section aria-label="Active alerts" data-testid="alerts">
      <ul class={brief ? 'alerts brief' : 'alerts'}>
        {alerts.map((alert) => (
          <AlertRow key={alert.id} alert={alert} />
        ))}
      </ul>
    </section>
  )
}

function before(active: number): string {
  if (active === 0) return 'None. What comes up and goes is listed here.'
  return `${active} ${active === 1 ? 'is' : 'are'} active, above. None before.`
}

/** What it was about, in two words; the text of an alert that is over says only that it is. */
function was({ id, zone, quantity, device }: Alert): string {
  if (quantity === 'device') return `${habitat.value.infos.get(device ?? '')?.label ?? device} was silent`
  if (quantity === 'sim') return 'Store and twin were silent'
  const kind = id.startsWith(`${zone}-${quantity}-`) ? id.slice(zone.length + quantity.length + 2) : ''
  const what = `${pointInfo(quantity).label} ${words(kind)}`.trim()
  return what.charAt(0).toUpperCase() + what.slice(1)
}

const all = signal(false)
const FEW = 6

export function AlertHistory() {
  const past = [...history.value].filter((alert) => !alert.active).sort((a, b) => b.since - a.since)
  const active = habitat.value.alerts.size
  const shown = all.value ? past : past.slice(0, FEW)
  return (
    <section class="card" aria-labelledby="history-title" data-testid="alert-history">
      <h2 id="history-title">Alerts of the last 7 days</h2>
      {past.length === 0 && <p class="empty">{before(active)}</p>}
      <ul class="past">
        {shown.map((alert) => (
          <li key={`${alert.id}${alert.t}`} data-level={alert.level}>
            <LevelSign level={alert.level} />
            <span class="when">{at(alert.since)}</span>
            <span class="text">
              <b>{alert.level}</b> {was(alert)}
            </span>
            <span class="quiet">
              {zoneLabel(alert.zone)} · over after {span(alert.t - alert.since)}
              {alert.acknowledged ? ` · ${alert.acknowledged.by}` : ''}
            </span>
          </li>
        ))}
      </ul>
      {past.length > FEW && (
        <button type="button" onClick={() => (all.value = !all.value)}>
          {all.value ? 'Show fewer' : `Show all ${past.length}`}
        </button>
      )}
    </section>
  )
}
