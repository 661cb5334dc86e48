/** What everybody has to see at once, on every page: words on the safety channel, and that the simulation is off. */
import { moment } from '../model/mission.ts'
import { timezone } from '../state.ts'
import { emergency, linkNow, markRead, unread } from './store.ts'

export function MissionBanner() {
  const off = emergency.value
  const news = unread.value
  const at = (t: number) => moment(t, linkNow.value, timezone.value)
  const [newest] = news
  return (
    <>
      {newest && (
        <div class="banner mi-safety" role="alert" data-testid="safety-news">
          <span>
            <strong>
              {newest.by} ({newest.side === 'crew' ? 'crew' : 'mission control'}), {at(newest.t)}, real time:
            </strong>{' '}
            <span class="mi-text">{newest.text}</span>
            {news.length > 1 && (
              <>
                {' '}
                <a href="#/link">and {news.length - 1} more</a>
              </>
            )}
          </span>
          <button type="button" onClick={markRead}>
            Read
          </button>
        </div>
      )}
      {off && (
        <div class="banner bad" role="status" data-testid="emergency">
          <span>
            <strong>
              Emergency since {at(off.since)}, by {off.by}:
            </strong>{' '}
            simulated delay, contact windows and budget are off. <a href="#/link">To the switch</a>
          </span>
        </div>
      )}
    </>
  )
}
