/** Runs of before, and those that others began: open, compare, delete. */
import type { Job } from '@habtwin/contract/scenario'
import { useState } from 'preact/hooks'
import { moment } from '../../model/mission.ts'
import { timezone, wall } from '../../state.ts'
import { hasEnded, stateText } from '../model/run.ts'
import { ahead, olderJobs } from '../store/lists.ts'
import { entryOf, go, hide, jobs, moreJobs, runs, show } from '../store/state.ts'
import { DeleteButton } from './delete.tsx'

function titleOf({ label, seed }: Job): string {
  return label ?? `Seed ${seed}`
}

function presetOf({ scenario }: Job): string {
  return entryOf(scenario)?.label ?? scenario
}

function Row({ job }: { job: Job }) {
  const shown = runs.value.some(({ key }) => key === job.id)
  const name = titleOf(job)
  return (
    <li data-job={job.id} data-state={job.state}>
      <div class="sc-who">
        <strong>{name}</strong>
        <span class="quiet">
          {presetOf(job)}
          {job.project !== undefined && ` · ${job.project}`} · {moment(job.created, wall.peek(), timezone.value)} ·{' '}
          {job.by}
        </span>
      </div>
      <span class={job.state === 'failed' ? 'sc-state wrong' : 'sc-state quiet'}>
        {stateText(job, ahead(job))}
        {job.state === 'failed' && job.error && `: ${job.error.detail}`}
      </span>
      <div class="sc-acts">
        {shown ? (
          <button type="button" onClick={() => hide(job.id)} aria-label={`Hide ${name}`}>
            Hide
          </button>
        ) : (
          <>
            <button type="button" data-testid="open" onClick={() => go({ runs: [job.id] })} aria-label={`Open ${name}`}>
              Open
            </button>
            {runs.value.length > 0 && (
              <button type="button" data-testid="compare" onClick={() => show(job.id)} aria-label={`Compare ${name}`}>
                Compare
              </button>
            )}
          </>
        )}
        {hasEnded(job) && <DeleteButton id={job.id} name={name} />}
      </div>
    </li>
  )
}

function List({ of }: { of: readonly Job[] }) {
  const [search, setSearch] = useState('')
  const words = search.toLowerCase()
  const found = of.filter((job) =>
    [titleOf(job), presetOf(job), job.project ?? '', job.by, job.state].join(' ').toLowerCase().includes(words),
  )
  return (
    <>
      {of.length > 5 && (
        <div class="sc-field sc-find">
          <label for="job-search">Find by name, project, preset or state</label>
          <input
            id="job-search"
            type="search"
            autocomplete="off"
            value={search}
            onInput={({ currentTarget }) => setSearch(currentTarget.value)}
          />
        </div>
      )}
      <ul class="sc-jobs">
        {found.map((job) => (
          <Row key={job.id} job={job} />
        ))}
      </ul>
      {found.length === 0 && <p class="quiet">None of those listed is called so.</p>}
      {moreJobs.value && (
        <button type="button" onClick={() => void olderJobs()}>
          Older ones
        </button>
      )}
    </>
  )
}

export function Earlier() {
  const known = jobs.value
  return (
    <section class="card" aria-labelledby="earlier-title" data-testid="earlier">
      <h3 id="earlier-title">Earlier runs</h3>
      {known.state === 'loading' && <p class="quiet">Fetching the list…</p>}
      {known.state === 'failed' && <p class="wrong">The list cannot be fetched now: {known.why}. Trying again.</p>}
      {known.state === 'there' &&
        (known.is.length === 0 ? (
          <p class="empty" data-testid="no-jobs">
            None yet. What is run here, by <code>POST /api/jobs</code> or by another person, is listed here.
          </p>
        ) : (
          <List of={known.is} />
        ))}
    </section>
  )
}
