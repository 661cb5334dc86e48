/** Runs from files: chosen, or dropped anywhere on the page. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { load } from '../store/actions.ts'

export function LoadButton() {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <button type="button" data-testid="load" onClick={() => input.current?.click()}>
        Load a saved run…
      </button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        multiple
        hidden
        data-testid="file"
        aria-label="Saved runs, JSON"
        onChange={({ currentTarget }) => {
          void load([...(currentTarget.files ?? [])])
          // the same file may be chosen again
          currentTarget.value = ''
        }}
      />
    </>
  )
}

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false
}

/** Covers the page while a file is dragged over it. */
export function DropZone() {
  const [over, setOver] = useState(false)
  useEffect(() => {
    const end = new AbortController()
    const on = (type: 'dragover' | 'dragleave' | 'drop', heard: (event: DragEvent) => void) =>
      addEventListener(type, heard, { signal: end.signal })
    on('dragover', (event) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      setOver(true)
    })
    on('dragleave', ({ relatedTarget }) => {
      if (relatedTarget === null) setOver(false)
    })
    on('drop', (event) => {
      setOver(false)
      if (!hasFiles(event)) return
      event.preventDefault()
      void load([...(event.dataTransfer?.files ?? [])])
    })
    return () => end.abort()
  }, [])
  return over ? <div class="sc-drop">Drop the run here</div> : null
}
