/** The safety channel: one box to write in, and what was said. */
import { useState } from 'preact/hooks'
import { InTheNameOf } from '../login/button.tsx'
import { moment } from '../model/mission.ts'
import { person, timezone } from '../state.ts'
import { busy, linkNow, outcome, said, say, side } from './store.ts'

const SHOWN = 50

export function SafetyCard() {
  const [text, setText] = useState('')
  const [tried, setTried] = useState(false)
  const send = async () => {
    setTried(true)
    if (await say(text.trim())) setText('')
  }
  const ready = text.trim() !== '' && person.value.trim() !== '' && !busy.value
  return (
    <section class="card mi-channel" aria-labelledby="mi-safety-title" data-testid="safety">
      <h2 id="mi-safety-title">Safety channel (real time, outside the simulation)</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) void send()
        }}
      >
        <label>
          To {side.value === 'crew' ? 'mission control' : 'the crew'}: at once, whatever delay is simulated
          <textarea
            name="text"
            rows={2}
            maxLength={2_000}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <InTheNameOf name={person.value} onName={(name) => (person.value = name)} />
        <button type="submit" class="primary" disabled={!ready}>
          Send in real time
        </button>
      </form>
      <div role="status">
        {tried && outcome.value && !outcome.value.good && <p class="wrong">{outcome.value.text}</p>}
      </div>
      {said.value.length === 0 ? (
        <p class="quiet">Nothing was said yet.</p>
      ) : (
        <ul class="mi-said">
          {said.value.slice(0, SHOWN).map((one) => (
            <li key={one.id} data-side={one.side}>
              <span class="quiet">
                {moment(one.t, linkNow.value, timezone.value)} · {one.by} ·{' '}
                {one.side === 'crew' ? 'crew' : 'mission control'}
              </span>
              <span class="mi-text">{one.text}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
