/** What if: a few changes from now on, and how the next two days go with them and without. */
import { pointInfo } from '@habtwin/contract/points'
import { useEffect, useState } from 'preact/hooks'
import { glued, withUnit } from '../../model/format.ts'
import { moment } from '../../model/mission.ts'
import { about, now, scale, timezone, zones } from '../../state.ts'
import { LevelSign } from '../../view/icons.tsx'
import { type Compared, compared, outcome, reachWords, verdictWords } from '../model/answer.ts'
import { wordsOf } from '../model/changes.ts'
import { answer, clear, isAsking, problem, request, start } from '../store.ts'
import { Controls } from './controls.tsx'
import { Frame } from './frame.tsx'
import { FutureCharts } from './futures.tsx'

const label = (zone: string) => zones.value.get(zone)?.label ?? zone

function limitWords({ reach: { quantity, limit, above } }: Compared): string {
  return glued(`${pointInfo(quantity).label} ${above ? 'reaches' : 'falls to'} ${withUnit(limit, scale(quantity))}`)
}

/** So many limits are listed at first. */
const FEW = 5

function Limits({ all, hours, changed }: { all: readonly Compared[]; hours: number; changed: boolean }) {
  const [every, setEvery] = useState(false)
  if (all.length === 0) {
    return (
      <p class="tw-calm">
        <LevelSign level="nominal" /> No limit is likely to be reached within {hours} h
        {changed ? ', with the changes or without' : ''}.
      </p>
    )
  }
  return (
    <>
      <table class="tw-table tw-limits" data-testid="whatif-limits">
        <thead>
          <tr>
            <th scope="col">Limit</th>
            <th scope="col">As it is</th>
            <th scope="col">With the changes</th>
          </tr>
        </thead>
        <tbody>
          {(every ? all : all.slice(0, FEW)).map((one) => (
            <tr
              key={`${one.reach.zone}/${one.reach.quantity}/${one.reach.level}/${one.reach.above}`}
              data-level={one.reach.level}
              data-verdict={one.verdict}
            >
              <th scope="row">
                <LevelSign level={one.reach.level as never} />
                <span>
                  {limitWords(one)} <em>{one.reach.level}</em>
                  <small>{label(one.reach.zone)}</small>
                </span>
              </th>
              <td data-label="As it is">{glued(reachWords(one.base, hours))}</td>
              <td data-label="With the changes">
                {glued(reachWords(one.changed, hours))}
                {changed && <b>{verdictWords[one.verdict]}</b>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {all.length > FEW && (
        <button type="button" class="tw-all" onClick={() => setEvery(!every)}>
          {every ? 'Show the most pressing' : `Show all ${all.length}`}
        </button>
      )}
    </>
  )
}

function Result() {
  const got = answer.value
  if (got === undefined) return null
  const { of, is } = got
  return (
    <section class="card" aria-labelledby="limits-title" data-testid="whatif-answer" data-changes={of.changes.length}>
      <h3 id="limits-title">When limits are reached</h3>
      <Limits all={compared(is)} hours={of.hours} changed={of.changes.length > 0} />
      {is.assumptions.length > 0 && (
        <details class="tw-more">
          <summary>What this takes for granted</summary>
          <ul class="tw-sentences">
            {is.assumptions.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  )
}

/** An answer that begins so long ago is not about now, ms. */
const BEHIND = 10 * 60_000

/** What is asked, what comes of it, and how far the answer is; in reach wherever one is in a long form. */
function Status() {
  const got = answer.value
  const words = wordsOf(request.value, label)
  const made = got && moment(got.is.made, now.value, timezone.value)
  const isBehind = got !== undefined && now.value - got.is.made > BEHIND * Math.max(1, about.value?.pace ?? 1)
  const said = got && outcome(compared(got.is), got.of.hours, (one) => `${limitWords(one)} in ${label(one.reach.zone)}`)
  const isOther = got !== undefined && JSON.stringify(got.of) !== JSON.stringify(request.value)
  const isRefused = problem.value !== undefined && (got === undefined || isOther)
  return (
    <div class="tw-status" role="status" data-testid="whatif-status" data-old={isOther}>
      <p class="tw-asked">{words ?? 'Nothing changed: this is how it goes as it is.'}</p>
      <p class="tw-outcome">{isRefused ? 'The twin cannot answer.' : glued(said ?? '')}</p>
      {isBehind ? (
        <p class="tw-behind">The twin is still going through what was before: this begins at {made}, not now.</p>
      ) : (
        <p class="quiet">
          {isAsking.value ? 'Asking the twin…' : !isRefused && made && `From the estimate of ${made}.`}
        </p>
      )}
    </div>
  )
}

function Trouble() {
  const wrong = problem.value
  if (wrong === undefined) return null
  return (
    <div class="card tw-trouble" role="alert" data-testid="whatif-problem">
      <p>
        <strong>The twin cannot answer: {wrong.text.replace(/\.$/, '')}.</strong> {wrong.remedy}
      </p>
      {answer.value !== undefined && <p class="quiet">What is shown below is the last answer.</p>}
    </div>
  )
}

export function WhatifPage() {
  useEffect(start, [])
  const isOld = problem.value !== undefined || isAsking.value
  return (
    <Frame
      title="What if"
      about="The twin goes on from now with what you change, beside how it goes without. Nothing here touches the habitat."
      testid="whatif-page"
    >
      <div class="tw-columns">
        <form class="card tw-form" aria-labelledby="changes-title" onSubmit={(event) => event.preventDefault()}>
          <div class="tw-formtop">
            <h3 id="changes-title">Changes</h3>
            <button type="button" disabled={request.value.changes.length === 0} onClick={clear}>
              All as it is
            </button>
          </div>
          <Controls />
        </form>
        <Status />
        <div class="tw-results" data-old={isOld}>
          <Trouble />
          <Result />
          <FutureCharts />
        </div>
      </div>
    </Frame>
  )
}
