/** The dialogs of the page: who are you, log in, and an alert's checklist. */
import { LogDialog } from '../events/dialog.tsx'
import { asked } from '../link/actions.ts'
import { LoginDialog } from '../login/dialog.tsx'
import { person } from '../state.ts'
import { ChecklistDialog, checklist } from './checklist.tsx'
import { Dialog } from './dialog.tsx'

function answer(): void {
  const proceed = asked.value?.proceed
  asked.value = undefined
  proceed?.()
}

/** The text of a form's field; empty where there is none. */
function field(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name)
  return typeof value === 'string' ? value.trim() : ''
}

function NameDialog() {
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const name = field(event.currentTarget as HTMLFormElement, 'name')
    if (name === '') return
    person.value = name
    answer()
  }
  return (
    <Dialog title="Who acknowledges?" onClose={() => (asked.value = undefined)}>
      <form onSubmit={submit}>
        <label>
          Your name
          <input name="name" required maxLength={60} autocomplete="name" />
        </label>
        <p class="quiet">Asked once on this device, and kept with each acknowledgement.</p>
        <button type="submit" class="primary">
          Acknowledge
        </button>
      </form>
    </Dialog>
  )
}

export function Dialogs() {
  return (
    <>
      {asked.value?.kind === 'name' && <NameDialog />}
      {asked.value?.kind === 'login' && <LoginDialog onClose={() => (asked.value = undefined)} onLogin={answer} />}
      <LogDialog />
      {checklist.value !== undefined && <ChecklistDialog name={checklist.value} />}
    </>
  )
}
