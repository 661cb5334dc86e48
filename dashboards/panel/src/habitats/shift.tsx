/** What changed since: alerts, events, commands, gaps and how the link was, in the order in which they became known. */
import { useEffect } from 'preact/hooks'
import { clock } from '../model/mission.ts'
import { Glyph, type GlyphName, LevelSign } from '../view/icons.tsx'
import { type Change, sinces, whenText } from './model.ts'
import { beginShift, changes, look, now, only, rows, shiftBegan, since } from './state.ts'

const glyphs: Readonly<Record<Change['kind'], GlyphName>> = {
  alert: 'eye',
  event: 'pen',
  command: 'person',
  gap: 'close',
  link: 'scope',
}
const names: Readonly<Record<Change['kind'], string>> = {
  alert: 'Alert',
  event: 'Logged',
  command: 'Command',
  gap: 'Gap',
  link: 'Link',
}

export function Shift({ timezone }: { timezone: string }) {
  // another span or another habitat is asked for at once
  useEffect(() => void look(), [since.value, only.value])
  const list = changes.value
  const label = only.value && (rows.value.find((row) => row.habitat === only.value)?.label ?? only.value)
  return (
    <section class="card" aria-labelledby="shift-title" data-testid="shift">
      <div class="hb-head">
        <h2 id="shift-title">
          What changed{label && ` at ${label}`}
          {since.value === 'my shift' && shiftBegan.value !== undefined && (
            <span class="quiet"> since {clock(shiftBegan.value, timezone)}</span>
          )}
        </h2>
        {only.value !== undefined && (
          <button type="button" onClick={() => (only.value = undefined)}>
            All habitats
          </button>
        )}
        <fieldset class="hb-order" aria-label="Since when">
          {sinces.map((one) => (
            <button key={one} type="button" aria-pressed={since.value === one} onClick={() => (since.value = one)}>
              {one}
            </button>
          ))}
        </fieldset>
        <button type="button" onClick={beginShift} title="What was before is no news to me">
          My shift begins now
        </button>
      </div>
      {list === undefined ? (
        <p class="quiet">Asking…</p>
      ) : list.length === 0 ? (
        <p class="quiet">Nothing became known.</p>
      ) : (
        <ol class="hb-changes">
          {list.map((change, i) => (
            <Line key={`${change.habitat} ${change.at} ${i}`} change={change} timezone={timezone} />
          ))}
        </ol>
      )}
    </section>
  )
}

function Line({ change, timezone }: { change: Change; timezone: string }) {
  const { known, happened } = whenText(change, now.value, timezone)
  const label = rows.value.find((row) => row.habitat === change.habitat)?.label ?? change.habitat
  return (
    <li data-kind={change.kind} data-level={change.level}>
      <span class="when">
        {known}
        {happened !== '' && <span class="hb-more">{happened}</span>}
      </span>
      <span class="sort">{change.level ? <LevelSign level={change.level} /> : <Glyph of={glyphs[change.kind]} />}</span>
      <a href={`habitats/${change.habitat}/`}>{label}</a>
      <span>
        <span class="quiet">{names[change.kind]} </span>
        {change.text}
        {change.by && <span class="quiet"> · {change.by}</span>}
      </span>
    </li>
  )
}
