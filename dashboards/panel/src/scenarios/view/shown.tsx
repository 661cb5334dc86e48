/** The runs that are shown: how each stands, and what can be done with it. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { connection } from '../../state.ts'
import { downloadPath } from '../link/jobs.ts'
import { hashOf } from '../model/place.ts'
import { hasEnded, type Run, stateText } from '../model/run.ts'
import { cancel, reuse } from '../store/actions.ts'
import { ahead } from '../store/lists.ts'
import { pickPoint } from '../store/runs.ts'
import { entryOf, hide, names, ran, runs } from '../store/state.ts'
import { DeleteButton } from './delete.tsx'

function Progress({ run, name }: { run: Run; name: string }) {
  const { job } = run
  if (job === undefined || hasEnded(job)) return null
  return job.state === 'queued' ? (
    <progress aria-label={`${name}: waiting`} />
  ) : (
    <progress aria-label={`${name}: progress`} value={job.progress} max={1} />
  )
}

/** How a run stands, in words. */
function said(run: Run): { text: string; bad: boolean } {
  const { job, origin, gone, away, trouble } = run
  if (origin === 'file') return { text: 'From a file', bad: false }
  if (gone)
    return {
      text:
        job === undefined
          ? 'There is no such run; perhaps it was deleted.'
          : 'Deleted elsewhere; what was fetched is still shown.',
      bad: true,
    }
  if (job === undefined) return { text: away ? 'The server does not answer; trying again.' : 'Fetching…', bad: false }
  if (job.state === 'failed') return { text: `Failed: ${job.error?.detail ?? 'no reason was given'}`, bad: true }
  if (away && !hasEnded(job)) {
    const back = connection.value === 'live' ? '' : ' when it is back'
    return { text: `The server does not answer. The job goes on there${back}; trying again.`, bad: true }
  }
  if (trouble !== undefined && run.table === undefined) return { text: `No results: ${trouble}`, bad: true }
  return { text: stateText(job, ahead(job), run.speed), bad: false }
}

function pointLabel(at: Readonly<Record<string, number | string>>): string {
  const parts = Object.entries(at).map(([what, value]) => `${what.replaceAll(/[._]/g, ' ')} ${value}`)
  return parts.length === 0 ? 'as it is' : parts.join(', ')
}

/** Which point of a grid is drawn. */
function Points({ run, name }: { run: Run; name: string }) {
  const { points = [] } = run
  if (points.length < 2) return null
  return (
    <select
      aria-label={`${name}: which point of the grid`}
      value={run.point}
      onChange={({ currentTarget }) => pickPoint(run.key, Number(currentTarget.value))}
    >
      {points.map(({ at }, i) => (
        <option key={pointLabel(at)} value={i}>
          {pointLabel(at)}
        </option>
      ))}
    </select>
  )
}

function CopyLink({ id, name }: { id: string; name: string }) {
  const [copied, setCopied] = useState<string>()
  const link = new URL(hashOf({ preset: undefined, runs: [id] }), location.href).href
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link)
      setCopied('Copied')
      setTimeout(() => setCopied(undefined), 2_500)
    } catch {
      // Browsers give the clipboard to secure pages only; the link can still be selected.
      setCopied('by hand')
    }
  }
  return copied === 'by hand' ? (
    <input
      readOnly
      aria-label={`Link to ${name}`}
      value={link}
      onFocus={({ currentTarget }) => currentTarget.select()}
    />
  ) : (
    <button type="button" onClick={() => void copy()} aria-label={`Copy link to ${name}`}>
      <span aria-live="polite">{copied ?? 'Link'}</span>
    </button>
  )
}

function Acts({ run, name }: { run: Run; name: string }) {
  const { job, gone } = run
  const has = job !== undefined && !gone
  return (
    <div class="sc-acts">
      {has && !hasEnded(job) && (
        <button type="button" data-testid="cancel" onClick={() => void cancel(job.id)} aria-label={`Cancel ${name}`}>
          Cancel
        </button>
      )}
      {has && job.rows > 0 && (
        <>
          <a class="button" href={downloadPath(job.id, 'csv')} download={`${job.id}.csv`} aria-label={`${name} as CSV`}>
            CSV
          </a>
          <a
            class="button"
            href={downloadPath(job.id, 'json')}
            download={`${job.id}.json`}
            aria-label={`${name} as JSON`}
          >
            JSON
          </a>
        </>
      )}
      {has && entryOf(job.scenario) !== undefined && (
        <button type="button" onClick={() => void reuse(job)} aria-label={`Change ${name} and run it again`}>
          Change
        </button>
      )}
      {has && <CopyLink id={job.id} name={name} />}
      <button type="button" data-testid="hide" onClick={() => hide(run.key)} aria-label={`Hide ${name}`}>
        Hide
      </button>
      {has && <DeleteButton id={job.id} name={name} />}
    </div>
  )
}

function Item({ run }: { run: Run }) {
  const name = names.value.get(run.key) ?? run.key
  const { text, bad } = said(run)
  const state = run.origin === 'file' ? 'file' : run.gone ? 'gone' : (run.job?.state ?? 'loading')
  return (
    <li data-run={run.key} data-state={state} data-slot={run.slot} class="sc-run">
      <span class={`sc-slot run-${run.slot}`} aria-hidden="true">
        {run.slot}
      </span>
      <div class="sc-who">
        <strong>{name}</strong>
        <span class={bad ? 'sc-state wrong' : 'sc-state quiet'} data-testid="run-state">
          {text}
        </span>
        <Progress run={run} name={name} />
        <Points run={run} name={name} />
      </div>
      <Acts run={run} name={name} />
    </li>
  )
}

/** What ended last, for those who do not see the list. */
function Announced() {
  const ended = runs.value.filter(({ job }) => job !== undefined && hasEnded(job))
  const last = ended.toSorted((a, b) => (a.job?.completed ?? 0) - (b.job?.completed ?? 0)).at(-1)
  return (
    <p class="sc-hidden" role="status">
      {last && `${names.value.get(last.key)}: ${said(last).text}`}
    </p>
  )
}

export function Shown() {
  const ref = useRef<HTMLElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const count = runs.value.length
  // who hid a run by keyboard goes on where it was
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true })
  }, [count])
  // on a tablet the form is above: what was just begun comes into view
  useEffect(() => {
    if (ran.value > 0 && matchMedia('(max-width: 980px)').matches) ref.current?.scrollIntoView({ block: 'start' })
  }, [ran.value])
  return (
    <section ref={ref} class="card" aria-labelledby="shown-title" data-testid="shown">
      <h3 id="shown-title" ref={heading} tabIndex={-1}>
        Shown here
      </h3>
      <ul class="sc-runs">
        {runs.value.map((run) => (
          <Item key={run.key} run={run} />
        ))}
      </ul>
      <Announced />
    </section>
  )
}
