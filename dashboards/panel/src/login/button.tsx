/** Who is logged in, one tap from everywhere; nobody sees it where there is nobody who could. */
import { useState } from 'preact/hooks'
import { asked } from '../link/actions.ts'
import { Glyph } from '../view/icons.tsx'
import { WhoDialog } from './dialog.tsx'
import { me, roleName, user } from './store.ts'

export function LoginButton() {
  const [open, setOpen] = useState(false)
  const is = user.value
  if (is === undefined && me.value?.users !== true) return null
  const tap = () => {
    if (is === undefined) asked.value = { kind: 'login', proceed: () => {} }
    else setOpen(true)
  }
  return (
    <>
      <button
        type="button"
        class="tool lg-open"
        data-testid="login-button"
        data-user={is?.name ?? ''}
        aria-label={is === undefined ? 'Log in' : `Logged in as ${is.name}, ${roleName(is.role)}`}
        onClick={tap}
      >
        <Glyph of="person" />
        <span>{is === undefined ? 'Log in' : is.name}</span>
      </button>
      {open && is !== undefined && <WhoDialog onClose={() => setOpen(false)} />}
    </>
  )
}

/** In whose name something is done: whoever is logged in, else a name that is given. */
export function InTheNameOf({ name, onName }: { name: string; onName: (name: string) => void }) {
  const is = user.value
  if (is !== undefined)
    return (
      <p class="quiet" data-testid="signed">
        As <b>{is.name}</b>, {roleName(is.role)}.
      </p>
    )
  return (
    <label>
      Your name
      <input
        name="name"
        maxLength={60}
        autocomplete="name"
        value={name}
        onInput={(event) => onName(event.currentTarget.value)}
      />
    </label>
  )
}
