/** What there is to know about an instrument's values: which cannot be believed, and how they were calibrated. */
import { overdue } from '@habtwin/contract/calibrate'
import type { DeviceInfo } from '@habtwin/contract/device'
import { pointInfo } from '@habtwin/contract/points'
import { qualityWords } from '@habtwin/contract/quality'
import type { Reading } from '@habtwin/contract/reading'

/** Points with one thing to be said of all of them. */
export interface Remark {
  readonly kind: 'bad' | 'uncertain' | 'calibrated' | 'overdue'
  /** `CO₂, Humidity` */
  readonly what: string
  readonly text: string
}

/** What is the matter with the values of a reading: those that are missing first. */
export function doubts(info: DeviceInfo, reading: Reading | undefined): Remark[] {
  if (reading === undefined) return []
  const found: [kind: Remark['kind'], point: string, text: string][] = []
  for (const [point, value] of Object.entries(reading.values)) {
    const quality = reading.quality?.[point]
    if (value === null) found.push(['bad', point, qualityWords(quality ?? 'bad:no-value')])
    else if (quality !== undefined) found.push(['uncertain', point, qualityWords(quality)])
  }
  found.sort(([a], [b]) => a.localeCompare(b))
  return together(info, found, Object.keys(reading.values).length)
}

/** When its points were calibrated and by whom, and where that is overdue. @param now ms of the habitat's clock */
export function calibrations(info: DeviceInfo, now: number): Remark[] {
  const found: [kind: Remark['kind'], point: string, text: string][] = []
  for (const [point, { calibration }] of Object.entries(info.points)) {
    if (calibration === undefined) continue
    const { date, by, due } = calibration
    const done = [date, by && `by ${by}`].filter(Boolean).join(' ')
    found.push(['calibrated', point, done])
    if (overdue(calibration, now)) found.push(['overdue', point, `calibration was due ${due}`])
  }
  return together(info, found, Object.keys(info.points).length)
}

/** @param all how many points there are: where they have one thing in common, they are not named one by one */
function together(
  info: DeviceInfo,
  found: readonly [kind: Remark['kind'], point: string, text: string][],
  all: number,
): Remark[] {
  const groups = new Map<string, { kind: Remark['kind']; text: string; labels: string[] }>()
  for (const [kind, point, text] of found) {
    const key = `${kind} ${text}`
    const group = groups.get(key) ?? { kind, text, labels: [] }
    group.labels.push(info.points[point]?.label ?? pointInfo(point).label)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ kind, text, labels }) => ({
    kind,
    text,
    what: all > 1 && labels.length === all ? 'All values' : labels.join(', '),
  }))
}
