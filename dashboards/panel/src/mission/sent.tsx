/** At mission control: what was sent to the habitat, where it is, and what became of it. */
import { signal } from '@preact/signals'
import { get } from '../link/rest.ts'
import { moment } from '../model/mission.ts'
import { timezone } from '../state.ts'
import { useEvery } from '../view/every.ts'
import { deed } from './confirm.tsx'
import { sentState, type ToldCommand } from './model.ts'
import { linkNow } from './store.ts'

const sent = signal<readonly ToldCommand[]>([])
const AGAIN = 5_000
const SHOWN = 20

async function look(): Promise<void> {
  try {
    sent.value = (await get<{ commands: readonly ToldCommand[] }>('api/commands', { limit: SHOWN })).commands
  } catch {
    // what was told last stands; the page says elsewhere that nobody answers
  }
}

export function SentCard() {
  useEvery(AGAIN, look)
  const at = (t: number) => moment(t, linkNow.value, timezone.value)
  return (
    <section class="card mi-sent" aria-labelledby="mi-sent-title" data-testid="sent">
      <h2 id="mi-sent-title">Commands to the habitat</h2>
      {sent.value.length === 0 ? (
        <p class="quiet">None was sent yet.</p>
      ) : (
        <ul>
          {sent.value.map((one) => (
            <li key={one.id} data-state={one.state}>
              <b>{deed({ device: one.device ?? '', point: one.point ?? '', value: one.value ?? '' })}</b>
              <span>{sentState(one, linkNow.value, at)}</span>
              <span class="quiet">
                {one.by}
                {one.journey ? `, sent ${at(one.journey.sent)}` : one.t === undefined ? '' : `, ${at(one.t)}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
