/** The way to the log, one tap from everywhere; it tells how many entries wait to be sent. */
import { Glyph } from '../view/icons.tsx'
import { isOpen } from './entry.ts'
import { waiting } from './queue.ts'

export function LogButton() {
  const n = waiting.value.length
  return (
    <button
      type="button"
      class="tool ev-open"
      data-testid="log"
      aria-label={n === 0 ? 'Log what was done' : `Log what was done; ${n} waiting to be sent`}
      onClick={() => (isOpen.value = true)}
    >
      <Glyph of="pen" />
      <span>Log</span>
      {n > 0 && <b class="ev-count">{n}</b>}
    </button>
  )
}
