/** The dialog in which people log what they did: made for gloves, for one hand, and for three in the morning. */
import { useState } from 'preact/hooks'
import { clock } from '../model/mission.ts'
import { now, person, timezone, zones } from '../state.ts'
import { Dialog } from '../view/dialog.tsx'
import { fault, isOpen, last, pickZone, when, withdraw, zone } from './entry.ts'
import { Today } from './list.tsx'
import { waiting } from './queue.ts'
import { Tiles } from './tiles.tsx'

function Where() {
  if (zones.value.size < 2) return null
  return (
    <fieldset class="ev-chips" aria-label="Where">
      {[...zones.value].map(([id, { label }]) => (
        <button key={id} type="button" aria-pressed={id === zone.value} data-zone={id} onClick={() => pickZone(id)}>
          {label}
        </button>
      ))}
    </fieldset>
  )
}

const MINUTE = 60_000
const agos = [0, 5, 15, 30, 60]

/** A moment of the last day as a clock's time says it: the last time that it was so. */
function lastTime(text: string, now: number, timezone: string): number | undefined {
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})/.exec(text) ?? []
  if (hours === undefined || minutes === undefined) return undefined
  const [h = 0, m = 0] = clock(now, timezone).split(':').map(Number)
  const back = h * 60 + m - (Number(hours) * 60 + Number(minutes))
  const whole = Math.floor(now / MINUTE) * MINUTE
  return back === 0 ? now : whole - (back < 0 ? back + 1_440 : back) * MINUTE
}

function When() {
  const is = when.value
  const [text, setText] = useState('')
  return (
    <fieldset class="ev-chips" aria-label="When">
      {agos.map((minutes) => (
        <button
          key={minutes}
          type="button"
          aria-label={minutes === 0 ? 'now' : `${minutes === 60 ? '1 h' : `${minutes} min`} ago`}
          aria-pressed={'ago' in is && is.ago === minutes * MINUTE}
          onClick={() => {
            setText('')
            when.value = { ago: minutes * MINUTE }
          }}
        >
          {minutes === 0 ? 'now' : minutes === 60 ? '1 h' : `${minutes} min`}
        </button>
      ))}
      <span>ago, or</span>
      <label class="ev-at">
        at
        <input
          type="time"
          value={'at' in is ? text : ''}
          onInput={(event) => {
            setText(event.currentTarget.value)
            const at = lastTime(event.currentTarget.value, now.value, timezone.value)
            when.value = at === undefined ? { ago: 0 } : { at }
          }}
        />
      </label>
    </fieldset>
  )
}

function Who() {
  const [asks, setAsks] = useState(person.value === '')
  if (!asks) {
    return (
      <p class="ev-who">
        as <b>{person.value}</b>
        <button type="button" onClick={() => setAsks(true)}>
          Somebody else
        </button>
      </p>
    )
  }
  return (
    <label class="ev-who">
      Your name
      <input
        name="name"
        maxLength={60}
        autocomplete="name"
        value={person.value}
        onInput={(event) => {
          person.value = event.currentTarget.value
          fault.value = undefined
        }}
      />
    </label>
  )
}

/** What was done last, with the way back. */
function Done() {
  const done = last.value
  const unsent = done === undefined ? undefined : waiting.value.find(({ event }) => event.id === done.event.id)
  return (
    <div class="ev-done" role="status" data-testid="logged">
      {fault.value && <p class="wrong">{fault.value}</p>}
      {!fault.value && done && unsent?.refused && <p class="wrong">Not taken: {unsent.reason}</p>}
      {!fault.value && done && !unsent?.refused && (
        <>
          <p>
            {unsent?.reason === undefined ? (unsent ? 'Sending' : 'Logged') : 'Waiting to be sent'}: <b>{done.text}</b>
          </p>
          <button type="button" onClick={() => withdraw(done.event)}>
            Undo
          </button>
        </>
      )}
    </div>
  )
}

export function LogDialog() {
  if (!isOpen.value) return null
  const close = () => {
    isOpen.value = false
    last.value = undefined
    fault.value = undefined
    when.value = { ago: 0 }
  }
  return (
    <Dialog title="Log what was done" wide onClose={close}>
      <div class="ev" data-testid="log-dialog">
        <Who />
        <Where />
        <When />
        <Tiles />
        <Done />
        <Today />
      </div>
    </Dialog>
  )
}
