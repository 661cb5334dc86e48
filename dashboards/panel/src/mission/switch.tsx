/** The one switch that ends the simulation of the link. */
import { signal } from '@preact/signals'
import { useState } from 'preact/hooks'
import { InTheNameOf } from '../login/button.tsx'
import { connection, person } from '../state.ts'
import { Dialog } from '../view/dialog.tsx'
import { busy, emergency, outcome, switchEmergency } from './store.ts'

const open = signal(false)

function SwitchDialog() {
  // as it was when the dialog was opened: what it says must not turn about under somebody's finger
  const [on] = useState(emergency.value !== undefined)
  const done = outcome.value?.good === true
  const ready = person.value.trim() !== '' && connection.value !== 'offline' && !busy.value && !done
  return (
    <Dialog title={on ? 'End the emergency?' : 'Emergency?'} onClose={() => (open.value = false)}>
      <form class="ct" onSubmit={(event) => event.preventDefault()}>
        <p>
          {on
            ? 'Delay, contact windows and budget are simulated again from now on.'
            : 'Delay, contact windows and budget of every link end at once, for both sides. All that is under way arrives now. It is logged, under your name.'}
        </p>
        <InTheNameOf name={person.value} onName={(name) => (person.value = name)} />
        <div class="ct-result" role="status">
          {busy.value && <p>Sent, waiting for the answer …</p>}
          {outcome.value && <p class={outcome.value.good ? 'ct-good' : 'wrong'}>{outcome.value.text}</p>}
        </div>
        <div class="ct-acts">
          <button type="button" onClick={(event) => event.currentTarget.closest('dialog')?.close()}>
            {done ? 'Close' : 'Leave it as it is'}
          </button>
          <button
            type="button"
            class="primary"
            disabled={!ready}
            data-testid="emergency-act"
            onClick={() => void switchEmergency(!on)}
          >
            {on ? 'Simulate the link again' : 'Emergency: end the simulation'}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

export function EmergencySwitch() {
  const on = emergency.value !== undefined
  return (
    <>
      <button
        type="button"
        class={on ? 'mi-emergency on' : 'mi-emergency'}
        aria-pressed={on}
        data-testid="emergency-switch"
        disabled={connection.value === 'offline'}
        onClick={() => {
          outcome.value = undefined
          open.value = true
        }}
      >
        {on ? 'End the emergency …' : 'Emergency: simulation off …'}
      </button>
      {open.value && <SwitchDialog />}
    </>
  )
}
