/** Everything that can be switched or set, and how it stands. Nothing is set from here: each has a dialog of its own. */
import { clock } from '../model/mission.ts'
import { connection, timezone, zones } from '../state.ts'
import { ControlDialog } from './dialog.tsx'
import { type Handle, valueText } from './model.ts'
import { currentOf, handles, keyOf, open, openControl, stateOf } from './store.ts'

function Row({ handle }: { handle: Handle }) {
  const { declared, label, zone } = handle
  const state = stateOf(handle)
  const value = currentOf(handle)
  const at = (t: number) => clock(t, timezone.value)
  return (
    <li data-control={keyOf(handle)} data-value={String(value)}>
      <div class="ct-what">
        <b>{label}</b>
        <span class="quiet">{zones.value.get(zone)?.label ?? zone}</span>
      </div>
      <div class="ct-is">
        <b>{valueText(declared, value)}</b>
        {state?.by !== undefined && state.since !== undefined && (
          <span class="quiet">
            set to {valueText(declared, state.value)} by {state.by === 'gateway' ? 'the gateway' : state.by},{' '}
            {at(state.since)}
          </span>
        )}
        {state?.until !== undefined && (
          <span class="quiet">
            back to {valueText(declared, declared.safe)} at {at(state.until)} unless it is set again
          </span>
        )}
        {state?.refused !== undefined && <span class="ct-locked">Locked: {state.refused}</span>}
      </div>
      <button
        type="button"
        class="ct-change"
        disabled={connection.value === 'offline'}
        onClick={() => openControl(handle)}
      >
        Change …
      </button>
    </li>
  )
}

export function Controls() {
  const all = handles.value
  if (all.length === 0) return null
  const opened = all.find((handle) => keyOf(handle) === open.value)
  return (
    <section class="card controls" aria-labelledby="controls-title" data-testid="controls">
      <h2 id="controls-title">Switches and set-points</h2>
      <ul>
        {all.map((handle) => (
          <Row key={keyOf(handle)} handle={handle} />
        ))}
      </ul>
      {opened && <ControlDialog key={keyOf(opened)} handle={opened} />}
    </section>
  )
}
