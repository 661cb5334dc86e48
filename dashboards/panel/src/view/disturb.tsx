/** The demo's hands: break something, and watch what the guard and the twin make of it. */
import { disturb, setting } from '../link/actions.ts'
import type { Choices } from '../model/about.ts'
import { controlWords, type Setting, SOMETHING, settingOf } from '../model/disturb.ts'
import { connection, habitat, readbacks } from '../state.ts'

interface ControlProps {
  readonly device: string
  readonly point: string
  readonly choices: Choices
}

function Control({ device, point, choices }: ControlProps) {
  const { title, hint, option } = controlWords(point)
  const current = settingOf(point, choices, readbacks.value.get(point), habitat.value.readings.get(device))
  const busy = setting.value === point || connection.value === 'offline'
  const changed = current !== choices[0]
  const set = (value: Setting) => void disturb(device, point, value)
  return (
    <fieldset class={changed ? 'control changed' : 'control'} data-disturb={point} data-value={String(current)}>
      <legend>{title}</legend>
      {choices.length > 3 ? (
        <select
          aria-label={title}
          disabled={busy}
          value={String(current)}
          onChange={(event) => {
            const picked = choices.find((choice) => String(choice) === event.currentTarget.value)
            if (picked !== undefined) set(picked)
          }}
        >
          {current === SOMETHING && <option value={SOMETHING}>One is unplugged</option>}
          {choices.map((choice) => (
            <option key={choice} value={String(choice)}>
              {option(choice, choice === current)}
            </option>
          ))}
        </select>
      ) : (
        <div class="choices">
          {choices.map((choice) => (
            <button
              key={choice}
              type="button"
              aria-pressed={choice === current}
              disabled={busy}
              data-value={String(choice)}
              onClick={() => choice !== current && set(choice)}
            >
              {option(choice, choice === current)}
            </button>
          ))}
        </div>
      )}
      {hint && <p class="quiet">{hint}</p>}
    </fieldset>
  )
}

export function Disturb({ device, points }: { device: string; points: Readonly<Record<string, Choices>> }) {
  return (
    <section class="card disturb" aria-labelledby="disturb-title" data-testid="disturb">
      <h2 id="disturb-title">Disturb the habitat</h2>
      <p class="quiet">Nobody is harmed: it is virtual. Watch the figures, the forecast and the alerts.</p>
      {Object.entries(points).map(([point, choices]) => (
        <Control key={point} device={device} point={point} choices={choices} />
      ))}
    </section>
  )
}
