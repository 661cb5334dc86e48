/** Logging in, and out again. */
import { useState } from 'preact/hooks'
import { Dialog } from '../view/dialog.tsx'
import { field } from './form.ts'
import { PasswordForm } from './password.tsx'
import { login, logout, roleName, user } from './store.ts'

interface LoginProps {
  readonly onClose: () => void
  readonly onLogin: () => void
}

export function LoginDialog({ onClose, onLogin }: LoginProps) {
  const [wrong, setWrong] = useState<string>()
  const [busy, setBusy] = useState(false)
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    setBusy(true)
    setWrong(undefined)
    try {
      await login(field(form, 'user').trim(), field(form, 'password'))
      onLogin()
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog title="Log in" onClose={onClose}>
      <form class="lg" data-testid="login" onSubmit={(event) => void submit(event)}>
        <label>
          Name
          <input name="user" required maxLength={64} autocomplete="username" autocapitalize="none" spellcheck={false} />
        </label>
        <label>
          Password
          <input name="password" type="password" required maxLength={1024} autocomplete="current-password" />
        </label>
        <p class="lg-said wrong" role="alert" data-testid="login-wrong">
          {wrong !== undefined && `${wrong}.`}
        </p>
        <button type="submit" class="primary" disabled={busy}>
          {busy ? 'Logging in …' : 'Log in'}
        </button>
        <p class="quiet">
          The first name and password are in <code>access/first-login.txt</code> in the data folder of the habitat.
        </p>
      </form>
    </Dialog>
  )
}

export function WhoDialog({ onClose }: { onClose: () => void }) {
  const [wrong, setWrong] = useState<string>()
  const [password, setPassword] = useState<'kept' | 'asked' | 'changed'>('kept')
  const is = user.value
  if (is === undefined) return null
  if (password === 'asked')
    return (
      <Dialog title="Change password" onClose={onClose}>
        <PasswordForm name={is.name} onDone={() => setPassword('changed')} />
      </Dialog>
    )
  const leave = async () => {
    try {
      await logout()
      onClose()
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <Dialog title={is.name} onClose={onClose}>
      <div class="lg" data-testid="who">
        <p>
          Logged in as <b>{is.name}</b>, {roleName(is.role)}. What you command, acknowledge and log here is kept under
          this name.
        </p>
        {wrong !== undefined && (
          <p class="wrong" role="alert">
            {wrong}.
          </p>
        )}
        {password === 'changed' && (
          <p role="status" data-testid="password-changed">
            The password is changed. Wherever else {is.name} was logged in, that has ended.
          </p>
        )}
        <button type="button" data-testid="password-open" onClick={() => setPassword('asked')}>
          Change password
        </button>
        <button type="button" class="primary" data-testid="logout" onClick={() => void leave()}>
          Log out
        </button>
      </div>
    </Dialog>
  )
}
