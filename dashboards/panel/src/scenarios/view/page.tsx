/** The scenario page: pick a preset, change what one likes, run, compare. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { start } from '../store/start.ts'
import { place, runs } from '../store/state.ts'
import { Charts } from './charts.tsx'
import { Comparison } from './comparison.tsx'
import { Earlier } from './earlier.tsx'
import { DropZone, LoadButton } from './files.tsx'
import { Form } from './form.tsx'
import { Notice } from './notice.tsx'
import { Overlaying } from './overlaying.tsx'
import { Gallery } from './presets.tsx'
import { Shown } from './shown.tsx'

function Empty() {
  return (
    <section class="card sc-empty" data-testid="nothing-run">
      <h3>Nothing run yet</h3>
      <p>
        Change what you like and press <b>Run</b>: a hundred days take about a second. Run it again with something else
        changed, and both are drawn over each other.
      </p>
      <p class="quiet">
        Earlier runs are below; a file that <code>habtwin run --out</code> wrote can be dropped anywhere on this page.
      </p>
    </section>
  )
}

export function ScenarioPage() {
  const heading = useRef<HTMLHeadingElement>(null)
  const [began] = useState(() => document.title)
  useEffect(() => {
    document.title = `Scenarios · ${began}`
    heading.current?.focus({ preventScroll: true })
    const stop = start()
    return () => {
      document.title = began
      stop()
    }
  }, [])
  const some = runs.value.length > 0
  const isGallery = place.value.preset === undefined && !some
  return (
    <div class="scenarios" data-testid="scenarios">
      <div class="sc-top">
        <div>
          <h2 ref={heading} tabIndex={-1}>
            Scenarios
          </h2>
          <p class="quiet">What if? Months of habitat life in seconds. Nothing here touches the real habitat.</p>
        </div>
        <LoadButton />
      </div>
      <Notice />
      {isGallery ? (
        <Gallery />
      ) : (
        <div class="sc-columns">
          {place.value.preset === undefined ? <Gallery narrow /> : <Form />}
          <div class="sc-results">
            {some ? (
              <>
                <Shown />
                <Charts />
                <Overlaying />
                <Comparison />
              </>
            ) : (
              <Empty />
            )}
          </div>
        </div>
      )}
      <Earlier />
      <DropZone />
    </div>
  )
}
