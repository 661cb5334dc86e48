/** The presets as cards: what each is, by which rule, and how long. */
import type { ScenarioEntry } from '@habtwin/contract/scenario'
import { lengthText } from '../model/run.ts'
import { choose, presets } from '../store/state.ts'
import { useFocusWhenLost } from './focus.ts'

const rules: Readonly<Record<ScenarioEntry['rule'], string>> = {
  closed: 'closed: mass and energy add up',
  simoc: 'simoc: as SIMOC reckons',
}

function Card({ entry }: { entry: ScenarioEntry }) {
  return (
    <li>
      <button
        type="button"
        class="card sc-preset"
        data-preset={entry.id}
        onClick={() => choose(entry.id)}
        aria-describedby={`about-${entry.id}`}
      >
        <strong>{entry.label}</strong>
        <span class="sc-about" id={`about-${entry.id}`}>
          {entry.description}
        </span>
        <span class="sc-facts">
          <span>{lengthText(entry.steps * entry.dt)}</span>
          <span>{rules[entry.rule]}</span>
        </span>
      </button>
    </li>
  )
}

function Cards() {
  const known = presets.value
  if (known.state === 'loading') return <p class="empty">Fetching the presets…</p>
  if (known.state === 'failed') {
    return (
      <p class="empty" data-testid="presets-failed">
        The presets cannot be fetched now: {known.why}. Trying again.
      </p>
    )
  }
  if (known.is.length === 0) {
    return (
      <p class="empty" data-testid="no-presets">
        This habtwin has no presets. A scenario of your own can be run by <code>habtwin run</code>, or sent to{' '}
        <code>POST /api/jobs</code>; it is then listed below.
      </p>
    )
  }
  return (
    <ul class="sc-presets" data-testid="presets">
      {known.is.map((entry) => (
        <Card key={entry.id} entry={entry} />
      ))}
    </ul>
  )
}

export function Gallery({ narrow = false }: { narrow?: boolean }) {
  const heading = useFocusWhenLost<HTMLHeadingElement>()
  return (
    <section class={narrow ? 'sc-gallery narrow' : 'sc-gallery'} aria-labelledby="presets-title">
      <h3 id="presets-title" ref={heading} tabIndex={-1}>
        Pick a preset
      </h3>
      <Cards />
    </section>
  )
}
