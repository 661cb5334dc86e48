/** Alerts in the order in which a person should read them, and the headline over all. */
import type { Alert, Level } from '@habtwin/contract/alert'

/** From worst to mildest; contract/src/alert.ts has the same, beside a schema that the page does without. */
export const levels: readonly Level[] = ['emergency', 'warning', 'caution', 'advisory']

/** 0 is the worst; a level of a newer habtwin counts as the worst too, so that it is seen. */
function severity(level: Level): number {
  return Math.max(0, levels.indexOf(level))
}

/** Worst first; among equals those not yet acknowledged, then the newest. */
export function sortAlerts(alerts: Iterable<Alert>): Alert[] {
  return [...alerts].sort(
    (a, b) =>
      severity(a.level) - severity(b.level) ||
      Number(a.acknowledged !== undefined) - Number(b.acknowledged !== undefined) ||
      b.since - a.since ||
      a.id.localeCompare(b.id),
  )
}

/** The worst level among some alerts. */
export function worst(alerts: Iterable<Alert>): Level | undefined {
  return sortAlerts(alerts)[0]?.level
}

/**
 * The level that colours a zone's quantity. An alert of the twin about what will come does not colour what is:
 * it is in the list, and in the forecast.
 */
export function levelOf(alerts: Iterable<Alert>, zone: string, quantity: string): Level | undefined {
  return worst([...alerts].filter((a) => a.zone === zone && a.quantity === quantity && a.source === 'guard'))
}

/** The worst level in a zone, of any source. */
export function zoneLevel(alerts: Iterable<Alert>, zone: string): Level | undefined {
  return worst([...alerts].filter((a) => a.zone === zone))
}

const plurals: Readonly<Record<Level, readonly [one: string, many: string]>> = {
  emergency: ['emergency', 'emergencies'],
  warning: ['warning', 'warnings'],
  caution: ['caution', 'cautions'],
  advisory: ['advisory', 'advisories'],
}

/** The worst level's number, and how many more there are: `2 warnings + 1 more`; undefined where there is none. */
export function counts(alerts: Iterable<Alert>): string | undefined {
  const all = [...alerts]
  const level = worst(all)
  if (level === undefined) return undefined
  const n = all.filter((a) => a.level === level).length
  const more = all.length - n
  return `${n} ${plurals[level][n === 1 ? 0 : 1]}${more === 0 ? '' : ` + ${more} more`}`
}

/** The level whose tone sounds: the worst that nobody has acknowledged. */
export function sounding(alerts: Iterable<Alert>): Level | undefined {
  return worst([...alerts].filter((a) => a.acknowledged === undefined))
}
