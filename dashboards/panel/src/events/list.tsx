/** What was logged today, and what still waits to be taken by the habitat. */
import type { LoggedEvent } from '@habtwin/contract/event'
import { useState } from 'preact/hooks'
import { clock, moment } from '../model/mission.ts'
import { now, timezone } from '../state.ts'
import { withdraw, wordsOf } from './entry.ts'
import { KindSign } from './icons.tsx'
import { discard, waiting } from './queue.ts'
import { today } from './store.ts'

const at = (t: number) => moment(t, now.value, timezone.value)

/** Asked twice: a glove slips. */
function Withdraw({ event }: { event: LoggedEvent }) {
  const [sure, setSure] = useState(false)
  if (!sure) {
    return (
      <button type="button" aria-label={`Withdraw: ${wordsOf(event)}`} onClick={() => setSure(true)}>
        Withdraw
      </button>
    )
  }
  return (
    <span class="ev-sure">
      <button type="button" class="ev-yes" onClick={() => withdraw(event)}>
        Yes, it was wrong
      </button>
      <button type="button" onClick={() => setSure(false)}>
        Keep
      </button>
    </span>
  )
}

function WaitingRows() {
  return (
    <>
      {waiting.value.map(({ event, reason, refused }) => (
        <li key={event.id} class="ev-waiting" data-event={event.id} data-state={refused ? 'refused' : 'waiting'}>
          <KindSign kind={event.kind} />
          <span class="when">{at(event.t)}</span>
          <span class="what">
            {event.withdraws !== undefined && !event.text ? 'A withdrawal' : wordsOf(event)}
            <small>
              {refused ? 'not taken' : 'waiting to be sent, kept on this device'}
              {reason ? `: ${reason}` : ''}
            </small>
          </span>
          {refused && (
            <button type="button" onClick={() => discard(event.id)}>
              Discard
            </button>
          )}
        </li>
      ))}
    </>
  )
}

export function Today() {
  const gone = new Set(waiting.value.flatMap(({ event }) => event.withdraws ?? []))
  const sent = today.value.filter((event) => !waiting.value.some((one) => one.event.id === event.id))
  return (
    <section aria-labelledby="ev-today" data-testid="today">
      <h3 id="ev-today">Today</h3>
      {sent.length + waiting.value.length === 0 && <p class="empty">Nothing logged yet today.</p>}
      <ul class="ev-list">
        <WaitingRows />
        {sent.map((event) => (
          <li key={event.id} data-event={event.id} data-state={event.withdrawn ? 'withdrawn' : 'logged'}>
            <KindSign kind={event.kind} />
            <span class="when">{clock(event.t, timezone.value)}</span>
            <span class="what">
              {event.withdrawn ? <s>{wordsOf(event)}</s> : wordsOf(event)}
              <small>
                {event.by}
                {event.withdrawn && `; withdrawn by ${event.withdrawn.by}, ${at(event.withdrawn.t)}`}
              </small>
            </span>
            {!event.withdrawn && !gone.has(event.id) && <Withdraw event={event} />}
          </li>
        ))}
      </ul>
    </section>
  )
}
