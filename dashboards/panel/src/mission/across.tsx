/**
 * The demo's hand on the link: one button that cuts it, and beside it what mission control has just now, seen from outside
 * of the simulation. Its own view is a page of its own.
 */
import type { HabitatRow } from '@habtwin/contract/habitats'
import type { Tally } from '@habtwin/contract/tally'
import { signal } from '@preact/signals'
import { get } from '../link/rest.ts'
import { withUnit } from '../model/format.ts'
import { clockSeconds } from '../model/mission.ts'
import { about, connection, habitat, scale, timezone } from '../state.ts'
import { useEvery } from '../view/every.ts'
import { busy, cutLink, linkNow, links, outcome } from './store.ts'
import { behindText, demoText, figuresOf, underWayNow } from './tally.ts'

interface AcrossView {
  readonly panel: string
  readonly row: HabitatRow | null
  readonly tally: Tally | null
}

const EVERY = 2_000
const there = signal<AcrossView | undefined>(undefined)

async function look(): Promise<void> {
  try {
    there.value = await get<AcrossView>('api/across')
  } catch {
    // what was seen last stands; the page says elsewhere that nobody answers
  }
}

/** The CO2 here in the place that mission control's newest figure is of. */
function co2Here(zone: string): number | undefined {
  const { infos, readings } = habitat.value
  const [most] = [...infos.values()]
    .filter((info) => info.zone === zone)
    .flatMap(({ device }) => readings.get(device)?.reading.values.co2 ?? [])
    .sort((a, b) => b - a)
  return most
}

function There({ view }: { view: AcrossView }) {
  const { row, tally, panel } = view
  const [link] = links.value
  const now = linkNow.value
  const co2 = row?.co2
  return (
    <div class="mi-there" data-testid="across">
      <h3>What mission control has</h3>
      {tally === null ? (
        <p class="quiet">It does not answer yet.</p>
      ) : (
        <>
          <p>
            <b>{behindText(tally.newest, now)}</b>
            {tally.newest !== null && (
              <span class="quiet"> newest of {clockSeconds(tally.newest, timezone.value)}</span>
            )}
          </p>
          {co2 && (
            <p>
              CO₂ in {about.value?.zones[co2.zone]?.label ?? co2.zone}: {withUnit(co2.value, scale('co2'))} there,{' '}
              {withUnit(co2Here(co2.zone), scale('co2'))} here
            </p>
          )}
          <dl class="mi-tally">
            {figuresOf(tally, underWayNow(tally, link)).map(({ name, label, text, tone }) => (
              <div key={name} data-figure={name} data-tone={tone}>
                <dt>{label}</dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
      <p>
        <a href={panel} target="_blank" rel="noreferrer" data-testid="second-view">
          Open mission control’s own view
        </a>{' '}
        <span class="quiet">These figures are counted in its store, past the link.</span>
      </p>
    </div>
  )
}

export function AcrossCard() {
  useEvery(EVERY, look)
  const [link] = links.value
  const view = there.value
  if (link === undefined) return null
  const isCut = link.cut !== undefined
  const now = linkNow.value
  const { is, comes } = demoText(link, now, (t) => clockSeconds(t, timezone.value))
  return (
    <section class={isCut ? 'card mi-across cut' : 'card mi-across'} aria-labelledby="mi-across-title">
      <div class="mi-hand">
        <h2 id="mi-across-title">Cut the link and watch</h2>
        <button
          type="button"
          class={isCut ? 'mi-cut primary' : 'mi-cut'}
          data-testid="cut"
          aria-pressed={isCut}
          disabled={busy.value || connection.value === 'offline'}
          onClick={() => void cutLink(!isCut)}
        >
          {isCut ? 'Mend the link' : 'Cut the link'}
        </button>
        <p role="status" data-testid="cut-state">
          <b>{is}</b> {comes}
        </p>
        {outcome.value?.good === false && <p class="wrong">{outcome.value.text}</p>}
      </div>
      {view && <There view={view} />}
    </section>
  )
}
