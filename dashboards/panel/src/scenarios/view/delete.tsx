/** Deletes a run and its results, after it was asked. */
import { useState } from 'preact/hooks'
import { Dialog } from '../../view/dialog.tsx'
import { discard } from '../store/actions.ts'

export function DeleteButton({ id, name }: { id: string; name: string }) {
  const [asking, setAsking] = useState(false)
  return (
    <>
      <button type="button" data-testid="delete" onClick={() => setAsking(true)} aria-label={`Delete ${name}`}>
        Delete
      </button>
      {asking && (
        <Dialog title="Delete this run?" onClose={() => setAsking(false)}>
          <div class="sc-ask">
            <p>
              “{name}” and its results are deleted on the server, for everybody. This cannot be undone; run again from
              the same preset and seed it would give the same figures.
            </p>
            <div class="sc-acts">
              <button
                type="button"
                class="primary"
                data-testid="delete-yes"
                onClick={() => {
                  setAsking(false)
                  void discard(id)
                }}
              >
                Delete
              </button>
              <button type="button" onClick={() => setAsking(false)}>
                Keep it
              </button>
            </div>
          </div>
        </Dialog>
      )}
    </>
  )
}
