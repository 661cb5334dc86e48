/** Before something is sent far away: when it will be there. */
import { moment } from '../model/mission.ts'
import { timezone } from '../state.ts'
import { delayText, wayOf } from './model.ts'
import { linkNow, links, side } from './store.ts'

/** At mission control, how far away the habitat is; nothing where it is at hand. */
export function WayNote() {
  const link = links.value.find(({ plan }) => plan !== undefined)
  const way = link && wayOf(link, side.value, linkNow.value)
  if (side.value === 'crew' || way === undefined || link === undefined) return null
  const at = (t: number) => moment(t, linkNow.value, timezone.value)
  return (
    <p class="quiet" data-testid="way-note">
      The habitat is {delayText(link.delay)} away. Sent now it arrives at {at(way.arrives)}; earliest answer{' '}
      {at(way.answer)}. What is shown of it is as old as its light.
    </p>
  )
}
