/** The last thing that went wrong or was done, in words. */
import { Glyph } from '../../view/icons.tsx'
import { notice } from '../store/state.ts'

export function Notice() {
  const said = notice.value
  return (
    <div role="status" data-testid="notice">
      {said && (
        <p class={said.bad ? 'sc-notice bad' : 'sc-notice'}>
          <span>{said.text}</span>
          <button type="button" class="plain" aria-label="Close" onClick={() => (notice.value = undefined)}>
            <Glyph of="close" />
          </button>
        </p>
      )}
    </div>
  )
}
