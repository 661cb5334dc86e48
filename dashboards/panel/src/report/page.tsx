/** The daily operations report: which day, what was measured, and what the crew says of it. */
import type { Report } from '@habtwin/contract/report'
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { isOpen } from '../events/entry.ts'
import { standing } from '../events/store.ts'
import { hash } from '../link/route.ts'
import { clock, date, moment } from '../model/mission.ts'
import { about, person } from '../state.ts'
import { beside, hashOf } from './place.ts'
import { Air, Alerts, ByHand, Data, Events, Forecasts, Power, Water } from './sections.tsx'
import {
  failure,
  isChanged,
  load,
  otherText,
  queryOf,
  report,
  type Section,
  said,
  saveUpon,
  saving,
  textOf,
  write,
} from './state.ts'

const AGAIN = 60_000

const sections: readonly { readonly key: Section; readonly title: string; readonly Body: ComponentType<Report> }[] = [
  { key: 'power', title: 'Power', Body: Power },
  { key: 'water', title: 'Water', Body: Water },
  { key: 'air', title: 'Air', Body: Air },
  { key: 'alerts', title: 'Non-nominal', Body: Alerts },
  { key: 'events', title: 'Events', Body: Events },
  { key: 'forecasts', title: 'Forecasts', Body: Forecasts },
  { key: 'data', title: 'Data', Body: Data },
]

/** The crew's own words of a section. */
function Words({ section, title, rows = 2 }: { section: Section; title: string; rows?: number }) {
  const text = textOf(section)
  const other = otherText(section)
  const [opened, setOpened] = useState(false)
  if (text === '' && !opened && section !== 'summary') {
    return (
      <button type="button" class="re-remark" onClick={() => setOpened(true)}>
        Add a remark<span class="re-hidden"> on {title}</span>
      </button>
    )
  }
  return (
    <div class="re-words">
      <textarea
        aria-label={section === 'summary' ? 'Summary of the day' : `Remark on ${title}`}
        placeholder={section === 'summary' ? 'How was the day?' : 'Remark'}
        maxLength={20_000}
        rows={Math.max(rows, text.split('\n').length)}
        value={text}
        data-section={section}
        // biome-ignore lint/a11y/noAutofocus: it was asked for just now
        autoFocus={opened}
        onInput={(event) => write(section, event.currentTarget.value)}
      />
      {other !== undefined && (
        <blockquote>
          <span class="quiet">stands there now:</span> {other === '' ? '(nothing)' : other}
        </blockquote>
      )}
    </div>
  )
}

function DayBar({ day }: Report) {
  const [before, after] = [beside(day.key, -1), beside(day.key, 1)]
  const go = (key: string) => {
    location.hash = hashOf(key)
  }
  return (
    <nav class="re-days" aria-label="Days">
      {before && (
        <a class="re-button" href={hashOf(before)} aria-label="The day before">
          ‹
        </a>
      )}
      {day.sol === undefined ? (
        <label>
          Date
          <input
            type="date"
            value={day.date}
            onChange={(event) => event.currentTarget.value && go(event.currentTarget.value)}
          />
        </label>
      ) : (
        <label>
          Sol
          <input
            type="number"
            min={1}
            max={100_000}
            value={day.sol}
            onChange={(event) => event.currentTarget.checkValidity() && go(`sol-${event.currentTarget.value}`)}
          />
        </label>
      )}
      {after && (
        <a class="re-button" href={hashOf(after)} aria-label="The day after">
          ›
        </a>
      )}
      <a class="re-button" href="#/report">
        Today
      </a>
    </nav>
  )
}

const states = { future: 'not begun', running: 'under way', over: '' } as const

function Head(shown: Report) {
  const { day, habitat } = shown
  const { timezone } = habitat
  const query = queryOf(shown)
  return (
    <div class="re-head">
      <div>
        <h2 tabIndex={-1}>
          {day.sol === undefined ? date(day.from, timezone) : `Sol ${day.sol}`}
          {states[day.state] !== '' && <span class="re-state">{states[day.state]}</span>}
        </h2>
        <p class="quiet">
          {date(day.from, timezone)} {clock(day.from, timezone)} to {date(day.to, timezone)} {clock(day.to, timezone)}
          {day.state === 'running' && `, so far up to ${clock(day.until, timezone)}`}
          {habitat.simulated && '. SIMULATED: nothing of it was measured'}
        </p>
      </div>
      <DayBar {...shown} />
      {day.state !== 'future' && (
        <p class="re-downloads">
          <a class="re-button" href={`api/report?${query}&format=md`} download data-testid="report-md">
            Markdown
          </a>
          <a class="re-button" href={`api/report?${query}&format=csv`} download data-testid="report-csv">
            CSV
          </a>
        </p>
      )}
    </div>
  )
}

function Saving({ versions, habitat, ...shown }: Report) {
  const newest = versions.at(-1)
  const at = (t: number) => moment(t, Date.now(), habitat.timezone)
  const query = queryOf({ versions, habitat, ...shown })
  return (
    <section class="card re-saving" aria-label="Your words" data-changed={isChanged.value}>
      <p role="status" class={said.value?.isBad ? 'wrong' : 'quiet'} data-testid="report-said">
        {said.value?.text ??
          (isChanged.value
            ? 'Not saved yet; kept on this device.'
            : newest
              ? `Version ${newest.version}, saved by ${newest.by}, ${at(newest.saved)}.`
              : 'Nobody has written anything yet.')}
      </p>
      <div class="re-acts">
        <label>
          Your name
          <input
            maxLength={60}
            autocomplete="name"
            value={person.value}
            onInput={(event) => {
              person.value = event.currentTarget.value
            }}
          />
        </label>
        <button
          type="button"
          class="primary"
          disabled={!isChanged.value || saving.value}
          data-testid="report-save"
          onClick={saveUpon}
        >
          {saving.value ? 'Saving…' : 'Save'}
        </button>
      </div>
      {versions.length > 1 && (
        <details>
          <summary>Earlier versions</summary>
          <ul>
            {versions.slice(0, -1).map(({ version, by, saved }) => (
              <li key={version}>
                <a href={`api/report?${query}&version=${version}&format=md`} download>
                  Version {version}
                </a>{' '}
                by {by}, {at(saved)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  )
}

function Whole(shown: Report) {
  const { day } = shown
  return (
    <>
      <Head {...shown} />
      {day.state === 'future' && <p class="empty">This day has not begun. Its report fills by itself once it has.</p>}
      <section class="card" aria-labelledby="re-summary">
        <h3 id="re-summary">Summary</h3>
        <Words section="summary" title="Summary" rows={3} />
      </section>
      {day.state !== 'future' && (
        <div class="re-sections">
          {sections.map(({ key, title, Body }) => (
            <section key={key} class="card" aria-labelledby={`re-${key}`} data-section={key}>
              <h3 id={`re-${key}`}>
                {title}
                {key === 'events' && day.state === 'running' && (
                  <button type="button" onClick={() => (isOpen.value = true)}>
                    Log
                  </button>
                )}
              </h3>
              <Body {...shown} />
              <ByHand {...shown} section={key} />
              <Words section={key} title={title} />
            </section>
          ))}
        </div>
      )}
      <Saving {...shown} />
    </>
  )
}

export function ReportPage() {
  const [began] = useState(() => document.title)
  const shown = report.value
  useEffect(() => {
    document.title = `Report · ${began}`
    return () => {
      document.title = began
    }
  }, [])
  const logged = standing.value.length
  const hasTime = about.value !== undefined
  useEffect(() => {
    if (!hasTime) return
    void load()
    const timer = setInterval(() => {
      if (report.peek()?.day.state !== 'over') void load()
    }, AGAIN)
    return () => clearInterval(timer)
  }, [hash.value, logged, hasTime])
  return (
    <div class="re" data-testid="report" data-day={shown?.day.key}>
      {failure.value !== undefined && (
        <p role="alert" class="re-failure">
          {shown ? 'The report cannot be brought up to date now' : 'There is no such report'}: {failure.value}.{' '}
          <a href="#/report">Today’s</a>
        </p>
      )}
      {shown === undefined && failure.value === undefined && <p role="status">Putting the report together…</p>}
      {shown && <Whole {...shown} />}
    </div>
  )
}
