/** Before something is sent far away: when it will be there. */
import { moment } from '../model/mission.ts'
import { now, timezone } from '../state.ts'
import { delayText, wayOf } from './model.ts'
import { links, side } from './store.ts'

/** At mission control, how far away the habitat is; nothing where it is at hand. */
export function WayNote() {
  const link = links.value.find(({ plan }) => plan !== undefined)
  const way = link && wayOf(link, side.value, now.value)
  if (side.value === 'crew' || way === undefined || link === undefined) return null
  const at = (t: number) => moment(t, now.value, timezone.value)
  return (
    <p class="quiet" data-testid="way-note">
      The habitat is {delayText(link.delay)} away. Sent now it arrives at {at(way.arrives)}; earliest answer{' '}
      {at(way.answer)}. What is shown of it is as old as its light.
    </p>
  )
}
