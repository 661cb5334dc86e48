/**
 * Sets one point, in three steps that no tired hand takes by accident: open, choose, confirm. The button that acts says
 * what it will do, is there only once something else than what is was chosen, and does not lie where the choice was.
 */
import { useState } from 'preact/hooks'
import { InTheNameOf } from '../login/button.tsx'
import { WayNote } from '../mission/way.tsx'
import { connection, person } from '../state.ts'
import { Dialog } from '../view/dialog.tsx'
import { actText, barred, type Handle, isRange, settingOf, type Value, valueText } from './model.ts'
import { currentOf, open, outcome, send, sending, stateOf } from './store.ts'

interface ChoiceProps {
  readonly handle: Handle
  readonly chosen: Value | undefined
  readonly choose: (value: Value | undefined) => void
}

function Choices({ handle, chosen, choose }: ChoiceProps) {
  const { declared } = handle
  const state = stateOf(handle)
  const is = currentOf(handle)
  const values = Array.isArray(declared.writable) ? declared.writable : []
  return (
    <fieldset class="ct-choices" aria-label="What it is to be">
      {values.map((value) => (
        <label key={value} data-choice={value}>
          <input
            type="radio"
            name="value"
            checked={value === chosen}
            disabled={barred(declared, state, value) !== undefined || sending.value}
            onChange={() => choose(value)}
          />
          {valueText(declared, value)}
          {value === is && <span class="quiet">as it is now</span>}
        </label>
      ))}
    </fieldset>
  )
}

function Figure({ handle, choose }: Omit<ChoiceProps, 'chosen'>) {
  const { declared } = handle
  const { writable } = declared
  const [text, setText] = useState('')
  if (!isRange(writable)) return null
  const setting = settingOf(writable, declared.unit, text)
  const range = `${valueText(declared, writable.min)} to ${valueText(declared, writable.max)}`
  return (
    <label class="ct-figure">
      New value, {range}
      {writable.step !== undefined && ` in steps of ${valueText(declared, writable.step)}`}
      <input
        inputMode="decimal"
        name="value"
        value={text}
        disabled={sending.value}
        onInput={(event) => {
          setText(event.currentTarget.value)
          const next = settingOf(writable, declared.unit, event.currentTarget.value)
          choose(typeof next === 'number' ? next : undefined)
        }}
      />
      {text !== '' && typeof setting === 'string' && <span class="wrong">{setting}</span>}
    </label>
  )
}

export function ControlDialog({ handle }: { handle: Handle }) {
  const { declared, label } = handle
  const [chosen, choose] = useState<Value>()
  const state = stateOf(handle)
  const is = currentOf(handle)
  const refused = chosen === undefined ? state?.refused : barred(declared, state, chosen)
  const bars = chosen !== undefined && refused !== undefined
  // what is held is set again to hold it longer
  const again = chosen !== undefined && chosen === is && state?.until === undefined
  const ready = chosen !== undefined && !again && !bars && person.value.trim() !== '' && connection.value !== 'offline'
  return (
    <Dialog title={label} onClose={() => (open.value = undefined)}>
      <form
        class="ct"
        // Enter in a field sets nothing: only the button that says what it does
        onSubmit={(event) => event.preventDefault()}
      >
        <p>
          It is <b data-testid="control-is">{valueText(declared, is)}</b> now.
        </p>
        {state?.refused !== undefined && (
          <p class="ct-locked" data-testid="control-locked">
            Locked: {state.refused}.
            {declared.safe !== undefined && ` Only ${valueText(declared, declared.safe)} is taken.`}
          </p>
        )}
        {isRange(declared.writable) ? (
          <Figure handle={handle} choose={choose} />
        ) : (
          <Choices handle={handle} chosen={chosen} choose={choose} />
        )}
        {declared.hold !== undefined && (
          <p class="quiet">
            Falls back to {valueText(declared, declared.safe)} after {Math.round(declared.hold / 60_000)} min unless it
            is set again.
          </p>
        )}
        <WayNote />
        <InTheNameOf name={person.value} onName={(name) => (person.value = name)} />
        <div class="ct-result" role="status" data-testid="control-result">
          {sending.value && <p>Sent, waiting for the answer …</p>}
          {outcome.value && <p class={outcome.value.good ? 'ct-good' : 'wrong'}>{outcome.value.text}</p>}
        </div>
        <div class="ct-acts">
          <button type="button" onClick={(event) => event.currentTarget.closest('dialog')?.close()}>
            {outcome.value?.good ? 'Close' : 'Leave it as it is'}
          </button>
          <button
            type="button"
            class="primary"
            disabled={!ready || sending.value}
            data-testid="control-act"
            onClick={() => {
              if (chosen === undefined) return
              choose(undefined)
              void send(handle, chosen)
            }}
          >
            {chosen === undefined ? 'Choose first' : again ? 'It is so already' : actText(handle, chosen)}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
