/** How long it is until a limit is reached, zone by zone, counted down. A click charts the quantity. */
import { pointInfo } from '@habtwin/contract/points'
import type { About } from '../model/about.ts'
import { glued, lapse, lapses, odds, withUnit } from '../model/format.ts'
import { clock } from '../model/mission.ts'
import { type Due, type Prospect, prospectOf } from '../model/outlook.ts'
import { chosen, connection, habitat, now, scale, spanName, timezone, zones } from '../state.ts'
import { LevelSign } from './icons.tsx'

const HOUR = 3_600_000

/** `CO₂ reaches 4,549 ppm` */
function limitWords({ reach: { quantity, limit, above } }: Due): string {
  return glued(`${pointInfo(quantity).label} ${above ? 'reaches' : 'falls to'} ${withUnit(limit, scale(quantity))}`)
}

/** Charts a quantity far enough ahead for the moment to be on it. */
function chart({ reach: { zone, quantity }, in: left }: Due): void {
  chosen.value = { zone, quantity }
  spanName.value = left < 0.9 * HOUR ? '1 h' : left < 5.4 * HOUR ? '6 h' : left < 22 * HOUR ? '24 h' : '48 h'
  document.getElementById('chart-title')?.scrollIntoView({ block: 'start' })
}

/** `CO₂ reaches 3,033 ppm (advisory) in 1 h 10 min, 97 %; 2 more` */
function moreWords(next: Due, others: number): string {
  const { level, odds: chance } = next.reach
  return `${limitWords(next)} (${level}) in ${lapse(next.in)}, ${odds(chance)}${others > 0 ? `; ${others} more` : ''}`
}

function AheadTile({ label, first, more }: { label: string; first: Due; more: readonly Due[] }) {
  const { reach } = first
  const next = more[0]
  return (
    <button type="button" class="tile" data-state="ahead" data-level={reach.level} onClick={() => chart(first)}>
      <span class="tile-zone">{label}</span>
      <span class="tile-what">
        <LevelSign level={reach.level as never} />
        <span>
          {limitWords(first)} <em>{reach.level}</em>
        </span>
      </span>
      <span class="tile-when">
        <b>{first.in === 0 ? 'any moment' : `in ${lapse(first.in)}`}</b>
        <span>
          {lapses(first.low, first.high)} · {odds(reach.odds)}
        </span>
      </span>
      <span class="tile-more">{next && glued(moreWords(next, more.length - 1))}</span>
    </button>
  )
}

function calmWords({ state, most }: Prospect, limited: boolean): string {
  if (state === 'unknown') {
    if (connection.value === 'offline') return 'Not known: the connection is lost'
    return connection.value === 'polling' ? 'Asking the twin…' : 'The twin cannot say yet'
  }
  if (!limited) return 'No limits are set here'
  if (state === 'beyond') return 'Beyond a limit already; no other within 48 h'
  return most > 0 ? `Nothing likely within 48 h (at most ${odds(most)})` : 'Nothing within 48 h'
}

function Tile({ about, zone }: { about: About; zone: string }) {
  const prospect = prospectOf(habitat.value.outlook, zone, now.value, about.pace)
  const label = zones.value.get(zone)?.label ?? zone
  const { state, first, more, aged } = prospect
  return (
    <li data-zone={zone} data-testid="outlook-tile">
      {state === 'ahead' && first ? (
        <AheadTile label={label} first={first} more={more} />
      ) : (
        <p class="tile" data-state={state} data-level="nominal">
          <span class="tile-zone">{label}</span>
          <span class="tile-what">
            {state === 'calm' && <LevelSign level="nominal" />}
            {calmWords(prospect, about.zones[zone]?.limits !== undefined)}
          </span>
        </p>
      )}
      {aged !== undefined && <span class="tile-aged">as of {clock(aged, timezone.value)}</span>}
    </li>
  )
}

export function OutlookTiles({ about }: { about: About }) {
  return (
    <section
      class="outlook"
      aria-label="Time until a limit is reached"
      data-testid="outlook"
      data-offline={connection.value === 'offline'}
    >
      <ul>
        {[...zones.value.keys()].map((zone) => (
          <Tile key={zone} about={about} zone={zone} />
        ))}
      </ul>
    </section>
  )
}
