/** Before the first answer: what is being waited for, and what to do when it does not come. */
import { asked } from '../link/actions.ts'
import { loginNeeded, wall } from '../state.ts'

const opened = Date.now()

export function Starting() {
  const waited = wall.value - opened
  if (loginNeeded.value) {
    return (
      <div class="boot">
        <p role="status">This habitat shows itself to its crew only.</p>
        <button type="button" class="primary" onClick={() => (asked.value = { kind: 'login', proceed: () => {} })}>
          Log in
        </button>
      </div>
    )
  }
  return (
    <div class="boot">
      <p role="status">{waited < 6_000 ? 'Asking the habitat…' : 'No answer from habtwin yet. Trying again.'}</p>
      {waited >= 6_000 && (
        <p class="quiet">
          If it was only just started, give it a few seconds. Otherwise see on its machine what{' '}
          <code>habtwin doctor</code> says.
        </p>
      )}
    </div>
  )
}
