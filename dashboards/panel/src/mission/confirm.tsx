/** Commands from mission control that wait for a crew member: what, from whom, sent when, good until when. */
import type { WaitingCommand } from '@habtwin/contract/safety'
import { signal } from '@preact/signals'
import { useState } from 'preact/hooks'
import { actText, barred, type Handle, type Value, valueText } from '../controls/model.ts'
import { currentOf, stateOf } from '../controls/store.ts'
import { InTheNameOf } from '../login/button.tsx'
import { connection, habitat, person, zones } from '../state.ts'
import { Dialog } from '../view/dialog.tsx'
import { senderOf, timesOf } from './model.ts'
import { busy, isCrew, judge, linkNow, outcome, waiting } from './store.ts'

const open = signal<{ readonly id: string; readonly word: 'confirm' | 'decline' } | undefined>(undefined)

type Meant = Pick<WaitingCommand, 'device' | 'point' | 'value'>

/** What it would set; undefined where no such point is known here. */
function handleOf({ device, point }: Pick<Meant, 'device' | 'point'>): Handle | undefined {
  const info = habitat.value.infos.get(device)
  const declared = info?.points[point]
  if (info === undefined || declared === undefined) return undefined
  const label = point === 'state' ? info.label : `${info.label}, ${declared.label?.toLowerCase() ?? point}`
  return { device, point, zone: info.zone, label, declared }
}

const settingOf = ({ value }: Meant): Value => (typeof value === 'boolean' ? Number(value) : value)

/** What a command does, as a button says it. */
export function deed(command: Meant): string {
  if (command.device === 'link') return command.value === true ? 'Emergency: simulation off' : 'End of the emergency'
  const handle = handleOf(command)
  return handle === undefined
    ? `${command.device} ${command.point}: ${command.value}`
    : actText(handle, settingOf(command))
}

/** How it stands now, and what speaks against it. */
function Now({ command }: { command: WaitingCommand }) {
  const handle = handleOf(command)
  if (handle === undefined) return null
  const locked = barred(handle.declared, stateOf(handle), settingOf(command))
  return (
    <>
      <span class="quiet">
        {zones.value.get(handle.zone)?.label ?? handle.zone}. It is {valueText(handle.declared, currentOf(handle))} now.
      </span>
      {locked !== undefined && <span class="ct-locked">Locked: {locked}</span>}
    </>
  )
}

function JudgeDialog({ command, word }: { command: WaitingCommand; word: 'confirm' | 'decline' }) {
  const [why, setWhy] = useState('')
  const gone = !habitat.value.waiting.has(command.id) && outcome.value === undefined && !busy.value
  const settled = outcome.value?.good === true
  const ready = person.value.trim() !== '' && connection.value !== 'offline' && !busy.value && !gone && !settled
  return (
    <Dialog
      title={word === 'confirm' ? 'Do what mission control asks?' : 'Decline?'}
      onClose={() => (open.value = undefined)}
    >
      <form class="ct" onSubmit={(event) => event.preventDefault()}>
        <p>
          <b>{deed(command)}</b>, asked by {senderOf(command)}, {timesOf(command, linkNow.value)}.
        </p>
        <p class="mi-now">
          <Now command={command} />
        </p>
        {word === 'decline' && (
          <label>
            Why (mission control is told)
            <input name="why" maxLength={200} value={why} onInput={(event) => setWhy(event.currentTarget.value)} />
          </label>
        )}
        <InTheNameOf name={person.value} onName={(name) => (person.value = name)} />
        <div class="ct-result" role="status" data-testid="judge-result">
          {busy.value && <p>Sent, waiting for the answer …</p>}
          {gone && <p>It waits no more: somebody else has answered, or its time is over.</p>}
          {outcome.value && <p class={outcome.value.good ? 'ct-good' : 'wrong'}>{outcome.value.text}</p>}
        </div>
        <div class="ct-acts">
          <button type="button" onClick={(event) => event.currentTarget.closest('dialog')?.close()}>
            {settled || gone ? 'Close' : 'Not now'}
          </button>
          <button
            type="button"
            class="primary"
            disabled={!ready}
            data-testid="judge-act"
            onClick={() => void judge(word, command.id, why.trim())}
          >
            {word === 'confirm' ? deed(command) : 'Decline'}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function Row({ command }: { command: WaitingCommand }) {
  const offline = connection.value === 'offline'
  const ask = (word: 'confirm' | 'decline') => {
    outcome.value = undefined
    open.value = { id: command.id, word }
  }
  return (
    <li data-waiting={command.id}>
      <div class="mi-what">
        <b>{deed(command)}</b>
        <span>
          {senderOf(command)}, <span aria-live="off">{timesOf(command, linkNow.value)}</span>
        </span>
        <Now command={command} />
      </div>
      {isCrew.value ? (
        <div class="mi-acts">
          <button type="button" disabled={offline} onClick={() => ask('decline')}>
            Decline …
          </button>
          <button type="button" class="primary" disabled={offline} onClick={() => ask('confirm')}>
            Confirm …
          </button>
        </div>
      ) : (
        <span class="quiet">waits for the crew</span>
      )}
    </li>
  )
}

/** Kept while its dialog is open, so that what came of it can be read. */
let last: WaitingCommand | undefined

export function Confirmations() {
  const all = waiting.value
  const chosen = open.value
  last = chosen === undefined ? undefined : (all.find(({ id }) => id === chosen.id) ?? (last?.id === chosen.id ? last : undefined)) // biome-ignore format: one thought
  return (
    <>
      {all.length > 0 && (
        <section class="mi-waiting" aria-labelledby="mi-waiting-title" data-testid="waiting">
          <h2 id="mi-waiting-title">
            {all.length === 1 ? 'A command waits' : `${all.length} commands wait`} for{' '}
            {isCrew.value ? 'you' : 'the crew'}
          </h2>
          <ul>
            {all.map((command) => (
              <Row key={command.id} command={command} />
            ))}
          </ul>
        </section>
      )}
      {chosen && last && <JudgeDialog key={`${chosen.word} ${chosen.id}`} command={last} word={chosen.word} />}
    </>
  )
}
