/** Another password for whoever is logged in. */
import { useState } from 'preact/hooks'
import { field } from './form.ts'
import { changePassword } from './store.ts'

interface Props {
  readonly name: string
  readonly onDone: () => void
}

/** What is wrong before anybody is asked: the server has rules of its own (`habtwin user`). */
function fault(fresh: string, again: string): string | undefined {
  if ([...fresh].length < 10) return 'The new password needs ten letters or more'
  return fresh === again ? undefined : 'The new password is not the same both times'
}

export function PasswordForm({ name, onDone }: Props) {
  const [wrong, setWrong] = useState<string>()
  const [busy, setBusy] = useState(false)
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const fresh = field(form, 'fresh')
    const early = fault(fresh, field(form, 'again'))
    setWrong(early)
    if (early !== undefined) return
    setBusy(true)
    try {
      await changePassword(field(form, 'old'), fresh)
      onDone()
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <form class="lg" data-testid="password" onSubmit={(event) => void submit(event)}>
      {/* for programs that keep passwords */}
      <input type="text" name="user" value={name} autocomplete="username" readOnly hidden />
      <label>
        Password now
        <input name="old" type="password" required maxLength={1024} autocomplete="current-password" />
      </label>
      <label>
        New password
        <input
          name="fresh"
          type="password"
          required
          maxLength={1024}
          autocomplete="new-password"
          aria-describedby="lg-rule"
        />
      </label>
      <label>
        The same again
        <input name="again" type="password" required maxLength={1024} autocomplete="new-password" />
      </label>
      <p class="quiet" id="lg-rule">
        Ten letters or more; a sentence is best. Wherever else {name} is logged in, that ends.
      </p>
      <p class="lg-said wrong" role="alert" data-testid="password-wrong">
        {wrong !== undefined && `${wrong}.`}
      </p>
      <button type="submit" class="primary" disabled={busy}>
        {busy ? 'Changing …' : 'Change password'}
      </button>
    </form>
  )
}
