/** Keeps the scenario page true for as long as it is open. */
import { effect } from '@preact/signals'
import { isScenarios } from '../../link/route.ts'
import { emptyDraft } from '../model/draft.ts'
import { refreshJobs, refreshPresets } from './lists.ts'
import { closeAll, fetchAll, follow } from './runs.ts'
import { added, draft, entryOf, hidden, place, presets, refused } from './state.ts'

/** ms between two looks at the list. */
const LIST = 5_000
/** Such looks in a minute. */
const MINUTE = 12

/** Keeps the page true for as long as it is open. @returns ends it; what runs is followed again at the next start */
export function start(): () => void {
  const ends = [
    effect(() => {
      if (isScenarios.value) follow(place.value)
    }),
    effect(() => {
      const of = entryOf(place.value.preset)
      if (of !== undefined && draft.peek()?.preset !== of.id) {
        draft.value = emptyDraft(of)
        refused.value = {}
      }
    }),
    effect(() => {
      // what is drawn has changed, or what a preset calls its agents is known now
      void [added.value, hidden.value, presets.value]
      fetchAll()
    }),
  ]
  let looks = 1
  const look = () => {
    if (document.hidden) return
    void refreshJobs()
    // the habitat as it stands, which is one of them, goes on
    if (presets.peek().state !== 'there' || looks++ % MINUTE === 0) void refreshPresets()
  }
  look()
  const timer = setInterval(look, LIST)
  return () => {
    clearInterval(timer)
    for (const end of ends) end()
    closeAll()
  }
}
