/** Zone by zone and quantity by quantity: how far off, how often the band held, and whether simpler guesses do better. */
import { pointInfo } from '@habtwin/contract/points'
import type { Score, Scores } from '@habtwin/contract/twin'
import { glued, rough } from '../../model/format.ts'
import { moment } from '../../model/mission.ts'
import { now, quantities, scale, timezone, zones } from '../../state.ts'
import {
  type Graded,
  graded,
  heldOf,
  heldWords,
  leadWords,
  rivals,
  rivalWords,
  sentence,
  skillAgainst,
  skillWords,
  telling,
} from '../model/scores.ts'

/** An error as the viewer reads it: a difference, so that °F have no 32 in them. */
function errorOf(quantity: string, error: number): { readonly figure: string; readonly unit: string } {
  const unit = scale(quantity)
  return { figure: rough(Math.abs(unit.of(error) - unit.of(0))), unit: unit.unit }
}

function errorWords(quantity: string, error: number): string {
  const { figure, unit } = errorOf(quantity, error)
  return unit === '' ? figure : `${figure} ${unit}`
}

/** The error as a share of that of “it stays as it is”, whose mark stands at two thirds; a shorter bar is better. */
function ErrorBar({ score }: { score: Score }) {
  const base = score.persistence ?? score.mae
  const at = (error: number) => `${Math.min(100, base > 0 ? (error / base) * 66.7 : 0)}%`
  return (
    <span class="tw-bar" aria-hidden="true">
      <i style={{ width: at(score.mae) }} data-worse={score.persistence !== null && score.mae > score.persistence} />
      {rivals.map((rival) => {
        const theirs = score[rival]
        return theirs === null ? null : <b key={rival} class={`of-${rival}`} style={{ left: at(theirs) }} />
      })}
    </span>
  )
}

/** Where the share lies between a half and all; the shade is where a 90 % band should be. */
function BandDot({ score }: { score: Score }) {
  const left = `${Math.max(0, Math.min(1, (score.coverage90 - 0.5) / 0.5)) * 100}%`
  return (
    <span class="tw-dot" aria-hidden="true" data-held={heldOf(score)}>
      <i style={{ left }} />
    </span>
  )
}

function Skill({ skill }: { skill: number | undefined }) {
  if (skill === undefined) return <td class="tw-none">–</td>
  const by = Math.round(skill * 100)
  return <td data-worse={by < 0}>{skillWords(skill)}</td>
}

function Row({ score }: { score: Score }) {
  const held = heldOf(score)
  return (
    <tr data-lead={score.lead}>
      <th scope="row">{leadWords(score.lead)}</th>
      <td>
        <span class="tw-figure">{errorOf(score.quantity, score.mae).figure}</span>
        <ErrorBar score={score} />
      </td>
      <td title={heldWords[held]}>
        <span class="tw-figure">{Math.round(score.coverage90 * 100)} %</span>
        <BandDot score={score} />
        <span class="tw-hidden">{heldWords[held]}</span>
      </td>
      {rivals.map((rival) => (
        <Skill key={rival} skill={skillAgainst(score, rival)} />
      ))}
      <td class="tw-count">{score.n.toLocaleString('en-GB', { maximumFractionDigits: 0 })}</td>
    </tr>
  )
}

function Card({ of: { zone, quantity, rows } }: { of: Graded }) {
  const { label } = pointInfo(quantity)
  const place = zones.value.get(zone)?.label ?? zone
  const { unit } = scale(quantity)
  return (
    <section class="card tw-scores" aria-label={`${label}, ${place}`} data-score={`${zone}/${quantity}`}>
      <h4>
        {label} <span>{place}</span>
      </h4>
      {telling(rows).map((score) => (
        <p key={score.lead}>{glued(sentence(score, errorWords(quantity, score.mae)))}</p>
      ))}
      <table class="tw-table">
        <thead>
          <tr>
            <th scope="col">ahead</th>
            <th scope="col">off by{unit === '' ? '' : `, ${unit}`}</th>
            <th scope="col">band held</th>
            <th scope="col" title={rivalWords.persistence}>
              <i class="tw-key of-persistence" aria-hidden="true" />
              vs “stays”
            </th>
            <th scope="col" title={rivalWords.trend}>
              <i class="tw-key of-trend" aria-hidden="true" />
              vs trend
            </th>
            <th scope="col" title={rivalWords.seasonal}>
              <i class="tw-key of-seasonal" aria-hidden="true" />
              vs day before
            </th>
            <th scope="col">compared</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((score) => (
            <Row key={score.lead} score={score} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Empty({ isAsking }: { isAsking: boolean }) {
  return (
    <p class="card empty" data-testid="no-scores">
      {isAsking
        ? 'Asking for the scores…'
        : 'No scores yet. A forecast is scored when its time has come: the first after 5 minutes of readings, those an hour ahead after an hour, those a day ahead after a day.'}
    </p>
  )
}

export function ScoreSection({ scores, isAsking }: { scores: Scores | undefined; isAsking: boolean }) {
  const all = graded(scores, [...zones.value.keys()], quantities)
  return (
    <section class="tw-section" aria-labelledby="scores-title" data-testid="scores">
      <h3 id="scores-title">How good they have been</h3>
      {scores && all.length > 0 ? (
        <>
          <p class="quiet">
            As of {moment(scores.t, now.value, timezone.value)}; what was long ago counts less. Bars: the mean error, a
            shorter one is better; the marks on them are simpler guesses:{' '}
            {rivals.map((rival) => (
              <span key={rival} class="tw-legend">
                <i class={`tw-key of-${rival}`} aria-hidden="true" />
                {rivalWords[rival]}
              </span>
            ))}
            Dots: how often the 90 % band held; it should be about 90 times in 100, where the shade is.
          </p>
          <div class="tw-cards">
            {all.map((one) => (
              <Card key={`${one.zone}/${one.quantity}`} of={one} />
            ))}
          </div>
        </>
      ) : (
        <Empty isAsking={isAsking} />
      )}
    </section>
  )
}
