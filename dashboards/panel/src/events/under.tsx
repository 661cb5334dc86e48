/** The events of a chart in words: those near the crosshair in full, else how many there are. */
import { moment } from '../model/mission.ts'
import { isOpen } from './entry.ts'
import type { Mark } from './marks.ts'

interface UnderProps {
  readonly marks: readonly Mark[]
  /** Where the crosshair is, ms. */
  readonly at: number | undefined
  readonly from: number
  readonly until: number
  readonly now: number
  readonly timezone: string
}

export function MarkWords({ marks, at, from, until, now, timezone }: UnderProps) {
  const shown = marks.filter(({ t }) => t >= from && t <= until)
  const reach = (until - from) / 80
  const near = at === undefined ? [] : shown.filter(({ t }) => Math.abs(t - at) <= reach)
  const newest = shown.at(-1)
  const words = (mark: Mark) => `${moment(mark.t, now, timezone)} ${mark.text}`
  return (
    <p class="ev-under" data-testid="chart-events" data-count={shown.length}>
      {near.length > 0 ? (
        near.map((mark) => <span key={mark.id}>{words(mark)}</span>)
      ) : (
        <>
          {newest && <span>{words(newest)}</span>}
          <button type="button" onClick={() => (isOpen.value = true)}>
            {shown.length === 0 ? 'Log an event' : `${shown.length} ${shown.length === 1 ? 'event' : 'events'} in view`}
          </button>
        </>
      )}
    </p>
  )
}
