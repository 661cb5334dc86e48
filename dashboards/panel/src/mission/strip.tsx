/** At mission control: what is here of all that the habitat took, on every page. */
import type { Tally } from '@habtwin/contract/tally'
import { signal } from '@preact/signals'
import { get } from '../link/rest.ts'
import { wall } from '../state.ts'
import { useEvery } from '../view/every.ts'
import { links } from './store.ts'
import { tallyText } from './tally.ts'

const EVERY = 5_000
const tally = signal<Tally | undefined>(undefined)

async function look(): Promise<void> {
  try {
    tally.value = await get<Tally>('api/tally')
  } catch {
    tally.value = undefined // there is too much to be counted by the way, or nobody answers
  }
}

export function TallyStrip() {
  useEvery(EVERY, look)
  const is = tally.value
  if (is === undefined) return null
  return (
    <b class="mi-strip" data-testid="tally" data-tone={is.lost + is.twice === 0 ? 'good' : 'bad'}>
      {tallyText(is, links.value[0], wall.value)}
    </b>
  )
}
